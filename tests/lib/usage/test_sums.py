"""What is read of usage is what the rows add up to, at any moment and whatever is written late."""

import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from lib import clock
from lib.budgets.service import list_budgets
from lib.db.session import tenant_session
from lib.errors import NotPermitted
from lib.usage.periods import Period, last_days, this_month, today_in
from lib.usage.reading import Reading
from lib.usage.service import list_choices, read_dashboard
from lib.usage.views import Dimension, Figures, Key, UsageQuery
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_budgets import make_budget
from tests.made_usage import make_calls, roll_up, write_calls
from tests.plans.plan import Sending
from tests.records import rows

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Apia"]
MODELS = ["tiny", "small", "large", "huge"]
ENDPOINTS = ["/v1/chat/completions", "/v1/responses"]
#: Of runs that were removed, as far as anybody can see.
TEMPLATES = [UUID(int=1), UUID(int=2)]
#: What a reader's own SQL says of the same calls.
_RAW = """
SELECT {key} AS key, floor(extract(epoch FROM date_trunc('day', created_at, :zone)))::bigint AS bar,
       count(*) AS calls, count(*) FILTER (WHERE error_kind <> 'cancelled') AS failed_calls,
       count(*) FILTER (WHERE cost_usd IS NULL) AS unpriced_calls,
       coalesce(sum(prompt_tokens), 0) AS prompt_tokens, coalesce(sum(completion_tokens), 0) AS completion_tokens,
       coalesce(sum(cost_usd), 0) AS cost_usd
  FROM api_usage
 WHERE organization_id = :organization AND created_at >= :start AND created_at < :end AND provider IS NOT NULL
 GROUP BY 1, 2
"""
_PERCENTILES = (
    "SELECT percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY response_time_ms) AS p FROM api_usage"
)
_HOURS_OF_WEEK = (
    "SELECT extract(isodow FROM created_at AT TIME ZONE %s)::int AS weekday, "
    "extract(hour FROM created_at AT TIME ZONE %s)::int AS hour, count(*) AS calls, coalesce(sum(cost_usd), 0) AS cost "
    "FROM api_usage GROUP BY 1, 2"
)
_SLOWEST_OF_BARS = (
    "SELECT floor(extract(epoch FROM date_trunc('day', created_at, %s)))::bigint AS bar, model, "
    "max(response_time_ms) AS most FROM api_usage GROUP BY 1, 2 HAVING max(response_time_ms) IS NOT NULL"
)
_KEYS = {
    Dimension.MODEL: "provider || ':' || model",
    Dimension.PROJECT: "project_id",
    Dimension.PERSON: "user_id",
    Dimension.TEMPLATE: "coalesce((SELECT r.template_id FROM orchestration_runs r WHERE r.id = run_id), template_id)",
    Dimension.ENDPOINT: "endpoint",
    Dimension.ERROR: "error_kind",
}


def make_up(chance: random.Random, projects: list[UUID], people: list[UUID], *, days: float) -> dict[str, Any]:
    """A call of some moment of the last days, or of this one."""
    failed = chance.random() < 0.2
    return {
        "created_at": clock.now() - timedelta(seconds=chance.random() ** 2 * days * 86_400),
        "user_id": chance.choice([*people, None]),
        "project_id": chance.choice([*projects, None]),
        "provider": chance.choice(["local", "local", None]),
        "model": chance.choice(MODELS),
        "endpoint": chance.choice(ENDPOINTS),
        "template_id": chance.choice([*TEMPLATES, None]),
        "error_kind": chance.choice(["rate_limit", "timeout", "lost", "cancelled"]) if failed else None,
        "prompt_tokens": chance.choice([None, 17, 400]),
        "completion_tokens": chance.choice([None, 5, 90]),
        "cost_usd": chance.choice([None, Decimal("0.000001"), Decimal("0.25"), Decimal("1.5")]),
        "response_time_ms": chance.choice([None, 3, 900, 15_000]),
    }


