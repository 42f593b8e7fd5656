"""What is read of usage is what the rows add up to, at any moment and whatever is written late."""

import random
import threading
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from lib import clock
from lib.budgets.service import list_budgets
from lib.errors import NotPermitted
from lib.usage.periods import Period, last_days, this_month, today_in
from lib.usage.reading import Reading
from lib.usage.service import list_choices, read_dashboard
from lib.usage.views import Dimension, Figures, Key, UsageQuery
from tests import doors
from tests.cast import Cast
from tests.checked_usage import compare, reading_as
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_budgets import make_budget
from tests.made_usage import make_calls, make_up, roll_up, write_calls
from tests.plans.plan import Sending
from tests.records import rows

if TYPE_CHECKING:
    from collections.abc import Mapping


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
        for number in range(12):
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
    (gauge,) = list_budgets(cast.alice).items
    assert (gauge.id, gauge.unknown_calls) == (budget_id, 4)
    for _ in range(2):
        found = read_dashboard(cast.mona, UsageQuery(period=last_days(4, today_in("UTC"), "UTC"))).report.total
        assert (found.calls, found.unpriced_calls, found.failed_calls) == (7, 4, 3), "as the budget says"
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


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kathmandu"])
@pytest.mark.parametrize("days", [63, 100, 366, 401, 3_000])
def test_each_bar_of_weeks_and_months_is_compared_with_one_of_as_many_days(days: int, zone: str) -> None:
    for last in (date(2026, 11, 30), date(2026, 12, 2)):
        period = last_days(days, last, zone)
        before = period.before()
        assert before.boundaries()[-1] == period.starts_at, "one ends where the other begins"
        assert lengths(before) == lengths(period)
        assert lengths(before.before()) == lengths(period)


def lengths(period: Period) -> list[int]:
    """How many days each bar has: an hour more or less is a clock that is set."""
    return [round((end - start) / timedelta(days=1)) for start, end in pairwise(period.boundaries())]


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
