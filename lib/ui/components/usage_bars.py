"""The bars of a period: what each is called, which are drawn, and from when to when each is."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from lib import clock
from lib.ui import words
from lib.usage.periods import Period, Unit
from lib.usage.views import UsageReport

#: So many words fit below a chart of half a page, and of a third.
TICKS_OF_HALF, TICKS_OF_THIRD = 6, 4
#: With fewer bars the last one is drawn though it is not over: there would be nothing else.
_FEWEST: Final = 3


@dataclass(frozen=True, slots=True)
class Bars:
    """All bars of a period, by number."""

    period: Period
    labels: Sequence[str]
    boundaries: Sequence[datetime]
    #: How many of them are drawn: the last one is not while it goes on, for it would look like a fall.
    drawn: int

    @property
    def shown(self) -> Sequence[str]:
        """What those are called that are drawn."""
        return self.labels[: self.drawn]

    @property
    def open_one(self) -> int | None:
        """Which of them goes on: of a day that does those of its other hours are over, or have not begun."""
        return _find_open(self.boundaries)

    def axis(self, *, ticks: int) -> dict[str, Any]:
        """The axis below a chart with room for so many words."""
        step = max(1, -(-self.drawn // ticks))
        short = [label.removesuffix(" (2)") for label in self.shown[::step]]
        return {"type": "category", "tickmode": "array", "tickvals": self.shown[::step], "ticktext": short}

    def number(self, label: object) -> int | None:
        """Which bar is called so."""
        return self.labels.index(label) if label in self.labels else None

    def span(self, number: int) -> tuple[datetime, datetime]:
        """Its first moment, and the first one after it."""
        return self.boundaries[number], self.boundaries[number + 1]


def bars_of(report: UsageReport) -> Bars:
    """The bars of what was read."""
    period = report.period
    labels = _distinct([_label(period, start) for start in report.starts])
    boundaries = [*report.starts, period.ends_at]
    count = len(labels)
    is_open = _find_open(boundaries) == count - 1
    has_before = any(figures.calls for figures in report.bars[:-1])
    return Bars(period, labels, boundaries, count - 1 if is_open and has_before and count >= _FEWEST else count)


def say_unit(period: Period) -> str:
    """What one bar stands for: "day"."""
    return str(period.unit)


def _find_open(boundaries: Sequence[datetime]) -> int | None:
    number = bisect_right(boundaries, clock.now()) - 1
    return number if 0 <= number < len(boundaries) - 1 else None


def _label(period: Period, start: datetime) -> str:
    local = start.astimezone(clock.find_zone(period.zone))
    day = words.day_of_year(local)
    if period.unit is Unit.HOUR:
        hour = words.minute(start, zone=period.zone)
        return hour if period.days == 1 else f"{day} {hour}"
    return words.month_of_year(local) if period.unit is Unit.MONTH else day


def _distinct(labels: Sequence[str]) -> list[str]:
    """An hour that a clock which is set back shows twice is two bars."""
    found: list[str] = []
    for label in labels:
        found.append(f"{label} (2)" if label in found else label)
    return found