def compare(session: Session, cast: Cast, period: Period, *, is_fresh: bool = True) -> int:
    """Whether every bar of every key is what the rows say in this moment; how many calls those are.

    `is_fresh` is for reading what is not summed up beforehand, as a page does.
    """
    reading = Reading(session, cast.organization_a, UsageQuery(period=period))
    reading = reading.knowing() if is_fresh else reading
    starts = [int(start.timestamp()) for start in period.starts()]
    counted = 0
    for dimension, key in _KEYS.items():
        values = {
            "organization": cast.organization_a,
            "zone": period.zone,
            "start": period.starts_at,
            "end": period.ends_at,
        }
        expected: dict[tuple[Key, int], Figures] = {
            (row.key, row.bar): Figures(**{name: getattr(row, name) for name in Figures.__dataclass_fields__})
            for row in session.execute(text(_RAW.format(key=key)), values)
        }
        found = {
            (series.key, starts[number]): figures
            for series in reading.series(dimension)
            for number, figures in enumerate(series.bars)
            if figures.calls
        }
        assert found == expected, (dimension, period)
        assert sum(found.values(), Figures()) == reading.report().total
        counted = sum(figures.calls for figures in found.values())
    return counted


@contextmanager
def reading_as(cast: Cast) -> Iterator[Session]:
    with tenant_session(cast.mona, is_one_moment=True) as session:
        yield session


@pytest.mark.parametrize("seed", range(3))
def test_sums_are_those_of_the_rows_in_every_zone_whatever_is_summed_up(
    installation: Installation, cast: Cast, seed: int
) -> None:
    chance = random.Random(seed)
    projects = [make_project(installation.database, cast.alice, name=f"P{number}") for number in range(3)]
    people = [cast.alice.user_id, cast.max.user_id]
    for _ in range(4):
        calls = [make_up(chance, projects, people, days=25) for _ in range(60)]
        make_calls(installation.database, cast.organization_a, calls)
        with reading_as(cast) as session:
            for zone in ZONES:
                period = last_days(chance.choice([3, 20, 30]), today_in(zone), zone)
                counts = {compare(session, cast, period, is_fresh=is_fresh) for is_fresh in (True, False)}
                assert len(counts) == 1
                assert counts != {0}
        roll_up(installation.database)
    assert rows(installation, "SELECT 1 FROM usage_daily LIMIT 1")
    stale = "SELECT 1 FROM usage_open_hours WHERE hour < date_trunc('hour', now() - interval '1 minute')"
    assert rows(installation, stale) == []
    assert rows(installation, "SELECT 1 FROM usage_open_days WHERE day < date_trunc('day', now(), 'UTC')") == []


def test_sums_hold_beside_writers_that_come_late_and_workers_that_sum_up(
    installation: Installation, cast: Cast
) -> None:
    """Rows of hours long gone are written, held back, rolled back and committed while two workers sum up."""
    ends, failures = threading.Event(), []
    projects = [make_project(installation.database, cast.alice)]

    def write(seed: int) -> None:
        chance = random.Random(seed)
        try:
            while not ends.is_set():
                calls = [make_up(chance, projects, [cast.max.user_id], days=4) for _ in range(5)]
                with doors.admin(installation.database) as connection:
                    write_calls(connection, cast.organization_a, calls)
                    ends.wait(chance.random() * 0.05)
                    if chance.random() < 0.2:
                        connection.rollback()
        except Exception as error:
            failures.append(error)

    def sum_up() -> None:
        try:
            while not ends.is_set():
                roll_up(installation.database)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(4)]
    threads += [threading.Thread(target=sum_up) for _ in range(2)]
    for thread in threads:
        thread.start()
    seen = []
    try:
        for number in range(25):
            with reading_as(cast) as session:
                period = last_days(5, today_in("Asia/Kolkata"), "Asia/Kolkata")
                seen.append(compare(session, cast, period, is_fresh=bool(number % 2)))
    finally:
        ends.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert seen == sorted(seen)
    assert seen[-1] > seen[0]
    roll_up(installation.database)
    with reading_as(cast) as session:
        assert compare(session, cast, last_days(6, today_in("UTC"), "UTC"), is_fresh=True)


