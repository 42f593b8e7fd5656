"""When a schedule runs: a line of cron in a time zone, from a day and until a day.

What becomes of its times where clocks change stands in `lib.schedules.clock_times`; all that is handed out is UTC.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import Final

from cronsim import CronSim, CronSimError

from lib import clock
from lib.config import get_settings
from lib.errors import InvalidInput
from lib.schedules.clock_times import moments_after, shortest_pause, unknown_zone

LONGEST_CRON: Final = 100
_FIELDS: Final = "minute, hour, day of the month, month, day of the week"
_A_MOMENT: Final = timedelta(microseconds=1)
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
    """The times of one schedule.

    `make_timetable` makes one that can be relied on; one that is read from a row may raise `InvalidInput` when it is
    asked, for what a row says was let through by no form, or by tables of time zones that were others.
    """

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
        now, before = now.astimezone(UTC), first.astimezone(UTC) - _A_MOMENT
        look = _SHORTEST_LOOK
        while True:
            begin = max(before, now - look)
            found = tuple(takewhile(lambda time: time <= now, self._times(begin)))
            if len(found) >= most or begin == before:
                return found[-most:]
            look *= 4

    def _times(self, moment: datetime) -> Iterator[datetime]:
        moment = moment.astimezone(UTC)
        if self.starts_at is not None:
            moment = max(moment, self.starts_at.astimezone(UTC) - _A_MOMENT)
        for time in moments_after(self.cron, self.time_zone, moment):
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
    if time_zone not in clock.zones():
        raise unknown_zone(time_zone)
    table = Timetable(cron=cron, time_zone=time_zone, starts_at=starts_at, ends_at=ends_at)
    if table.after(now) is None:
        message = "This never runs: there is no such time to come. Choose other times, or a later last day."
        raise InvalidInput(message, field="Times")
    refuse_too_often(cron)
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
        next(CronSim(line, datetime(2026, 1, 1, tzinfo=UTC)), None)
    except CronSimError as error:
        why = _WRONG.get(str(error), "it is no cron")
        message = f"“{shown}” can't be read: {why}. Its five fields are: {_FIELDS}."
        raise InvalidInput(message, field="Cron") from error
    return line


def refuse_too_often(cron: str) -> None:
    """Raise `InvalidInput` where two times are nearer than the installation allows, whenever it began to.

    It is the line that is judged, as if no clock ever changed: what was let through once is let through in each season.
    """
    minutes = get_settings().schedule_minutes
    if shortest_pause(cron) < timedelta(minutes=minutes):
        message = f"This runs more often than every {minutes} minutes, which is the most here. Choose fewer times."
        raise InvalidInput(message, field="Times")
