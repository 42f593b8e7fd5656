"""The one place that asks what time it is, so that a test can say it."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def start_of_day(day: date, *, zone: str) -> datetime:
    """When that day begins for somebody who lives in that zone; in UTC where this machine does not know the zone."""
    try:
        begins = datetime.combine(day, time.min, tzinfo=ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        begins = datetime.combine(day, time.min, tzinfo=UTC)
    return begins.astimezone(UTC)
