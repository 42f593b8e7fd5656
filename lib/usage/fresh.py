"""The calls of hours that are not summed up, read once for all that a page asks.

Every range that goes on to this day has such an hour in it, and every question about it would sum up the same rows.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lib.usage.spans import Grain, Span
from lib.usage.views import Dimension, Figures, Key

#: The hour that goes on, and the one before until a worker has summed it up. Of more that wait, as where no worker was
#: there for days, each question reads the older ones itself: they are more than what a page puts together in memory.
MOST_HOURS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshCell:
    """Calls of an hour that are alike in everything by which calls can be told apart."""

    hour: datetime
    keys: Mapping[Dimension, Key]
    figures: Figures
    #: How many of them took how long, by bucket of the histogram.
    latencies: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Fresh:
    """All calls of these hours; of none where nobody has read them beforehand."""

    cells: Sequence[FreshCell] = ()

    def find(
        self, spans: Sequence[Span], chosen: Mapping[Dimension, Collection[Key]]
    ) -> Iterator[tuple[Span, FreshCell]]:
        """Those of what is chosen in the spans that are fresh."""
        within = {span.starts_at: span for span in spans if span.grain is Grain.FRESH}
        for cell in self.cells if within else ():
            span = within.get(cell.hour)
            if span and all(cell.keys[by] in keys for by, keys in chosen.items()):
                yield span, cell
