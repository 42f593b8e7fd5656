"""After an outage: what each policy makes of the times that nobody was there for."""

from datetime import UTC, datetime, timedelta

import pytest

from lib.models.schedule import CatchUp
from lib.schedules.due import MOST_CAUGHT_UP, Turn, take_turn
from lib.schedules.timetable import Timetable

HOURLY = Timetable(cron="0 * * * *", time_zone="UTC")
DUE = datetime(2026, 5, 4, 7, tzinfo=UTC)


def _hours(count: float) -> datetime:
    return DUE + timedelta(hours=count)


def _turn(now: datetime, catch_up: CatchUp, *, is_waiting: bool = False) -> Turn:
    return take_turn(HOURLY, due_at=DUE, now=now, catch_up=catch_up, is_waiting=is_waiting)


@pytest.mark.parametrize("catch_up", CatchUp)
def test_time_that_is_due_is_launched(catch_up: CatchUp) -> None:
    assert _turn(DUE, catch_up) == Turn(_hours(1))
    assert _turn(DUE + timedelta(minutes=2), catch_up) == Turn(_hours(1))


def test_none_launches_nothing_for_missed_times() -> None:
    assert _turn(_hours(3.5), CatchUp.NONE) == Turn(_hours(4), is_missed=True)


def test_none_launches_the_time_that_has_just_come_after_missed_ones() -> None:
    assert _turn(_hours(3) + timedelta(minutes=1), CatchUp.NONE) == Turn(_hours(4))


def test_a_time_that_waits_for_the_run_before_is_not_missed() -> None:
    assert _turn(_hours(3.5), CatchUp.NONE, is_waiting=True) == Turn(_hours(4))


def test_latest_launches_once_for_all_of_them() -> None:
    assert _turn(_hours(300.5), CatchUp.LATEST) == Turn(_hours(301))


def test_all_launches_one_after_the_other() -> None:
    assert _turn(_hours(3.5), CatchUp.ALL) == Turn(_hours(1))


def test_all_launches_the_last_24_at_most() -> None:
    now, due, turns = _hours(300.5), DUE, 0
    while due <= now:
        following = take_turn(HOURLY, due_at=due, now=now, catch_up=CatchUp.ALL).next_at
        assert following is not None
        due, turns = following, turns + 1
    assert turns == MOST_CAUGHT_UP == 24
    assert due == _hours(301)


@pytest.mark.parametrize("catch_up", CatchUp)
def test_last_time_has_no_next_one(catch_up: CatchUp) -> None:
    table = Timetable(cron="0 * * * *", time_zone="UTC", ends_at=_hours(0.5))
    assert take_turn(table, due_at=DUE, now=DUE, catch_up=catch_up) == Turn(None)
