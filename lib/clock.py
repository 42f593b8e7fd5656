"""The one place that asks what time it is, so that a test can say it."""

from datetime import UTC, date, datetime, time, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def start_of_day(day: date, *, zone: str) -> datetime:
    """When that day begins for somebody who lives in that zone; in UTC where this machine does not know the zone."""
    return datetime.combine(day, time.min, tzinfo=find_zone(zone)).astimezone(UTC)


def find_zone(name: str) -> tzinfo:
    """The zone of that name; UTC where this machine's tables do not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # the last for a folder of zones
        return UTC
