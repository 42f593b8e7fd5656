"""What the product reads of usage, held against the rows of the same moment."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import accumulate

import pytest
from sqlalchemy.orm import Session

from lib.db.session import tenant_session
from lib.usage.forecast import FEWEST_DAYS
from lib.usage.periods import Period, today_in
from lib.usage.reading import MOST_SERIES, Reading
from lib.usage.views import Dashboard, Dimension, Figures, Series, UsageQuery, UsageReport
from tests.cast import Cast
from tests.raw_usage import KEYS, NOTHING, RawUsage, near, times_of, within


@contextmanager
def reading_as(cast: Cast) -> Iterator[Session]:
    """A moment of the database, as a page of mona's sees it."""
    with tenant_session(cast.mona, is_one_moment=True) as session:
        yield session


def compare(session: Session, cast: Cast, period: Period, *, is_fresh: bool = True) -> int:
    """Whether every bar of every key is what the rows say in this moment; how many calls those are.

    The period is drawn by days. `is_fresh` is for reading what is not summed up beforehand, as a page does.
    """
    reading = Reading(session, cast.organization_a, UsageQuery(period=period))
    reading = reading.knowing() if is_fresh else reading
    raw, starts, report = RawUsage(within(session), cast.organization_a, period), period.starts(), reading.report()
    for dimension, key in KEYS.items():
        found = {
            (series.key, starts[number]): figures
            for series in reading.series(dimension)
            for number, figures in enumerate(series.bars)
            if figures.calls
        }
        assert found == {place: added.figures for place, added in raw.figures(key, "day").items()}, (dimension, period)
        assert sum(found.values(), Figures()) == report.total
    return report.total.calls


def check_dashboard(found: Dashboard, raw: RawUsage, by: Dimension, unit: str) -> None:
    """All that the page gets, by one dimension: the same bars, the same lists, the same forecast."""
    check_report(found.report, raw, unit)
    assert found.before
    check_report(found.before, replace(raw, period=raw.period.before()), unit)
    check_series(found.series, found.report, raw, by, unit)
    check_series(found.errors, found.report, raw, Dimension.ERROR, unit)
    assert {share.key: (share.figures, times_of(share.latency)) for share in found.top} == {
        key: (added.figures, near(added.times)) for key, added in raw.keys(KEYS[by]).items()
    }
    costs = [share.figures.cost_usd for share in found.top]
    assert costs == sorted(costs, reverse=True), "the most expensive first"
    check_hours(found, raw)
    check_forecast(found, raw)


def check_report(report: UsageReport, raw: RawUsage, unit: str) -> None:
    """The numbers that lead the page, their course, and the lines of latency."""
    whole = raw.whole()
    assert (report.total, times_of(report.latency)) == (whole.figures, near(whole.times))
    bars = raw.bars(unit)
    for start, figures, latency in zip(report.starts, report.bars, report.latency_bars, strict=True):
        added = bars.pop(start, NOTHING)
        assert (figures, times_of(latency)) == (added.figures, near(added.times)), start
    assert not bars, "a bar for each"
    launched = {start: count for start, count in zip(report.starts, report.runs, strict=True) if count}
    assert launched == raw.runs(unit)


def check_series(series: Sequence[Series], report: UsageReport, raw: RawUsage, by: Dimension, unit: str) -> None:
    """Each part of each bar, those beyond the most expensive together."""
    whole = raw.keys(KEYS[by])
    named = [each for each in series if each.count == 1]
    costs = sorted((added.figures.cost_usd for added in whole.values()), reverse=True)
    assert [each.total.cost_usd for each in named] == costs[:MOST_SERIES], "the most expensive first"
    assert sum(each.count for each in series) == len(whole)
    key = f"coalesce(({KEYS[by]})::text, 'none')"
    names = ", ".join(f"'{each.key or 'none'}'" for each in named) or "'none'"
    expected = raw.figures(f"CASE WHEN {key} IN ({names}) THEN {key} ELSE 'others' END", unit)
    for one in series:
        said = "others" if one.count > 1 else str(one.key or "none")
        for number, start in enumerate(report.starts):
            added = expected.pop((said, start), NOTHING)
            assert one.bars[number] == added.figures, (said, start)
            if one.latency_bars:
                assert times_of(one.latency_bars[number]) == near(added.times), (said, start)
    assert not expected, "a part for each"


def check_hours(found: Dashboard, raw: RawUsage) -> None:
    """The heat map; where the zone is a part of an hour off, its hours are those of UTC, and so are not these."""
    if found.report.period.minute:
        assert sum(cell.figures.calls for cell in found.hours) == found.report.total.calls
        return
    assert {
        (cell.weekday, cell.hour): (
            cell.figures.calls,
            cell.figures.failed_calls,
            cell.figures.tokens,
            cell.figures.cost_usd,
        )
        for cell in found.hours
    } == {
        place: (row["calls"], row["failed_calls"], row["tokens"], row["cost_usd"])
        for place, row in raw.hours_of_week().items()
    }


def check_forecast(found: Dashboard, raw: RawUsage) -> None:
    """What is spent by each day of the month, and what it will be."""
    today = today_in(raw.period.zone)
    month = replace(raw, period=Period(today.replace(day=1), today, raw.period.zone))
    costs = [added.figures.cost_usd for added in month.days().get(None, [NOTHING] * today.day)]
    assert [cost for _, cost in found.forecast.spent] == [*accumulate(costs)]
    assert found.forecast.spent[-1][0] == today
    expected = month.forecast(today)
    assert len(found.forecast.days) == (len(expected) if expected and expected[0]["days"] >= FEWEST_DAYS else 0)
    for day, row in zip(found.forecast.days, expected, strict=False):
        amounts = [float(row[name]) for name in ("expected", "spread", "spent")]
        least, most = max(amounts[0] - amounts[1], amounts[2]), amounts[0] + amounts[1]
        assert (day.day, day.expected_usd, day.low_usd, day.high_usd) == (
            row["day"],
            pytest.approx(amounts[0]),
            pytest.approx(least),
            pytest.approx(most),
        )
