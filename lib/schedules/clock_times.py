"""The moments of a line of cron in a time zone, also where clocks change.

A line that names hours is read off the clock on the wall, each of its times of day once a day: one that does not exist
as soon as the gap is over, one that is there twice the first time. A line of every hour goes on: whenever the clock on
the wall shows one of its minutes, however often it does. Of two moments that a change of clocks brings nearer than
`NEAREST`, and nearer than the line otherwise has them, the first stays.

Cron is read by cronsim, on a clock that never changes: of what it does where clocks change, next to nothing is left.
All that is handed out is UTC, for two moments of one zone are compared, and subtracted, by what its clocks show.
"""

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice, pairwise, takewhile
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from lib.errors import InvalidInput

#: How near a change of clocks may bring two moments.
NEAREST: Final = timedelta(minutes=5)
_EVERY_HOUR: Final = set(range(24))
_MINUTE: Final = timedelta(minutes=1)
#: So far back it begins to read: no clock was ever set back further than two hours since there are schedules, and
#: before that it meets the one or two moments of which the one looked for may be too near.
_LOOK_BACK: Final = timedelta(hours=4)
#: Of a line so many times are looked at for two that are near: each minute of an hour with each hour and its next day.
_COMPARED: Final = 600
#: Between these days, so that what is found is the line's own, and not the day's on which it is asked.
_FIRST_DAY, _LAST_DAY = datetime(2024, 1, 1), datetime(2064, 1, 1)  # noqa: DTZ001 of a clock without a zone


def moments_after(cron: str, time_zone: str, moment: datetime) -> Iterator[datetime]:
    """Those after that moment, each later than the one before, whatever the moment. Raises `InvalidInput`."""
    zone = read_zone(time_zone)
    kept: datetime | None = None
    for time in _read_off(cron, zone, moment.astimezone(UTC) - _LOOK_BACK):
        if kept is not None and time - kept < NEAREST and time - kept < shortest_pause(cron):
            continue
        kept = time
        if time > moment:
            yield time


@lru_cache(maxsize=1024)
def shortest_pause(cron: str) -> timedelta:
    """How near two times of a line are to each other where no clock changes. Raises `InvalidInput`."""
    times = takewhile(lambda time: time < _LAST_DAY, islice(_read(cron, _FIRST_DAY), _COMPARED))
    return min((later - earlier for earlier, later in pairwise(times)), default=timedelta.max)


def read_zone(name: str) -> ZoneInfo:
    """The zone of that name. Raises `InvalidInput` where this machine's tables do not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise unknown_zone(name) from error


def unknown_zone(name: str) -> InvalidInput:
    """What is said of a name that is no zone's."""
    message = f"“{name[:100]}” is no time zone that this installation knows. Choose one from the list."
    return InvalidInput(message, field="Time zone")


def _read_off(cron: str, zone: ZoneInfo, begin: datetime) -> Iterator[datetime]:
    """From `begin` or a little before, none earlier than the one before it; some may be there twice."""
    line = _read(cron, begin.astimezone(zone).replace(tzinfo=None, fold=0))
    is_every_hour = line.hours == _EVERY_HOUR
    second_round: deque[datetime] = deque()
    for shown in line:
        first, last = _when_shown(shown, zone)
        if first > last:
            if is_every_hour:
                continue
            first = _end_of_gap(shown, zone)
        while second_round and second_round[0] <= first:
            yield second_round.popleft()
        yield first
        if is_every_hour and first < last:
            second_round.append(last)


def _read(cron: str, begin: datetime) -> CronSim:
    """Its times on a clock that never changes. Raises `InvalidInput`; a row may say what no form has let through."""
    if not cron.strip():
        message = "Say when: a line of cron has five fields, such as 0 7 * * 1-5 for every weekday at seven."
        raise InvalidInput(message, field="Cron")
    try:
        if len(cron.split()) != 5:
            raise CronSimError("Wrong number of fields")
        return CronSim(cron, begin)
    except CronSimError as error:
        message = f"The times “{cron[:100]}” can't be read. Choose them again."
        raise InvalidInput(message, field="Cron") from error


def _when_shown(shown: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When clocks show that for the first and for the last time; the wrong way round where they leap over it."""
    first, last = (shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, last


def _end_of_gap(shown: datetime, zone: ZoneInfo) -> datetime:
    while True:
        shown += _MINUTE
        first, last = _when_shown(shown, zone)
        if first <= last:
            return first
