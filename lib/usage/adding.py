"""What calls add up to, from sums, from rows, and from what of these was read beforehand."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from lib import clock
from lib.usage import queries
from lib.usage.fresh import Fresh, FreshCell
from lib.usage.spans import Span
from lib.usage.summing.queries import Chosen, figures_of, key_of
from lib.usage.views import Dimension, Figures, Key

#: By bar and key; None where it is not by that.
Place = tuple[int | None, Key]
_NOTHING: Final = Figures()


@dataclass(frozen=True, slots=True, kw_only=True)
class Adding:
    """Whose calls, and which of them."""

    session: Session
    organization_id: UUID
    chosen: Chosen
    is_model: bool
    fresh: Fresh

    def figures(
        self, spans: Sequence[Span], *, by: Dimension | None = None, by_bucket: bool = False
    ) -> Mapping[Place, Figures]:
        """What has been called; nothing of what has not."""
        rows = queries.sum_calls(self.session, self.organization_id, spans, by=by, by_bucket=by_bucket, **self._what)
        found = {_place(row, by, by_bucket=by_bucket): figures_of(row) for row in rows}
        for place, cell in self._fresh(spans, by, by_bucket=by_bucket):
            found[place] = found.get(place, _NOTHING) + cell.figures
        return found

    def latencies(
        self, spans: Sequence[Span], *, by: Dimension | None = None, by_bucket: bool = False
    ) -> Mapping[Place, Counter[int]]:
        """How long calls took, as counts by bucket of the histogram."""
        rows = queries.count_latencies(
            self.session, self.organization_id, spans, by=by, by_bucket=by_bucket, **self._what
        )
        counted: defaultdict[Place, Counter[int]] = defaultdict(Counter)
        for row in rows:
            counted[_place(row, by, by_bucket=by_bucket)][row.latency] = int(row.timed)
        for place, cell in self._fresh(spans, by, by_bucket=by_bucket):
            counted[place].update(cell.latencies)
        return counted

    def hours_of_week(self, spans: Sequence[Span], zone: str) -> Mapping[tuple[int, int], Figures]:
        """By weekday, of which 0 is Monday, and hour on the wall there; the spans have no days."""
        rows = queries.sum_by_hour_of_week(self.session, self.organization_id, spans, zone=zone, **self._what)
        found = {(row.weekday, row.hour): figures_of(row) for row in rows}
        for _, cell in self.fresh.find(spans, self.chosen):
            local = cell.hour.astimezone(clock.find_zone(zone))
            place = (local.weekday(), local.hour)
            found[place] = found.get(place, _NOTHING) + cell.figures
        return found

    def keys(self, spans: Sequence[Span], by: Dimension) -> Sequence[Key]:
        """All keys, whatever is chosen: the most expensive first, where two cost the same the one with more calls."""
        rows = queries.rank_keys(self.session, self.organization_id, spans, by, is_model=self.is_model)
        spent: dict[Key, tuple[Any, int]] = {key_of(row, by): (row.cost_usd, row.calls) for row in rows}
        for _, cell in self.fresh.find(spans, {}):
            cost, calls = spent.get(cell.keys[by], (0, 0))
            spent[cell.keys[by]] = (cost + cell.figures.cost_usd, calls + cell.figures.calls)
        return sorted(spent, key=spent.__getitem__, reverse=True)

    def _fresh(
        self, spans: Sequence[Span], by: Dimension | None, *, by_bucket: bool
    ) -> Iterator[tuple[Place, FreshCell]]:
        for span, cell in self.fresh.find(spans, self.chosen):
            yield (span.bucket if by_bucket else None, cell.keys[by] if by else None), cell

    @property
    def _what(self) -> dict[str, Any]:
        return {"chosen": self.chosen, "is_model": self.is_model}


def _place(row: Row[*tuple[Any, ...]], by: Dimension | None, *, by_bucket: bool) -> Place:
    return (row.bucket if by_bucket else None, key_of(row, by) if by else None)
