"""Hours of the week: "Mondays from 14:00 to 15:00", and when that was in a range of days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from lib import clock
from lib.usage.periods import Period

_DAYS, _HOURS = 7, 24
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class HourOfWeek:
    """One of 168, by the clock on the wall. Raises `ValueError` for what is none of them."""

    #: 0 is Monday.
    weekday: int
    hour: int

    def __post_init__(self) -> None:
        """Looks at both."""
        if self.weekday not in range(_DAYS) or self.hour not in range(_HOURS):
            raise ValueError(self)

    def stretches(self, period: Period) -> Sequence[tuple[datetime, datetime]]:
        """From when to when it was in the period, in UTC and rising, as sums by hour of the week count it.

        Those are of hours of UTC: one is of the hour in which it begins on the wall, or in which the period does. An
        hour that a clock shows twice is there twice, one that it leaves out is not.
        """
        zone = clock.find_zone(period.zone)
        first, last = period.starts_at, period.ends_at
        found: list[tuple[datetime, datetime]] = []
        for day in period.each_day():
            if day.weekday() != self.weekday:
                continue
            shown = datetime.combine(day, time(self.hour), tzinfo=zone).astimezone(UTC)
            around = (shown.replace(minute=0, second=0, microsecond=0) + _HOUR * step for step in range(-1, 3))
            for hour in around:
                start, end = max(hour, first), min(hour + _HOUR, last)
                local = start.astimezone(zone)
                if start < end and (local.date(), local.hour) == (day, self.hour):
                    found.append((start, end))
        return found