def test_summing_up_twice_changes_nothing_and_a_change_is_seen(installation: Installation, cast: Cast) -> None:
    then = clock.now() - timedelta(days=3)
    make_calls(installation.database, cast.organization_a, [{"created_at": then, "cost_usd": Decimal(2)}])
    everything = "SELECT hour, cut, cost_usd, calls FROM usage_hourly ORDER BY cut"
    assert roll_up(installation.database) == 2, "an hour and its day"
    first = rows(installation, everything)
    rows(
        installation,
        "INSERT INTO usage_open_hours (organization_id, hour) SELECT organization_id, hour "
        "FROM usage_hourly RETURNING 1",
    )
    roll_up(installation.database)
    assert rows(installation, everything) == first
    rows(installation, "UPDATE api_usage SET cost_usd = 3 RETURNING 1")  # as a trial's end does
    query = UsageQuery(period=last_days(7, today_in("UTC"), "UTC"))
    assert read_dashboard(cast.mona, query).report.total.cost_usd == 3
    roll_up(installation.database)
    assert read_dashboard(cast.mona, query).report.total.cost_usd == 3


def test_what_is_chosen_narrows_every_figure(installation: Installation, cast: Cast) -> None:
    chance = random.Random(5)
    projects = [make_project(installation.database, cast.alice, name=name) for name in ("Hinges", "Screws")]
    calls = [make_up(chance, projects, [cast.max.user_id, cast.alice.user_id], days=9) for _ in range(150)]
    calls = [call | {"provider": "local"} for call in calls]
    make_calls(installation.database, cast.organization_a, calls)
    query = UsageQuery(period=last_days(12, today_in("Asia/Kolkata"), "Asia/Kolkata"))
    chosen: Mapping[Dimension, frozenset[Key]] = {
        Dimension.PROJECT: frozenset({projects[0], None}),
        Dimension.MODEL: frozenset({"local:tiny", "local:huge"}),
    }
    for _ in range(2):
        found = read_dashboard(cast.mona, replace(query, chosen=chosen), by=Dimension.PROJECT, top=Dimension.MODEL)
        wanted = [
            call for call in calls if call["project_id"] in {projects[0], None} and call["model"] in {"tiny", "huge"}
        ]
        assert found.report.total.calls == len(wanted)
        assert found.report.total.cost_usd == sum((call["cost_usd"] or 0 for call in wanted), Decimal(0))
        assert {series.label for series in found.series} == {"Hinges", "No project"}
        assert {share.label for share in found.top} == {"local:tiny", "local:huge"}
        assert sum(cell.figures.calls for cell in found.hours) == len(wanted)
        roll_up(installation.database)


def test_call_that_may_be_charged_is_of_unknown_price_however_it_ended(installation: Installation, cast: Cast) -> None:
    then = clock.now() - timedelta(days=2)
    ends = (None, "cancelled", "lost", "timeout")
    unknown = [{"created_at": then, "error_kind": end, "cost_usd": None} for end in ends]
    free = [{"created_at": then, "error_kind": end, "cost_usd": 0} for end in (None, "cancelled", "rate_limit")]
    of_nothing = {"created_at": then, "provider": None, "model": None, "cost_usd": None}
    make_calls(installation.database, cast.organization_a, [*unknown, *free, of_nothing])
    budget_id = make_budget(cast.alice, period="total")
    (gauge,) = list_budgets(cast.alice)
    assert (gauge.id, gauge.unknown_calls) == (budget_id, 4)
    for _ in range(2):
        found = read_dashboard(cast.mona, UsageQuery(period=last_days(4, today_in("UTC"), "UTC"))).report.total
        assert (found.calls, found.unpriced_calls, found.failed_calls) == (7, 4, 3), "as the budget says"
        roll_up(installation.database)


