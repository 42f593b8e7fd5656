"""The times that most people want, in words, and the cron that says the same."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from cronsim import CronSim, CronSimError


class Every(StrEnum):
    """How often."""

    HOUR = "hour"
    DAY = "day"
    #: Monday to Friday.
    WEEKDAY = "weekday"
    WEEK = "week"
    MONTH = "month"


#: As cron counts them: Sunday is 0.
WEEKDAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
#: Stands for the last day of a month, which has 28 to 31; every month has the days before.
LAST_DAY: Final = 0
_LATEST_DAY: Final = 28
_LINE: Final = re.compile(r"(\d{1,2}) (\*|\d{1,2}) (\*|L|\d{1,2}) \* (\*|1-5|MON-FRI|[0-6])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Times in words. What a frequency does not ask for is not looked at."""

    every: Every
    minute: int = 0
    hour: int = 7
    #: From 0, which is Sunday.
    weekday: int = 1
    #: Of the month, or `LAST_DAY`.
    day: int = 1

    @property
    def cron(self) -> str:
        """The same as a line of cron."""
        time = f"{self.minute} {self.hour}"
        return {
            Every.HOUR: f"{self.minute} * * * *",
            Every.DAY: f"{time} * * *",
            Every.WEEKDAY: f"{time} * * 1-5",
            Every.WEEK: f"{time} * * {self.weekday}",
            Every.MONTH: f"{time} {self.day or 'L'} * *",
        }[self.every]

    @property
    def words(self) -> str:
        """The same in words: “Every weekday at 07:00”."""
        time = f"{self.hour:02d}:{self.minute:02d}"
        day = f"{_ordinal(self.day)} of the" if self.day else "last day of the"
        return {
            Every.HOUR: f"Every hour, {self.minute} minutes past" if self.minute else "Every hour, on the hour",
            Every.DAY: f"Every day at {time}",
            Every.WEEKDAY: f"Every weekday at {time}",
            Every.WEEK: f"Every {WEEKDAYS[self.weekday]} at {time}",
            Every.MONTH: f"On the {day} month at {time}",
        }[self.every]


def find_preset(cron: str) -> Preset | None:
    """The preset that this line of cron is; None for one that no preset says."""
    found = _LINE.fullmatch(cron)
    if not found:
        return None
    minute, hour, day, weekday = found.groups()
    if int(minute) > 59 or (hour != "*" and int(hour) > 23):
        return None
    every = _find_every(hour, day, weekday)
    if every is None or (every is Every.MONTH and day != "L" and not 1 <= int(day) <= _LATEST_DAY):
        return None
    return Preset(
        every=every,
        minute=int(minute),
        hour=int(hour) if hour != "*" else 0,
        weekday=int(weekday) if every is Every.WEEK else 1,
        day=LAST_DAY if day == "L" else int(day) if every is Every.MONTH else 1,
    )


def _find_every(hour: str, day: str, weekday: str) -> Every | None:
    if hour == "*":
        return Every.HOUR if (day, weekday) == ("*", "*") else None
    if day != "*":
        return Every.MONTH if weekday == "*" else None
    return {"*": Every.DAY, "1-5": Every.WEEKDAY, "MON-FRI": Every.WEEKDAY}.get(weekday, Every.WEEK)


def say_times(cron: str) -> str:
    """A line of cron in words; itself where it can't be read, as one that no form has let through."""
    if preset := find_preset(cron):
        return preset.words
    try:
        return CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC)).explain()
    except CronSimError:
        return cron


def _ordinal(day: int) -> str:
    ending = "th" if day in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"
