"""Which moments are read from which sums, so that each call is counted once.

A stretch of time is put together of whole days, of whole hours, and of the rows themselves: where it begins or ends
within an hour, and where somebody has written since the hour was summed up.
"""

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


def split(boundaries: Sequence[datetime], unsummed: Open, *, with_days: bool = True) -> list[Span]:
    """What to read for each bucket between two neighbours of `boundaries`, which rise.

    Without days all of it is in hours and rows, and rows are read an hour at a time: for whoever asks about hours, for
    what is read of rows stands at the first moment of its span.
    """
    hours = frozenset(unsummed.hours)
    days = frozenset(unsummed.days) | {_floor(hour, _DAY) for hour in hours}
    spans: list[Span] = []
    for bucket, (start, end) in enumerate(pairwise(boundaries)):
        for grain, from_, to in _split(start, end, hours, days if with_days else None):
            last = spans[-1] if spans else None
            joins = with_days or grain is not Grain.ROWS
            if joins and last and (last.grain, last.bucket, last.ends_at) == (grain, bucket, from_):
                spans[-1] = Span(grain, bucket, last.starts_at, to)
            else:
                spans.append(Span(grain, bucket, from_, to))
    return spans


def _split(
    start: datetime, end: datetime, hours: frozenset[datetime], days: frozenset[datetime] | None
) -> Iterator[tuple[Grain, datetime, datetime]]:
    """In the order of time, without gap or overlap."""
    at = start
    while at < end:
        if days is not None and at == _floor(at, _DAY) and at + _DAY <= end and at not in days:
            grain, to = Grain.DAYS, at + _DAY
        elif at == _floor(at, _HOUR) and at + _HOUR <= end and at not in hours:
            grain, to = Grain.HOURS, at + _HOUR
        else:
            grain, to = Grain.ROWS, min(end, _floor(at, _HOUR) + _HOUR)
        yield grain, at, to
        at = to


def _floor(moment: datetime, step: timedelta) -> datetime:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return moment - (moment - epoch) % step
