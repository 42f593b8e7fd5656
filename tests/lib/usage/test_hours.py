"""Hours of the week: the calls behind each are as many as it says, by the clock on the reader's wall."""

import io
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest

from lib.errors import InvalidInput
from lib.exports import ExportFormat
from lib.usage.calls.address import read_address, write_address
from lib.usage.calls.service import count_calls, export_calls, list_calls
from lib.usage.calls.views import CallFilter
from lib.usage.hours import HourOfWeek
from lib.usage.periods import Period
from lib.usage.service import read_dashboard
from lib.usage.views import UsageQuery
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_usage import make_calls, roll_up
from tests.records import rows

#: Each has a day that is longer or shorter than others; the last two are half of an hour off.
PERIODS = (
    Period(date(2026, 10, 12), date(2026, 11, 2), "Europe/Berlin"),
    Period(date(2026, 3, 23), date(2026, 4, 5), "Europe/Berlin"),
    Period(date(2026, 10, 26), date(2026, 11, 8), "America/New_York"),
    Period(date(2026, 10, 12), date(2026, 10, 30), "Asia/Kolkata"),
    Period(date(2026, 3, 30), date(2026, 4, 8), "Australia/Lord_Howe"),
)
HALF = ("Asia/Kolkata", "Australia/Lord_Howe")
_RAW = (
    "SELECT extract(isodow FROM created_at AT TIME ZONE %s)::int - 1 AS weekday, "
    "extract(hour FROM created_at AT TIME ZONE %s)::int AS hour, count(*) AS calls FROM api_usage "
    "WHERE created_at >= %s AND created_at < %s AND provider IS NOT NULL GROUP BY 1, 2"
)


def fill(installation: Installation, cast: Cast, period: Period, *, count: int = 220) -> None:
    """Calls of the period, half of them around where its clocks change, and some of the days beside it."""
    chance = random.Random(7)
    changes = [day for day in period.each_day() if is_changed(day, period.zone)] or [period.first]
    calls = []
    for number in range(count):
        start = datetime.combine(chance.choice(changes), datetime.min.time(), tzinfo=UTC) - timedelta(days=1)
        length = timedelta(days=3)
        if number % 2:
            start = period.starts_at - timedelta(days=1)
            length = timedelta(days=period.days + 2)
        calls.append({"created_at": start + chance.random() * length})
    edges = (period.starts_at, period.ends_at, period.ends_at - timedelta(microseconds=1))
    calls += [{"created_at": moment} for moment in edges]
    calls += [{"created_at": period.starts_at + timedelta(hours=9), "provider": None, "model": None}]
    make_calls(installation.database, cast.organization_a, calls)


def is_changed(day: date, zone: str) -> bool:
    at = [datetime.combine(each, datetime.min.time(), ZoneInfo(zone)) for each in (day, day + timedelta(days=1))]
    return at[0].utcoffset() != at[1].utcoffset()


def behind(cast: Cast, query: UsageQuery) -> dict[tuple[int, int], int]:
    """How many calls are behind each of the 168 hours, those without any left out."""
    week = [HourOfWeek(day, hour) for day in range(7) for hour in range(24)]
    counts = {each: count_calls(cast.mona, CallFilter(query=query, hour=each), most=10_000) for each in week}
    return {(each.weekday, each.hour): count for each, count in counts.items() if count}


@pytest.mark.parametrize("period", PERIODS, ids=lambda period: f"{period.zone} {period.first:%B}")
def test_as_many_calls_are_behind_an_hour_as_it_says(installation: Installation, cast: Cast, period: Period) -> None:
    query = UsageQuery(period=period)
    fill(installation, cast, period)
    for _ in range(2):
        found = behind(cast, query)
        assert found == {
            (cell.weekday, cell.hour): cell.figures.calls for cell in read_dashboard(cast.mona, query).hours
        }
        roll_up(installation.database)
    if period.zone not in HALF:
        raw = rows(installation, _RAW, period.zone, period.zone, period.starts_at, period.ends_at)
        assert found == {(row["weekday"], row["hour"]): row["calls"] for row in raw}


def test_calls_of_an_hour_are_paged_both_ways_and_taken_along(installation: Installation, cast: Cast) -> None:
    """Three a page, of several Mondays; the file has the same ones in the same order."""
    period = Period(date(2026, 10, 12), date(2026, 11, 2), "Europe/Berlin")
    mondays = [datetime(2026, 10, day, 9 if day > 25 else 8, tzinfo=UTC) for day in (12, 19, 26)]
    calls = [{"created_at": monday + timedelta(minutes=7 * each)} for monday in mondays for each in range(8)]
    calls += [{"created_at": monday + timedelta(hours=hours)} for monday in mondays for hours in (-1, 1, 24)]
    make_calls(installation.database, cast.organization_a, calls)
    chosen = CallFilter(query=UsageQuery(period=period), hour=HourOfWeek(0, 10))
    pages = [list_calls(cast.mona, chosen, limit=3)]
    while pages[-1].older:
        pages.append(list_calls(cast.mona, chosen, cursor=pages[-1].older, limit=3))
    found = [call for page in pages for call in page.items]
    moments = [call.created_at for call in found]
    assert moments == sorted((call["created_at"] for call in calls[:24]), reverse=True)
    for page, after in pairwise(pages):
        back = list_calls(cast.mona, chosen, cursor=after.newer, limit=3)
        assert [call.id for call in back.items] == [call.id for call in page.items]
    other = UsageQuery(period=Period(date(2026, 10, 13), date(2026, 10, 13), "Europe/Berlin"))
    assert list_calls(cast.mona, replace(chosen, query=other)).items == (), "that day is no Monday"
    out = io.BytesIO()
    export_calls(cast.mona, chosen, out, file_format=ExportFormat.CSV)
    lines = out.getvalue().decode("utf-8-sig").splitlines()
    assert [line.partition(",")[0] for line in lines[1:]] == [str(call.id) for call in found]
    (noted,) = rows(installation, "SELECT new_values FROM audit_logs WHERE action = 'usage.export'")
    assert noted["new_values"]["filters"]["hour"] == "mon-10"


def test_hours_follow_the_clock_on_the_wall() -> None:
    """In Berlin clocks go back on 25 October 2026, from three to two, and forward on 29 March, from two to three."""
    autumn, spring, _, india, _ = PERIODS
    one_day = Period(date(2026, 10, 25), date(2026, 10, 25), autumn.zone)
    assert [len(HourOfWeek(6, hour).stretches(one_day)) for hour in range(24)] == [1, 1, 2] + [1] * 21
    one_day = Period(date(2026, 3, 29), date(2026, 3, 29), spring.zone)
    assert [len(HourOfWeek(6, hour).stretches(one_day)) for hour in range(24)] == [1, 1, 0] + [1] * 21
    (first, *_), last = (HourOfWeek(0, hour).stretches(india) for hour in (0, 23))
    assert first[0] == india.starts_at
    assert (india.minute, last[-1][0].minute) == (30, 0)


@pytest.mark.parametrize("said", ["mon", "mon-24", "mon--1", "noon-3", "mon-x", "-", "0-3"])
def test_address_of_no_hour_is_refused(said: str) -> None:
    wanted = CallFilter(query=UsageQuery(period=PERIODS[0]), hour=HourOfWeek(0, 23))
    address = parse_qs(write_address(wanted))
    assert read_address(address) == wanted
    with pytest.raises(InvalidInput):
        read_address(address | {"hour": [said]})
