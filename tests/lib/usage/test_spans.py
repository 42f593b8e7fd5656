"""Which moments are read from which sums."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lib.usage.spans import Grain, Open, split, stretches

DAY = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOTHING = Open()


def grains(*boundaries: datetime, unsummed: Open = NOTHING, with_days: bool = True) -> list[tuple[Grain, float, float]]:
    """Of each span the grain, and its hours since `DAY`."""
    found = split(boundaries, unsummed, with_days=with_days)
    return [(span.grain, (span.starts_at - DAY) / HOUR, (span.ends_at - DAY) / HOUR) for span in found]


def test_whole_days_are_read_as_days() -> None:
    assert grains(DAY, DAY + 72 * HOUR) == [(Grain.DAYS, 0, 72)]
    assert grains(DAY, DAY + 72 * HOUR, with_days=False) == [(Grain.HOURS, 0, 72)]


def test_day_of_another_zone_is_read_by_the_hour_and_its_edges_by_the_row() -> None:
    assert grains(DAY - 2 * HOUR, DAY + 22 * HOUR) == [(Grain.HOURS, -2, 22)]
    assert grains(DAY - 5.5 * HOUR, DAY + 42.5 * HOUR) == [
        (Grain.ROWS, -5.5, -5),
        (Grain.HOURS, -5, 0),
        (Grain.DAYS, 0, 24),
        (Grain.HOURS, 24, 42),
        (Grain.ROWS, 42, 42.5),
    ]


def test_what_is_not_summed_up_is_read_by_the_row_and_its_day_by_the_hour() -> None:
    unsummed = Open(hours={DAY + 26 * HOUR}, days={DAY + 48 * HOUR})
    assert grains(DAY, DAY + 96 * HOUR, unsummed=unsummed) == [
        (Grain.DAYS, 0, 24),
        (Grain.HOURS, 24, 26),
        (Grain.ROWS, 26, 27),
        (Grain.HOURS, 27, 72),
        (Grain.DAYS, 72, 96),
    ]


def test_hour_that_was_read_beforehand_stands_for_itself_and_only_whole() -> None:
    unsummed = Open(hours={DAY, DAY + HOUR, DAY + 2 * HOUR}, fresh={DAY, DAY + HOUR})
    assert grains(DAY, DAY + 4 * HOUR, unsummed=unsummed) == [
        (Grain.FRESH, 0, 1),
        (Grain.FRESH, 1, 2),
        (Grain.ROWS, 2, 3),
        (Grain.HOURS, 3, 4),
    ]
    assert grains(DAY + 0.5 * HOUR, DAY + 2 * HOUR, unsummed=unsummed) == [(Grain.ROWS, 0.5, 1), (Grain.FRESH, 1, 2)]


def test_stretches_go_on_over_bars_and_end_at_gaps() -> None:
    spans = split([DAY, DAY + 24 * HOUR, DAY + 48 * HOUR, DAY + 60 * HOUR], Open(days={DAY + 24 * HOUR}))
    assert stretches([span for span in spans if span.grain is Grain.DAYS]) == [(DAY, DAY + 24 * HOUR)]
    assert stretches([span for span in spans if span.grain is Grain.HOURS]) == [(DAY + 24 * HOUR, DAY + 60 * HOUR)]
    apart = split([DAY, DAY + 24 * HOUR, DAY + 26 * HOUR, DAY + 48 * HOUR], NOTHING)
    assert stretches([apart[0], apart[2]]) == [(DAY, DAY + 24 * HOUR), (DAY + 26 * HOUR, DAY + 48 * HOUR)]


@given(
    steps=st.lists(st.integers(1, 60 * 24 * 3), min_size=1, max_size=8),
    start=st.integers(0, 60 * 24),
    hours=st.sets(st.integers(0, 24 * 8)),
    days=st.sets(st.integers(0, 8)),
    fresh=st.integers(0, 3),
)
def test_every_moment_is_read_once_whatever_is_open(
    steps: list[int], start: int, hours: set[int], days: set[int], fresh: int
) -> None:
    boundaries = [DAY + timedelta(minutes=start)]
    for step in steps:
        boundaries.append(boundaries[-1] + timedelta(minutes=step))
    unsummed = Open(
        {DAY + each * HOUR for each in hours},
        {DAY + 24 * each * HOUR for each in days},
        {DAY + each * HOUR for each in sorted(hours)[:fresh]},
    )
    spans = split(boundaries, unsummed)
    assert spans[0].starts_at == boundaries[0]
    assert spans[-1].ends_at == boundaries[-1]
    for one, following in pairwise(spans):
        assert one.ends_at == following.starts_at
    for span in spans:
        assert boundaries[span.bucket] <= span.starts_at < span.ends_at <= boundaries[span.bucket + 1]
        if span.grain is Grain.FRESH:
            assert (span.starts_at in unsummed.fresh, span.ends_at - span.starts_at) == (True, HOUR)
            continue
        summed = {Grain.ROWS: timedelta(0), Grain.HOURS: HOUR, Grain.DAYS: 24 * HOUR}[span.grain]
        if not summed:
            continue
        assert (span.starts_at - DAY) % summed == (span.ends_at - DAY) % summed == timedelta(0)
        assert not any(span.starts_at <= hour < span.ends_at for hour in unsummed.hours)
        if span.grain is Grain.DAYS:
            assert not any(span.starts_at <= day < span.ends_at for day in unsummed.days)
