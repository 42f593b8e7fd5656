"""Ranges of days in the reader's zone, what they are compared with, and the bars that they are drawn as."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

from lib import clock
from lib.errors import InvalidInput

#: More days than this are no range that anybody reads.
MOST_DAYS: Final = 3_660
#: Before and after them, moments of some zones and neighbours of some days can't be told.
_EARLIEST: Final = 1970
_LATEST: Final = 9000
#: The longest ranges that are drawn by the hour, the day and the week.
_MOST_BY_HOUR, _MOST_BY_DAY, _MOST_BY_WEEK = 2, 62, 400


class Unit(StrEnum):
    """What one bar stands for."""

    HOUR = "hour"
    DAY = "day"
    #: From Monday on.
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of somebody's zone, the last one included."""

    first: date
    last: date
    zone: str
    #: By how many days its weeks or months begin earlier than those of the calendar do: as many as it lies before the
    #: period that it is compared with, so that each of its bars has as many days as that one's.
    shifted_days: int = 0

    def __post_init__(self) -> None:
        """Raises `InvalidInput` where the last day is before the first, or too far from it or from our time."""
        if self.last < self.first:
            message = "The last day is before the first one. Choose them the other way round."
            raise InvalidInput(message, field="Range")
        if not _EARLIEST <= self.first.year <= self.last.year <= _LATEST:
            message = f"Choose days of the years {_EARLIEST} to {_LATEST}."
            raise InvalidInput(message, field="Range")
        if self.days > MOST_DAYS:
            message = f"At most {MOST_DAYS // 366} years can be looked at in one range. Choose a later first day."
            raise InvalidInput(message, field="Range")

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def starts_at(self) -> datetime:
        """The first moment of it, in UTC."""
        return clock.start_of_day(self.first, zone=self.zone)

    @property
    def ends_at(self) -> datetime:
        """The first moment after it, in UTC."""
        return clock.start_of_day(self.last + timedelta(days=1), zone=self.zone)

    @property
    def unit(self) -> Unit:
        """By what it is drawn, so that the bars can be told apart."""
        if self.days <= _MOST_BY_HOUR:
            return Unit.HOUR
        if self.days <= _MOST_BY_DAY:
            return Unit.DAY
        return Unit.WEEK if self.days <= _MOST_BY_WEEK else Unit.MONTH

    @property
    def minute(self) -> int:
        """At which minute on the wall an hour of UTC begins: 30 where the zone is half an hour off, else 0."""
        return self.starts_at.replace(minute=0).astimezone(clock.find_zone(self.zone)).minute

    def each_day(self) -> Iterator[date]:
        """All of them, in their order."""
        return (self.first + timedelta(days=count) for count in range(self.days))

    def before(self) -> "Period":
        """What it is compared with: of a month or its beginning the month before, else as many days before."""
        if self.first.day == 1 and (self.first.year, self.first.month) == (self.last.year, self.last.month):
            end_of_before = self.first - timedelta(days=1)
            is_whole = (self.last + timedelta(days=1)).day == 1
            last = end_of_before if is_whole else end_of_before.replace(day=min(self.last.day, end_of_before.day))
            return Period(end_of_before.replace(day=1), last, self.zone)
        is_cut_by_day = self.unit in {Unit.HOUR, Unit.DAY}  # then all bars are of one length
        return Period(
            self.first - timedelta(days=self.days),
            self.first - timedelta(days=1),
            self.zone,
            shifted_days=0 if is_cut_by_day else self.shifted_days + self.days,
        )

    def boundaries(self) -> Sequence[datetime]:
        """The first moments of its bars, in UTC and rising, and the first moment after it."""
        return (*self.starts(), self.ends_at)

    def starts(self) -> Sequence[datetime]:
        """The first moment of each bar, in UTC."""
        if self.unit is Unit.HOUR:
            return _hours(self.starts_at, self.ends_at)
        return [clock.start_of_day(day, zone=self.zone) for day in self.bar_days()]

    def bar_days(self) -> Sequence[date]:
        """The first day of each bar that is no hour; a week or month that began before begins with the period."""
        unit, shift = self.unit, timedelta(days=self.shifted_days)
        return [day for day in self.each_day() if day == self.first or _begins(unit, day + shift)]


def this_month(today: date, zone: str) -> Period:
    """From the first of the month to today."""
    return Period(today.replace(day=1), today, zone)


def last_month(today: date, zone: str) -> Period:
    """The whole month before this one."""
    end = today.replace(day=1) - timedelta(days=1)
    return Period(end.replace(day=1), end, zone)


def last_months(count: int, today: date, zone: str) -> Period:
    """So many months, the one that has begun among them."""
    months = today.year * 12 + today.month - count
    return Period(date(months // 12, months % 12 + 1, 1), today, zone)


def last_days(count: int, today: date, zone: str) -> Period:
    """So many days, today included."""
    return Period(today - timedelta(days=count - 1), today, zone)


def today_in(zone: str) -> date:
    """Which day it is for somebody who lives there."""
    return clock.now().astimezone(clock.find_zone(zone)).date()


def _hours(start: datetime, end: datetime) -> Sequence[datetime]:
    """Hours of the clock on the wall are those of UTC, but for zones that are half of one off: from the start on."""
    count = int((end - start) / timedelta(hours=1))
    return [start.astimezone(UTC) + timedelta(hours=each) for each in range(count)]


def _begins(unit: Unit, day: date) -> bool:
    """Whether a bar begins with that day."""
    if unit is Unit.WEEK:
        return day.weekday() == 0
    return unit is not Unit.MONTH or day.day == 1
