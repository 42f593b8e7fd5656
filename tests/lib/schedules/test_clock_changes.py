"""Around a change of clocks, of any line in many zones: each time as promised, and what is late is launched once."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lib.errors import InvalidInput
from lib.models.schedule import CatchUp
from lib.schedules.due import MOST_CAUGHT_UP, take_turn
from lib.schedules.timetable import Timetable, make_timetable
from tests.lib.schedules.reading import FIVE_MINUTES, READ, Line, around_changes, lines, promised

Around = tuple[str, datetime, datetime]


def _in_zone(moment: datetime, zone: str) -> datetime:
    """As psycopg hands it out where PostgreSQL's time zone is the schedule's."""
    return moment.astimezone(ZoneInfo(zone))


@given(line=lines(), around=around_changes())
def test_times_are_those_that_the_docs_promise(line: Line, around: Around) -> None:
    zone, change, moment = around
    assume(not line.is_too_often)
    end = change + READ - timedelta(hours=5)
    expected = [time for time in promised(line, zone, change) if moment < time < end]
    found = Timetable(cron=line.cron, time_zone=zone).upcoming(_in_zone(moment, zone), count=len(expected) + 1)
    assert [time for time in found if time < end] == expected
    assert found[0] > moment
    assert all(later - earlier >= FIVE_MINUTES for earlier, later in pairwise(found))
    assert all(time.tzinfo is UTC for time in found)


@given(line=lines(), around=around_changes())
def test_line_is_refused_for_what_it_is_and_not_for_the_season(line: Line, around: Around) -> None:
    zone, _, moment = around
    try:
        make_timetable(line.cron, zone, now=moment)
        is_refused = False
    except InvalidInput as error:
        is_refused = "more often than every 5 minutes" in error.message
    assert is_refused == line.is_too_often


@given(line=lines(), around=around_changes(), hours=st.integers(0, 30), most=st.integers(1, 30))
def test_last_times_are_found_over_a_change(line: Line, around: Around, hours: int, most: int) -> None:
    zone, change, now = around
    assume(not line.is_too_often)
    past = [time for time in promised(line, zone, change) if now - timedelta(hours=hours) <= time <= now]
    assume(past)
    table = Timetable(cron=line.cron, time_zone=zone)
    assert list(table.until(_in_zone(now, zone), first=_in_zone(past[0], zone), most=most)) == past[-most:]


@pytest.mark.parametrize("catch_up", CatchUp)
@given(line=lines(), around=around_changes(), pauses=st.lists(st.integers(1, 400), min_size=8, max_size=24))
def test_each_time_is_launched_once_however_late_a_worker_looks(
    catch_up: CatchUp, line: Line, around: Around, pauses: list[int]
) -> None:
    """A worker that looks at whatever minutes: each time is one that is promised, and none comes a second time."""
    zone, change, now = around
    assume(not line.is_too_often)
    table = Timetable(cron=line.cron, time_zone=zone)
    due, taken = table.after(now), list[datetime]()
    for minutes in pauses:
        now += timedelta(minutes=minutes)
        while due is not None and due <= now:
            taken.append(due)
            due_at, asked_at = _in_zone(due, zone), _in_zone(now, zone)
            due = take_turn(table, due_at=due_at, now=asked_at, catch_up=catch_up).next_at
            assert due is not None
            assert due > (taken[-1] if catch_up is CatchUp.ALL else now)
    assert all(earlier < later for earlier, later in pairwise(taken))
    assert {time for time in taken if abs(time - change) < READ - timedelta(hours=5)} <= {*promised(line, zone, change)}


def test_all_that_was_missed_over_a_change_is_made_up_for() -> None:
    """A day of 25 hours: none of its times is lost, and none comes twice."""
    table = Timetable(cron="0 * * * *", time_zone="Europe/Berlin")
    due: datetime | None = datetime(2026, 10, 24, 22, tzinfo=UTC)
    now, taken = datetime(2026, 10, 25, 20, 59, tzinfo=UTC), list[datetime]()
    while due is not None and due <= now:
        taken.append(due)
        due = take_turn(table, due_at=_in_zone(due, "Europe/Berlin"), now=now, catch_up=CatchUp.ALL).next_at
    assert taken == [datetime(2026, 10, 24, 22, tzinfo=UTC) + timedelta(hours=n) for n in range(23)]
    assert len(taken) < MOST_CAUGHT_UP


@pytest.mark.parametrize("cron", ["0 * * * *", "*/30 * * * *", "*/20 * * * *", "0 */2 * * *", "0 0-23 * * *"])
def test_no_day_of_a_year_makes_a_line_too_often(cron: str) -> None:
    """Where clocks are set back 02:00 is there twice, which is no pause of 0 minutes."""
    for day in range(0, 365, 9):
        now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
        assert make_timetable(cron, "Europe/Berlin", now=now)