def test_hours_of_the_week_and_times_of_bars_are_those_of_the_rows(installation: Installation, cast: Cast) -> None:
    chance, zone = random.Random(11), "Asia/Tokyo"
    calls = [make_up(chance, [], [cast.max.user_id], days=9) | {"provider": "local"} for _ in range(300)]
    make_calls(installation.database, cast.organization_a, calls)
    for _ in range(2):
        found = read_dashboard(
            cast.mona, UsageQuery(period=last_days(12, today_in(zone), zone)), by=Dimension.MODEL, with_latency=True
        )
        week = {(cell.weekday, cell.hour): (cell.figures.calls, cell.figures.cost_usd) for cell in found.hours}
        assert week == {
            (row["weekday"] - 1, row["hour"]): (row["calls"], row["cost"])
            for row in rows(installation, _HOURS_OF_WEEK, zone, zone)
        }
        slowest = {(row["bar"], row["model"]): row["most"] for row in rows(installation, _SLOWEST_OF_BARS, zone)}
        starts = [int(start.timestamp()) for start in found.report.starts]
        shown = {
            (starts[number], str(series.key).removeprefix("local:")): latency.p99
            for series in found.series
            for number, latency in enumerate(series.latency_bars)
            if latency.p99 is not None
        }
        assert shown.keys() == slowest.keys()
        for bar, most in slowest.items():
            assert shown[bar] == pytest.approx(most, rel=0.1), "of few calls the slowest is the 99th percentile"
        roll_up(installation.database)


def test_percentiles_are_those_of_the_rows_within_a_tenth(installation: Installation, cast: Cast) -> None:
    chance = random.Random(9)
    times = [int(chance.lognormvariate(7, 1.2)) + 1 for _ in range(600)]
    then = clock.now() - timedelta(days=2)
    make_calls(
        installation.database, cast.organization_a, [{"created_at": then, "response_time_ms": ms} for ms in times]
    )
    for _ in range(2):
        latency = read_dashboard(cast.mona, UsageQuery(period=last_days(4, today_in("UTC"), "UTC"))).report.latency
        exact = rows(installation, _PERCENTILES)
        for found, wanted in zip((latency.p50, latency.p95, latency.p99), exact[0]["p"], strict=True):
            assert found == pytest.approx(wanted, rel=0.1)
        roll_up(installation.database)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kathmandu"])
def test_periods_that_are_read_at_once_are_what_each_of_them_is_alone(
    installation: Installation, cast: Cast, zone: str
) -> None:
    chance = random.Random(zone)
    calls = [make_up(chance, [], [cast.max.user_id], days=90) | {"provider": "local"} for _ in range(250)]
    make_calls(installation.database, cast.organization_a, calls)
    today = today_in(zone)
    for count in (1, 7, 40, 70):
        period, days = last_days(count, today, zone), last_days(57, today, zone)
        with reading_as(cast) as session:
            reading = Reading(session, cast.organization_a, UsageQuery(period=period))
            course = reading.knowing(period.before(), days).course(period, period.before(), forecast_from=days)
            for each in (period, period.before()):
                asked = replace(reading, query=UsageQuery(period=each))
                assert course.report(each) == asked.report()
            alone = replace(reading, query=UsageQuery(period=days)).report()
        assert [cost for _, cost in course.costs(days)] == [figures.cost_usd for figures in alone.bars]
        assert alone.total.calls > 0
        roll_up(installation.database)


def test_rows_of_an_hour_that_is_not_summed_up_are_read_once(installation: Installation, cast: Cast) -> None:
    make_calls(installation.database, cast.organization_a, [{"cost_usd": Decimal(3)}])
    query = UsageQuery(period=last_days(7, today_in("UTC"), "UTC"))
    with Sending() as sent:
        found = read_dashboard(cast.mona, query, with_latency=True)
    assert found.report.total.cost_usd == found.top[0].figures.cost_usd == 3
    assert len([each for each in sent.statements if "sum_up_usage" in each.statement]) == 1


