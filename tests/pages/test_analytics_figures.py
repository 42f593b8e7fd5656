"""Analytics: each number, each chart and each table of the page against SQL over the rows themselves."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import accumulate
from typing import Any, Final
from uuid import UUID

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from lib import clock
from lib.ui import words
from lib.ui.components.usage_figures import Measure
from lib.ui.navigation import ANALYTICS
from lib.usage.periods import Period, last_days, today_in
from lib.usage.reading import GONE
from lib.usage.reasons import REASONS
from lib.usage.service import read_dashboard
from lib.usage.views import Dimension, Key, UsageQuery
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_template
from tests.made_retention import write_runs
from tests.made_usage import TEMPLATES, make_calls, make_up, roll_up
from tests.pages.conftest import OpenAs
from tests.pages.reading import shown
from tests.pages.used import figure, metrics, projects
from tests.raw_usage import KEYS, Added, RawUsage, near, past_all_rules

__all__ = ["projects"]

#: Of which the last one goes on, and is not drawn.
DAYS: Final = 30
#: Tables have four digits of dollars and seconds.
ROUNDED: Final = 0.00005
Read = Callable[[Added], float | None]


def success(added: Added) -> float | None:
    return 1 - added.figures.failed_calls / added.figures.calls if added.figures.calls else None


def median(added: Added) -> float | None:
    return None if added.times[0] is None else added.times[0] / 1000


#: What each measure is told apart by here, and what SQL says of it.
SHOWN: Final[Mapping[Measure, tuple[Dimension, Read]]] = {
    Measure.COST: (Dimension.MODEL, lambda added: float(added.figures.cost_usd)),
    Measure.TOKENS: (Dimension.PROJECT, lambda added: added.figures.tokens),
    Measure.CALLS: (Dimension.PERSON, lambda added: added.figures.calls),
    Measure.FAILED: (Dimension.ENDPOINT, lambda added: added.figures.failed_calls),
    Measure.SUCCESS: (Dimension.MODEL, success),
    Measure.LATENCY: (Dimension.PERSON, median),
}
BY_TEMPLATE: Final = [(measure, Dimension.TEMPLATE) for measure in (Measure.COST, Measure.LATENCY)]


@pytest.fixture
def templates(installation: Installation, cast: Cast) -> list[UUID]:
    """Two that there are, and one that is there no more."""
    names = ("Market brief", "Ticket digest")
    made = [make_template(installation.database, cast.alice, name=name, status="published") for name in names]
    return [*made, TEMPLATES[0]]


@pytest.fixture
def raw(installation: Installation, cast: Cast, projects: list[UUID], templates: list[UUID]) -> RawUsage:
    """The rows of thirty days; some are summed up, some came late, some are of the time before.

    A call says its template itself, as that of a removed run does, or its run says it.
    """
    chance, people = random.Random(30), [cast.alice.user_id, cast.max.user_id]
    launched = [{"created_at": clock.now() - timedelta(days=chance.random() * 70)} for _ in range(20)]
    runs = write_runs(installation.database, cast.alice, launched, project_id=projects[0])
    launch_from(installation, templates[0], runs[:8])
    for count in (160, 40):
        calls = [
            make_up(chance, projects, people, days=75)
            | {"template_id": chance.choice([*templates, None]), "run_id": chance.choice([*runs, *[None] * 20])}
            for _ in range(count)
        ]
        make_calls(installation.database, cast.organization_a, calls)
        roll_up(installation.database) if count == 160 else None
    period = last_days(DAYS, today_in("UTC"), "UTC")
    return RawUsage(past_all_rules(installation), cast.organization_a, period)


def launch_from(installation: Installation, template_id: UUID, runs: Sequence[UUID]) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        launched = "UPDATE orchestration_runs SET template_id = %s WHERE id = ANY (%s)"
        connection.execute(launched, [template_id, [*runs]])


@pytest.fixture
def names(cast: Cast, projects: list[UUID], templates: list[UUID]) -> Mapping[Dimension, Mapping[Key, str]]:
    """What the page calls them."""
    return {
        Dimension.MODEL: {f"local:{name}": name for name in ("tiny", "small", "large", "huge")},
        Dimension.PROJECT: dict(zip(projects, ("Market scans", "Patents"), strict=True)) | {None: "No project"},
        Dimension.PERSON: {cast.alice.user_id: "Alice", cast.max.user_id: "Max", None: "Nobody"},
        Dimension.TEMPLATE: dict(zip(templates, ("Market brief", "Ticket digest", GONE), strict=True))
        | {None: "No template"},
        Dimension.ENDPOINT: {each: each for each in ("/v1/chat/completions", "/v1/responses")},
    }


def days_of(period: Period) -> list[str]:
    return [words.day_of_year(day) for day in period.each_day()]


def by_day(raw: RawUsage, read: Read, key: str = "NULL") -> dict[Key, list[float | None]]:
    """Of each key what each day says, those without calls among them."""
    return {each: [read(added) for added in days] for each, days in raw.days(key).items()}


def lines(at: AppTest, key: str) -> dict[str, list[float | None]]:
    """What each series of a chart says, by its name."""
    return {each["name"]: each["y"] for each in figure(at, key)["data"]}


def alike(values: Sequence[float | None], *, rel: float | None = None, off: float | None = None) -> Any:
    """Equal to these numbers, None to None."""
    return [None if value is None else pytest.approx(value, rel=rel, abs=off) for value in values]


@pytest.mark.parametrize(("measure", "by"), [*((each, SHOWN[each][0]) for each in Measure), *BY_TEMPLATE])
def test_charts_are_those_of_the_rows(
    *,
    open_as: OpenAs,
    cast: Cast,
    raw: RawUsage,
    names: Mapping[Dimension, Mapping[Key, str]],
    measure: Measure,
    by: Dimension,
) -> None:
    read = SHOWN[measure][1]
    at = open_as(cast.mona, ANALYTICS, range="30-days", measure=measure, by=by, top=by)
    found, rel = lines(at, "usage-main"), 0.1 if measure is Measure.LATENCY else None
    before = next(iter(by_day(replace(raw, period=raw.period.before()), read).values()))[: DAYS - 1]
    expected = {names[by][key]: values[:-1] for key, values in by_day(raw, read, KEYS[by]).items()}
    (name_before,) = found.keys() - expected.keys()
    assert found.pop(name_before) == alike(before, rel=rel)
    assert found == {name: alike(values, rel=rel) for name, values in expected.items()}
    data = figure(at, "usage-main")["data"]
    assert {tuple(each["x"]) for each in data[:-1]} == {tuple(days_of(raw.period)[:-1])}, "today would look like a fall"
    assert {each["type"] for each in data[:-1]} == {"scatter" if measure in {"success", "latency"} else "bar"}
    for key in ("main", "forecast", "latency", "failures", "top", "heat"):
        assert figure(at, f"usage-{key}")["layout"]["template"]["layout"]["colorway"], "in Streamlit's look"
    (top,) = figure(at, "usage-top")["data"]
    costs = {names[by][key]: float(added.figures.cost_usd) for key, added in raw.keys(KEYS[by]).items()}
    assert dict(zip(top["y"], top["x"], strict=True)) == pytest.approx(costs)
    assert top["x"] == sorted(top["x"]), "the most expensive on top"


def test_numbers_are_those_of_the_rows_beside_those_of_the_time_before(
    open_as: OpenAs, cast: Cast, raw: RawUsage
) -> None:
    at = open_as(cast.mona, ANALYTICS, range="30-days")
    now, then = raw.whole().figures, replace(raw, period=raw.period.before()).whole().figures
    runs = [sum(each.runs("day").values()) for each in (raw, replace(raw, period=raw.period.before()))]
    shares = [each.failed_calls / each.calls for each in (now, then)]
    read = read_dashboard(cast.mona, UsageQuery(period=raw.period))
    assert read.before
    medians = [(each.latency.p50 or 0) / 1000 for each in (read.report, read.before)]
    assert metrics(at) == {
        "Cost": (words.money(now.cost_usd), words.change(float(now.cost_usd), float(then.cost_usd))),
        "Runs": (words.number(runs[0]), words.growth(runs[0] - runs[1])),
        "Tokens": (words.compact(now.tokens), words.change(now.tokens, then.tokens)),
        "Failed calls": (
            words.share(shares[0], digits=1),
            f"{words.growth((shares[0] - shares[1]) * 100, digits=1)} points",
        ),
        "Latency, median": (words.duration(medians[0]), f"{words.growth(medians[0] - medians[1], digits=1)} s"),
    }
    assert f"{words.count(now.unpriced_calls, 'call')} of unknown price are not in it" in shown(at)
    courses = {each.label: [*each.proto.chart_data] for each in at.metric}
    for label, says in (
        ("Cost", SHOWN[Measure.COST][1]),
        ("Tokens", SHOWN[Measure.TOKENS][1]),
        ("Failed calls", lambda added: None if (share := success(added)) is None else 1 - share),
        ("Latency, median", median),
    ):
        (values,) = by_day(raw, says).values()
        drawn = [value for value in values[:-1] if value is not None]
        assert courses[label] == pytest.approx(drawn, rel=0.1 if says is median else None), "no call is not nought"


@pytest.mark.parametrize(("days", "bars"), [(94, 14), (430, 15)], ids=["weeks", "months"])
def test_bars_of_weeks_and_months_are_beside_as_many_days_of_the_time_before(
    *, open_as: OpenAs, cast: Cast, installation: Installation, projects: list[UUID], days: int, bars: int
) -> None:
    """Of one call a day each bar has as many as what it is compared with, wherever it begins and ends."""
    last = today_in("UTC") - timedelta(days=1)
    noon = clock.start_of_day(last, zone="UTC") + timedelta(hours=12)
    calls = [{"created_at": noon - timedelta(days=ago)} for ago in range(days * 2)]
    make_calls(installation.database, cast.organization_a, calls)
    roll_up(installation.database)
    first = last - timedelta(days=days - 1)
    asked = {"range": "custom", "from": first.isoformat(), "to": last.isoformat()}
    at = open_as(cast.mona, ANALYTICS, measure="calls", **asked)
    series, dotted = figure(at, "usage-main")["data"]
    assert len(series["y"]) >= bars
    assert dotted["y"] == series["y"]
    said = [text.split("<br>") for _, text in series["customdata"]]
    assert [(whole, before.rpartition(": ")[2]) for whole, before in said] == [
        (f"All: {n}", f"{n}") for n in series["y"]
    ]
    named = [before.rpartition(": ")[0] for _, before in said]
    assert len({*named}) == len(named), "each says its own days"
    first_end = first + timedelta(days=series["y"][0] - 1)
    shifted = [day - timedelta(days=days) for day in (first, first_end)]
    assert named[0] == words.days_span(*shifted)
    drawn = table_of(at, 0)
    assert [*drawn.iloc[:, -1]] == [*drawn["All"]]
    assert sum(drawn.iloc[:, -1]) == days


def test_times_failures_and_hours_are_those_of_the_rows(open_as: OpenAs, cast: Cast, raw: RawUsage) -> None:
    at = open_as(cast.mona, ANALYTICS, range="30-days")
    drawn = raw.days()[None][:-1]
    found = lines(at, "usage-latency")
    for number, added in enumerate(drawn):
        shown_ms = tuple(value and value * 1000 for value in (found[name][number] for name in ("p50", "p95", "p99")))
        assert shown_ms == near(added.times)
    failed = by_day(replace(raw, of="error_kind <> 'cancelled'"), lambda added: added.figures.calls, "error_kind")
    assert lines(at, "usage-failures") == {REASONS[str(kind)]: counts[:-1] for kind, counts in failed.items()}
    (heat,) = figure(at, "usage-heat")["data"]
    hours = raw.hours_of_week()
    assert heat["customdata"] == [say_hour(day, hour, hours.get((day, hour))) for day in range(7) for hour in range(24)]
    most = max(row["calls"] for row in hours.values())
    strongest = {(day, hour) for (day, hour), row in hours.items() if row["calls"] == most}
    strengths = zip(heat["base"], heat["x"], heat["marker"]["opacity"], strict=True)
    assert {(day, hour) for day, hour, strength in strengths if strength == 1} == strongest


def say_hour(day: int, hour: int, row: Mapping[str, Any] | None) -> str:
    said = f"{words.count(row['calls'], 'call')}, {words.money(row['cost_usd'])}" if row else "no calls"
    return f"{words.hour_of_week(day, hour, minute=0)}: {said}"


def test_forecast_is_what_the_rows_let_expect(open_as: OpenAs, cast: Cast, raw: RawUsage) -> None:
    today = raw.period.last
    month = replace(raw, period=Period(today.replace(day=1), today, "UTC"))
    spent = [*accumulate(value or 0 for value in day_costs(month))]
    ahead = raw.forecast(today)
    found = lines(open_as(cast.mona, ANALYTICS), "usage-forecast")
    begins = spent[-2:-1]
    assert found["Spent"] == pytest.approx(spent[:-1] or spent)
    assert found["Forecast"] == pytest.approx([*begins, *(float(row["expected"]) for row in ahead)])
    ends = [(float(row["expected"]), float(row["spread"]), float(row["spent"])) for row in ahead]
    highest = [expected + spread for expected, spread, _ in ends]
    lowest = [max(expected - spread, so_far) for expected, spread, so_far in ends]
    assert found["At most"] == pytest.approx([*begins, *highest])
    assert found["Likely range"] == pytest.approx([*begins, *lowest])


def day_costs(raw: RawUsage) -> list[float | None]:
    return next(iter(by_day(raw, SHOWN[Measure.COST][1]).values()), [0.0] * raw.period.days)


@pytest.mark.parametrize("by", [Dimension.PERSON, Dimension.TEMPLATE])
def test_tables_are_those_of_the_rows(
    *, open_as: OpenAs, cast: Cast, raw: RawUsage, names: Mapping[Dimension, Mapping[Key, str]], by: Dimension
) -> None:
    """Each chart is a table too, which has the day that goes on."""
    asked = {"range": "30-days", "by": by, "top": by}
    at, today = open_as(cast.mona, ANALYTICS, **asked), raw.period.last
    labels, whole = days_of(raw.period), raw.days()[None]
    main = table_of(at, 0)
    assert [*main.iloc[:, 0]] == [*labels[:-1], f"{labels[-1]}, so far"]
    parts = by_day(raw, SHOWN[Measure.COST][1], KEYS[by])
    expected = {names[by][key]: values for key, values in parts.items()}
    expected["All"] = [float(added.figures.cost_usd) for added in whole]
    assert {name: [*main[name]] for name in expected} == {
        name: alike(values, off=ROUNDED) for name, values in expected.items()
    }
    forecast = table_of(at, 1)
    assert {*forecast["Day"]} >= {words.day_of_year(today.replace(day=1)), words.day_of_year(today)}
    ahead = [float(row["expected"]) for row in raw.forecast(today)]
    assert [*forecast["Expected by then, $"].dropna()] == alike(ahead, off=ROUNDED)
    latency = table_of(at, 2)
    assert [*latency["Calls"]] == [added.figures.calls for added in whole]
    for number, added in enumerate(whole):
        times = tuple(None if pd.isna(each) else each * 1000 for each in latency.iloc[number, 1:4])
        assert times == near(added.times)
    failed = by_day(replace(raw, of="error_kind <> 'cancelled'"), lambda added: added.figures.calls, "error_kind")
    failures = table_of(at, 3)
    assert [*failures["All"]] == [added.figures.failed_calls for added in whole]
    assert {name: [*failures[name]] for name in failures.columns[2:]} == {REASONS[str(k)]: v for k, v in failed.items()}
    assert {row[0]: row[1:] for row in table_of(at, 4).to_numpy().tolist()} == {
        names[by][key]: [
            pytest.approx(float(added.figures.cost_usd), abs=ROUNDED),
            added.figures.calls,
            added.figures.failed_calls,
            added.figures.tokens,
            added.figures.unpriced_calls,
        ]
        for key, added in raw.keys(KEYS[by]).items()
    }
    assert table_of(at, 5).to_numpy().tolist() == [
        [
            words.hour_of_week(*place, minute=0),
            *(row[name] for name in ("calls", "failed_calls", "tokens")),
            pytest.approx(float(row["cost_usd"]), abs=ROUNDED),
        ]
        for place, row in sorted(raw.hours_of_week().items())
    ]


def table_of(at: AppTest, number: int) -> pd.DataFrame:
    """The chart of that number as a table."""
    at.get("menu_button")[number].set_value("Show as a table")
    at.run()
    assert not at.exception
    found: pd.DataFrame = at.dataframe[0].value
    return found
