"""Several periods in one: those that are compared, and the days that a forecast is made from, overlap."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

from lib.usage.histogram import latency_of
from lib.usage.periods import Period
from lib.usage.views import Figures, UsageReport


def parts_of(periods: Sequence[Period]) -> Sequence[datetime]:
    """The moments at which a bar of any of them begins or ends, rising."""
    return sorted({moment for period in periods for moment in period.boundaries()})


def numbers_within(parts: Sequence[datetime], periods: Sequence[Period]) -> frozenset[int]:
    """Which parts, by number, are of any of these periods."""
    return frozenset(
        number
        for period in periods
        for number in range(bisect_left(parts, period.starts_at), bisect_left(parts, period.ends_at))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What was called in each part, by number: from a moment of `parts` to the next one."""

    parts: Sequence[datetime]
    figures: Mapping[int, Figures]
    latencies: Mapping[int, Counter[int]]
    #: None where runs can't be told apart.
    runs: Mapping[int, int] | None

    def report(self, period: Period) -> UsageReport:
        """Figures and latencies of a whole period and of each of its bars."""
        bars = self._bars(period)
        figures = [sum((self.figures[part] for part in bar if part in self.figures), Figures()) for bar in bars]
        timed = [sum((self.latencies[part] for part in bar if part in self.latencies), Counter()) for bar in bars]
        runs = self.runs
        return UsageReport(
            period=period,
            starts=period.starts(),
            total=sum(figures, Figures()),
            latency=latency_of(sum(timed, Counter())),
            bars=figures,
            latency_bars=[latency_of(each) for each in timed],
            runs=() if runs is None else [sum(runs.get(part, 0) for part in bar) for bar in bars],
        )

    def costs(self, period: Period) -> Sequence[tuple[date, Decimal]]:
        """What each day of a period has cost that is drawn by the day."""
        found = [[self.figures[part].cost_usd for part in bar if part in self.figures] for bar in self._bars(period)]
        return [(day, sum(costs, Decimal(0))) for day, costs in zip(period.bar_days(), found, strict=True)]

    def _bars(self, period: Period) -> Sequence[range]:
        places = [bisect_left(self.parts, moment) for moment in period.boundaries()]
        return [range(first, after) for first, after in pairwise(places)]