def test_choices_are_the_most_expensive_first_whatever_is_chosen_and_summed_up(
    installation: Installation, cast: Cast
) -> None:
    then = clock.now() - timedelta(days=2)
    calls = [
        {"created_at": then, "model": "small", "cost_usd": 2},
        {"created_at": then, "model": "tiny", "cost_usd": 3},
    ]
    make_calls(installation.database, cast.organization_a, calls)
    roll_up(installation.database)
    chosen: Mapping[Dimension, frozenset[Key]] = {Dimension.MODEL: frozenset({"local:gone"})}
    query = UsageQuery(period=last_days(7, today_in("UTC"), "UTC"), chosen=chosen)
    assert [*list_choices(cast.mona, query, Dimension.MODEL)] == ["local:tiny", "local:small", "local:gone"]
    make_calls(installation.database, cast.organization_a, [{"model": "small", "cost_usd": 2}])
    assert [*list_choices(cast.mona, query, Dimension.MODEL)] == ["local:small", "local:tiny", "local:gone"]


def test_period_is_compared_with_the_one_before(installation: Installation, cast: Cast) -> None:
    assert this_month(date(2026, 3, 31), "UTC").before() == Period(date(2026, 2, 1), date(2026, 2, 28), "UTC")
    assert this_month(date(2026, 3, 9), "UTC").before() == Period(date(2026, 2, 1), date(2026, 2, 9), "UTC")
    assert last_days(7, date(2026, 3, 9), "UTC").before() == Period(date(2026, 2, 24), date(2026, 3, 2), "UTC")
    query = UsageQuery(period=last_days(7, today_in("UTC"), "UTC"))
    make_calls(
        installation.database,
        cast.organization_a,
        [{"created_at": clock.now() - timedelta(days=each), "cost_usd": each} for each in (1, 8, 9)],
    )
    found = read_dashboard(cast.mona, query)
    assert found.before is not None
    assert (found.report.total.cost_usd, found.before.total.cost_usd) == (1, 17)


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [("2026-03-28", "2026-03-29", 47), ("2026-03-01", "2026-03-31", 31), ("2026-01-01", "2026-12-31", 53)],
    ids=["hours of a day that has 23", "days", "weeks"],
)
def test_bars_of_a_period_follow_the_clock_on_the_wall(first: str, last: str, count: int) -> None:
    period = Period(date.fromisoformat(first), date.fromisoformat(last), "Europe/Berlin")
    assert len(period.starts()) == count
    assert period.boundaries()[-1] == datetime.fromisoformat(f"{last}T00:00:00Z") + timedelta(
        hours=24 - (2 if "03-2" in last or "03-3" in last else 1)
    )


def test_members_see_nothing_of_it(installation: Installation, cast: Cast) -> None:
    make_calls(installation.database, cast.organization_a, [{"created_at": clock.now() - timedelta(days=2)}])
    roll_up(installation.database)
    query = UsageQuery(period=last_days(7, today_in("UTC"), "UTC"))
    with pytest.raises(NotPermitted):
        read_dashboard(cast.max, query)
    with pytest.raises(NotPermitted):
        list_choices(cast.max, query, Dimension.MODEL)
    assert read_dashboard(cast.charlie, query).report.total == Figures()
    assert list_choices(cast.charlie, query, Dimension.MODEL) == {}
    assert list_choices(cast.mona, query, Dimension.MODEL) == {"local:tiny": "local:tiny"}
    for table in ("usage_hourly", "usage_daily"):
        with doors.person(installation.database, cast.max) as connection:
            assert connection.execute(f"SELECT 1 FROM {table}").fetchall() == []
        with doors.person(installation.database, cast.mona) as connection:
            assert connection.execute(f"SELECT 1 FROM {table}").fetchall() != []
