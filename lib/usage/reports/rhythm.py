"""When a report is due, and of which days it tells: those of the week or month before, in the person's zone.

Nothing here asks what time it is.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from lib.clock import find_zone
from lib.models.usage_report import Rhythm
from lib.usage.periods import Period, last_month

#: On the clock on the person's wall.
AT: Final = time(7)
_WEEK: Final = timedelta(days=7)


def next_time(rhythm: Rhythm, now: datetime, *, zone: str) -> datetime:
    """The first Monday, or first of a month, at seven that is to come; in UTC."""
    day = _began(rhythm, now.astimezone(find_zone(zone)).date())
    while (moment := _at(day, zone)) <= now:
        day = _following(rhythm, day)
    return moment


def told_at(rhythm: Rhythm, now: datetime, *, zone: str) -> Period:
    """What the report of the last such time that has come is about: the week or month that had ended then."""
    day = _began(rhythm, now.astimezone(find_zone(zone)).date())
    if _at(day, zone) > now:
        day = _began(rhythm, day - timedelta(days=1))
    if rhythm is Rhythm.WEEKLY:
        return Period(day - _WEEK, day - timedelta(days=1), zone)
    return last_month(day, zone)


def _began(rhythm: Rhythm, day: date) -> date:
    """The first day of its week or month."""
    return day - timedelta(days=day.weekday()) if rhythm is Rhythm.WEEKLY else day.replace(day=1)


def _following(rhythm: Rhythm, day: date) -> date:
    """The first day of the week or month after the one that begins then."""
    return day + _WEEK if rhythm is Rhythm.WEEKLY else (day + timedelta(days=31)).replace(day=1)


def _at(day: date, zone: str) -> datetime:
    return datetime.combine(day, AT, tzinfo=find_zone(zone)).astimezone(UTC)
