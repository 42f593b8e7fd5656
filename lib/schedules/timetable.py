"""When a schedule runs: a line of cron in a time zone, from a day and until a day.

Cron is read by cronsim, which keeps to Debian's where clocks change: a time of day that does not exist runs once, as
soon as the gap is over; one that is there twice runs the first time; "every hour" and "every 10 minutes" go on evenly.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, pairwise
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from lib.config import get_settings
from lib.errors import InvalidInput

LONGEST_CRON: Final = 100
_FIELDS: Final = "minute, hour, day of the month, month, day of the week"
#: So many times are looked at for two that are too near: each minute of an hour with each hour and its next day.
_COMPARED: Final = 600
_SHORTEST_LOOK: Final = timedelta(hours=2)
#: cronsim's word for a field -> ours.
_WRONG: Final = {
    "Bad minute": "the minute is wrong",
    "Bad hour": "the hour is wrong",
    "Bad day-of-month": "there is no such day in that month",
    "Bad month": "the month is wrong",
    "Bad day-of-week": "the day of the week is wrong",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """The times of one schedule. `make_timetable` makes one that can be relied on."""

    cron: str
    time_zone: str
    starts_at: datetime | None = None
    #: From this moment on there are none.
    ends_at: datetime | None = None

    def after(self, moment: datetime) -> datetime | None:
        """The first time after that moment; None where there is none any more."""
        return next(self._times(moment), None)

    def upcoming(self, moment: datetime, *, count: int) -> tuple[datetime, ...]:
        """The first so many times after that moment."""
        return tuple(islice(self._times(moment), count))

    def until(self, now: datetime, *, first: datetime, most: int) -> tuple[datetime, ...]:
        """The last `most` times from `first`, which is one, to `now`: looked for from the end, however long that is."""
        look = _SHORTEST_LOOK
        while True:
            begin = max(first - timedelta(microseconds=1), now - look)
            found = [time for time in self._until(begin, now) if time >= first]
            if len(found) >= most or begin < first:
                return tuple(found[-most:])
            look *= 4

    def _until(self, begin: datetime, now: datetime) -> Iterator[datetime]:
        for time in self._times(begin):
            if time > now:
                return
            yield time

    def _times(self, moment: datetime) -> Iterator[datetime]:
        zone = ZoneInfo(self.time_zone)
        if self.starts_at is not None:
            moment = max(moment, self.starts_at - timedelta(microseconds=1))
        for time in CronSim(self.cron, moment.astimezone(zone)):
            if self.ends_at is not None and time >= self.ends_at:
                return
            yield time


def make_timetable(
    cron: str, time_zone: str, *, now: datetime, starts_at: datetime | None = None, ends_at: datetime | None = None
) -> Timetable:
    """A timetable with at least one time to come, and none nearer to another than the installation's setting allows.

    Raises `InvalidInput` that says what is wrong and what to do.
    """
    cron = clean_cron(cron)
    if time_zone not in available_timezones():
        message = f"“{time_zone}” is no time zone that this installation knows. Choose one from the list."
        raise InvalidInput(message, field="Time zone")
    table = Timetable(cron=cron, time_zone=time_zone, starts_at=starts_at, ends_at=ends_at)
    if table.after(now) is None:
        message = "This never runs: there is no such time to come. Choose other times, or a later last day."
        raise InvalidInput(message, field="Times")
    refuse_too_often(table, now=now)
    return table


def clean_cron(cron: str) -> str:
    """A line of cron as it is stored: its five fields, one space between them. Raises `InvalidInput`."""
    fields = cron.upper().split()
    shown = " ".join(cron.split())[:LONGEST_CRON]
    if len(fields) != 5 or len(" ".join(fields)) > LONGEST_CRON:
        message = f"“{shown}” can't be read. It takes five fields, with spaces between them: {_FIELDS}."
        raise InvalidInput(message, field="Cron")
    line = " ".join(fields)
    try:
        next(CronSim(line, datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC"))), None)
    except CronSimError as error:
        why = _WRONG.get(str(error), "it is no cron")
        message = f"“{shown}” can't be read: {why}. Its five fields are: {_FIELDS}."
        raise InvalidInput(message, field="Cron") from error
    return line


def refuse_too_often(table: Timetable, *, now: datetime) -> None:
    """Raise `InvalidInput` where two times are nearer than the installation allows, whenever it began to."""
    minutes = get_settings().schedule_minutes
    times = table.upcoming(now, count=_COMPARED)
    if any(later - earlier < timedelta(minutes=minutes) for earlier, later in pairwise(times)):
        message = f"This runs more often than every {minutes} minutes, which is the most here. Choose fewer times."
        raise InvalidInput(message, field="Times")
