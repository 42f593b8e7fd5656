"""What docs/operate.md promises of a line of cron around a change of clocks, read off a clock minute by minute."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

MINUTE: Final = timedelta(minutes=1)
FIVE_MINUTES: Final = timedelta(minutes=5)
#: Half an hour is what Lord Howe Island changes by, two hours what Troll does, and Havana changes at midnight.
ZONES: Final = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "UTC",
    "America/Havana",
    "Antarctica/Troll",
)
_BEGIN, _END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
#: What is read around a change. A line whose times are nearer than five minutes is not let through.
READ: Final = timedelta(hours=40)


@dataclass(frozen=True)
class Line:
    """A line of cron, and what its fields are."""

    cron: str
    minutes: frozenset[int]
    hours: frozenset[int]
    #: As cron counts them: Sunday is 0.
    weekdays: frozenset[int]

    @property
    def is_too_often(self) -> bool:
        """Two of its times are nearer than five minutes, on a day or around midnight."""
        of_a_day = sorted(hour * 60 + minute for hour in self.hours for minute in self.minutes)
        has_two_days = any((day + 1) % 7 in self.weekdays for day in self.weekdays)
        around = [*of_a_day, of_a_day[0] + 24 * 60] if has_two_days else of_a_day
        return any(later - earlier < 5 for earlier, later in pairwise(around))

    def says(self, shown: datetime) -> bool:
        """Whether it names what a clock shows."""
        is_time = shown.hour in self.hours and shown.minute in self.minutes
        return is_time and shown.isoweekday() % 7 in self.weekdays


@lru_cache
def changes(zone: str) -> tuple[datetime, ...]:
    """The moments at which that zone's clocks change; some day of one whose clocks never do."""
    hours = [_BEGIN + timedelta(hours=n) for n in range(int((_END - _BEGIN) / timedelta(hours=1)))]
    offsets = [hour.astimezone(ZoneInfo(zone)).utcoffset() for hour in hours]
    found = [_find_change(hours[n], zone) for n in range(len(hours) - 1) if offsets[n] != offsets[n + 1]]
    return tuple(found) or (datetime(2026, 5, 4, tzinfo=UTC),)


def _find_change(hour: datetime, zone: str) -> datetime:
    here = ZoneInfo(zone)
    before = hour.astimezone(here).utcoffset()
    return next(time for n in range(61) if (time := hour + n * MINUTE).astimezone(here).utcoffset() != before)


@lru_cache
def _clock(zone: str, change: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """Each minute around a change, and what the clock on the wall shows then."""
    here, begin = ZoneInfo(zone), change - READ
    minutes = [begin + n * MINUTE for n in range(int(2 * READ / MINUTE))]
    return tuple((time, time.astimezone(here).replace(tzinfo=None, fold=0)) for time in minutes)


def promised(line: Line, zone: str, change: datetime) -> list[datetime]:
    """The times of a line around a change, in UTC."""
    if len(line.hours) == 24:
        times = [time for time, shown in _clock(zone, change) if line.says(shown)]
    else:
        times = sorted({time for shown, time in _first_shown(zone, change) if line.says(shown)})
    return list(_without_near_ones(times))


@lru_cache
def _first_shown(zone: str, change: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """Each minute on a clock that never changes, and when it is shown first; the end of the gap where it never is."""
    clock = _clock(zone, change)
    first_shown = {shown: time for time, shown in reversed(clock)}
    begin, end = clock[0][1], clock[-1][1]
    minutes = [begin + n * MINUTE for n in range(int((end - begin) / MINUTE) + 1)]
    return tuple((shown, first_shown.get(shown, change)) for shown in minutes)


def _without_near_ones(times: list[datetime]) -> Iterator[datetime]:
    kept = _BEGIN
    for time in times:
        if time - kept >= FIVE_MINUTES:
            kept = time
            yield time


def _listed(numbers: frozenset[int]) -> tuple[str, frozenset[int]]:
    return ",".join(map(str, sorted(numbers))), numbers


_EVERY_HOUR: Final = frozenset(range(24))
_MINUTES = st.one_of(
    st.frozensets(st.integers(0, 59), min_size=1, max_size=5).map(_listed),
    st.sampled_from([5, 7, 10, 15, 20, 30]).map(lambda n: (f"*/{n}", frozenset(range(0, 60, n)))),
    st.integers(0, 9).map(lambda n: (f"{n}-59/10", frozenset(range(n, 60, 10)))),
)
_HOURS = st.one_of(
    st.sampled_from(["*", "*/1", "0-23"]).map(lambda text: (text, _EVERY_HOUR)),
    st.frozensets(st.integers(0, 5), min_size=1, max_size=5).map(_listed),
    st.frozensets(st.integers(0, 23), min_size=1, max_size=5).map(_listed),
    st.sampled_from([2, 3, 6]).map(lambda n: (f"*/{n}", frozenset(range(0, 24, n)))),
    st.integers(0, 4).map(lambda n: (f"{n}-{n + 2}", frozenset(range(n, n + 3)))),
)
_WEEKDAYS = st.sampled_from([("*", frozenset(range(7))), ("0", frozenset({0})), ("1-6", frozenset(range(1, 7)))])


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """Any line, more of them of the hours at which clocks change."""
    (minute, minutes), (hour, hours), (weekday, weekdays) = draw(_MINUTES), draw(_HOURS), draw(_WEEKDAYS)
    return Line(f"{minute} {hour} * * {weekday}", minutes, hours, weekdays)


@st.composite
def around_changes(draw: st.DrawFn) -> tuple[str, datetime, datetime]:
    """A zone, a change of its clocks, and a moment of the hours around it."""
    zone = draw(st.sampled_from(ZONES))
    change = draw(st.sampled_from(changes(zone)))
    seconds = draw(st.integers(-5 * 3600, 5 * 3600))
    micros = draw(st.sampled_from([0, 0, 1, 999_999]))
    return zone, change, change + timedelta(seconds=seconds, microseconds=micros)
