"""The one place that asks what time it is, so that a test can say it."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def month_share() -> float:
    """How much of this month, in UTC, is over: from 0 to 1."""
    moment = now()
    first = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = (first + timedelta(days=32)).replace(day=1)
    return (moment - first) / (following - first)


def start_of_day(day: date, *, zone: str) -> datetime:
    """When that day begins for somebody who lives in that zone; in UTC where this machine does not know the zone."""
    return datetime.combine(day, time.min, tzinfo=find_zone(zone)).astimezone(UTC)


def read_moment(text: str) -> datetime:
    """A moment that was written with its zone, as in an address. Raises `ValueError` for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


def find_zone(name: str) -> tzinfo:
    """The zone of that name; UTC where this machine's tables do not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # the last for a folder of zones
        return UTC


def is_zone(name: str) -> bool:
    """Whether this machine's tables know the zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@cache
def zones() -> tuple[str, ...]:
    """The names of all zones that this machine's tables know, in order. Python reads 600 files for them each time."""
    return tuple(sorted(available_timezones()))
