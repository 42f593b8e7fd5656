"""Which moments are read from which sums, so that each call is counted once.

A stretch of time is put together of whole days, of whole hours, and of the rows themselves: where it begins or ends
within an hour, and where somebody has written since the hour was summed up.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


class Grain(StrEnum):
    """What is read."""

    ROWS = "rows"
    HOURS = "hours"
    DAYS = "days"
    #: Rows that were read beforehand, once for all questions (lib/usage/fresh.py): no statement asks for them again.
    FRESH = "fresh"


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment to another one, as part of a bucket."""

    grain: Grain
    bucket: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Open:
    """What is not summed up: hours, and days of which an hour was summed up since, both by their first moment, UTC."""

    hours: Collection[datetime] = frozenset()
    days: Collection[datetime] = frozenset()
    #: Those of the hours whose rows were read beforehand.
    fresh: Collection[datetime] = frozenset()


def split(boundaries: Sequence[datetime], unsummed: Open, *, with_days: bool = True) -> list[Span]:
    """What to read for each bucket between two neighbours of `boundaries`, which rise.

    Without days all of it is in hours and rows, and rows are read an hour at a time: for whoever asks about hours, for
    what is read of rows stands at the first moment of its span. So does what is fresh, always.
    """
    hours, fresh = sorted(unsummed.hours), frozenset(unsummed.fresh)
    days = sorted({*unsummed.days, *(_floor(hour, _DAY) for hour in hours)})
    spans: list[Span] = []
    for bucket, (start, end) in enumerate(pairwise(boundaries)):
        for found, from_, to in _split(start, end, hours, days if with_days else None):
            grain = Grain.FRESH if found is Grain.ROWS and from_ in fresh and to == from_ + _HOUR else found
            last = spans[-1] if spans else None
            joins = grain is not Grain.FRESH and (with_days or grain is not Grain.ROWS)
            if joins and last and (last.grain, last.bucket, last.ends_at) == (grain, bucket, from_):
                spans[-1] = Span(grain, bucket, last.starts_at, to)
            else:
                spans.append(Span(grain, bucket, from_, to))
    return spans


def stretches(spans: Sequence[Span]) -> list[tuple[datetime, datetime]]:
    """From when to when they go without a gap, whatever their buckets. The spans rise."""
    found: list[tuple[datetime, datetime]] = []
    for span in spans:
        if found and found[-1][1] == span.starts_at:
            found[-1] = (found[-1][0], span.ends_at)
        else:
            found.append((span.starts_at, span.ends_at))
    return found


def _split(
    start: datetime, end: datetime, hours: Sequence[datetime], days: Sequence[datetime] | None
) -> Iterator[tuple[Grain, datetime, datetime]]:
    """In the order of time, without gap or overlap; from one mark to the next, for a year has thousands of hours."""
    at, last_day, last_hour = start, _floor(end, _DAY), _floor(end, _HOUR)
    while at < end:
        midnight = _floor(at, _DAY)
        if days is not None and at == midnight < last_day and not _is_in(days, at):
            grain, to = Grain.DAYS, _next(days, at, last_day)
        elif at == _floor(at, _HOUR) < last_hour and not _is_in(hours, at):
            grain, to = Grain.HOURS, _next(hours, at, last_hour if days is None else min(last_hour, midnight + _DAY))
        else:
            grain, to = Grain.ROWS, min(end, _floor(at, _HOUR) + _HOUR)
        yield grain, at, to
        at = to


def _is_in(marks: Sequence[datetime], moment: datetime) -> bool:
    place = bisect_left(marks, moment)
    return place < len(marks) and marks[place] == moment


def _next(marks: Sequence[datetime], after: datetime, latest: datetime) -> datetime:
    """The next mark, or the latest moment where none is before it."""
    place = bisect_right(marks, after)
    return min(marks[place], latest) if place < len(marks) else latest


def _floor(moment: datetime, step: timedelta) -> datetime:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return moment - (moment - epoch) % step
