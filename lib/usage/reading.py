"""One question of usage, answered within one moment of the database."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from lib.usage import queries
from lib.usage.forecast import LOOKS_BACK_DAYS
from lib.usage.histogram import latency_of
from lib.usage.periods import Period, last_days
from lib.usage.spans import Open, Span, split
from lib.usage.summing.queries import KEYS, MEASURES
from lib.usage.views import (
    NAMED_BY_ID,
    Cell,
    Dimension,
    Figures,
    HeatCell,
    Key,
    Latency,
    Series,
    Share,
    UsageQuery,
    UsageReport,
)

#: What bars are stacked of at most: more colours can't be told apart. The others are one.
MOST_SERIES: Final = 6
OTHERS: Final = "Others"
#: What calls without a key are called.
_NONE: Final = {
    Dimension.PROJECT: "No project",
    Dimension.PERSON: "Nobody",
    Dimension.TEMPLATE: "No template",
    Dimension.MODEL: "No model",
    Dimension.ENDPOINT: "No endpoint",
    Dimension.ERROR: "Succeeded",
}
#: What those are called that the reader does not see.
GONE: Final = "Not there any more"


@dataclass(frozen=True)
class Reading:
    """A question, and the transaction in which it is answered."""

    session: Session
    organization_id: UUID
    query: UsageQuery
    #: What is not summed up, where that has been read already for all of the period.
    known: Open | None = None

    def report(self) -> UsageReport:
        """Figures and latencies of the whole period and of each bar."""
        period = self.query.period
        figures: dict[int, Figures] = {row.bucket: _figures(row) for row in self._sum(by_bucket=True)}
        latencies = self._latencies(by_bucket=True)
        starts = period.starts()
        return UsageReport(
            period=period,
            starts=starts,
            total=sum(figures.values(), Figures()),
            latency=latency_of(sum(latencies.values(), Counter())),
            bars=[figures.get(bucket, Figures()) for bucket in range(len(starts))],
            latency_bars=[latency_of(latencies[bucket, None]) for bucket in range(len(starts))],
            runs=self._count_runs(),
        )

    def series(self, by: Dimension, *, with_latency: bool = False) -> Sequence[Series]:
        """Each key bar by bar, the most expensive first; those beyond `MOST_SERIES` together, last."""
        bars: defaultdict[Key, dict[int, Figures]] = defaultdict(dict)
        for row in self._sum(by=by, by_bucket=True):
            bars[_key(row, by)][row.bucket] = _figures(row)
        count = len(self.query.period.starts())
        found = sorted(bars.items(), key=lambda item: _rank(sum(item[1].values(), Figures())))
        named, others = found[:MOST_SERIES], found[MOST_SERIES:]
        names = self._names(by, [key for key, _ in named])
        series = [
            Series(key, names[key], [own.get(bucket, Figures()) for bucket in range(count)]) for key, own in named
        ]
        if others:
            rest = [sum((own.get(bucket, Figures()) for _, own in others), Figures()) for bucket in range(count)]
            series.append(Series(None, OTHERS, rest, count=len(others)))
        if with_latency:
            groups = [[key] for key, _ in named] + ([[key for key, _ in others]] if others else [])
            timed = self._time_bars(by, groups)
            series = [replace(one, latency_bars=bars) for one, bars in zip(series, timed, strict=True)]
        return series

    def _time_bars(self, by: Dimension, groups: Sequence[Sequence[Key]]) -> Sequence[Sequence[Latency]]:
        """How long the calls of each group of keys took, bar by bar."""
        counted = self._latencies(by=by, by_bucket=True)
        bars = range(len(self.query.period.starts()))
        return [
            [latency_of(sum((counted[bar, key] for key in keys if (bar, key) in counted), Counter())) for bar in bars]
            for keys in groups
        ]

    def shares(self, by: Dimension, *, with_latency: bool = True) -> Sequence[Share]:
        """Each key in the whole period, the most expensive first; with how long its calls took, which takes longer."""
        latencies = self._latencies(by=by) if with_latency else {}
        found = sorted(((_key(row, by), _figures(row)) for row in self._sum(by=by)), key=lambda item: _rank(item[1]))
        names = self._names(by, [key for key, _ in found])
        return [Share(key, names[key], figures, latency_of(latencies.get((None, key), {}))) for key, figures in found]

    def choices(self, dimensions: Sequence[Dimension]) -> Mapping[Dimension, Mapping[Key, str]]:
        """What the period's calls can be narrowed to by each of these, whatever they are narrowed to, and that too."""
        found = queries.list_keys(
            self.session, self.organization_id, self._span(by_bucket=False), dimensions, is_model=self.query.is_model
        )
        return {
            by: self._names(by, [*dict.fromkeys([*(_key(row, by) for row in rows), *self.query.chosen.get(by, ())])])
            for by, rows in found.items()
        }

    def without_unknown(self) -> tuple["Reading", Sequence[Dimension]]:
        """The same question without projects, people and templates that the reader can't see, and what of these."""
        kept, left_out = {}, []
        for by, keys in self.query.chosen.items():
            known = keys
            if by in NAMED_BY_ID:
                ids = [key for key in keys if isinstance(key, UUID)]
                known = keys & {None, *queries.list_names(self.session, by, ids)}
            left_out += [by] if known != keys else []
            if known:
                kept[by] = known
        return replace(self, query=replace(self.query, chosen=kept)), left_out

    def costs_of_days(self, today: date) -> Sequence[tuple[date, Decimal]]:
        """What each of the last days has cost, whatever the period."""
        period = days_before(today, self.query.period.zone)
        asked = replace(self, query=replace(self.query, period=period))
        found = {row.bucket: row.cost_usd for row in asked._sum(by_bucket=True)}
        return [(day, Decimal(found.get(bucket, 0))) for bucket, day in enumerate(period.bar_days())]

    def _count_runs(self) -> Sequence[int]:
        if set(self.query.chosen) - set(NAMED_BY_ID):
            return ()
        boundaries = self.query.period.boundaries()
        counted = queries.count_runs(self.session, self.organization_id, boundaries, chosen=self.query.chosen)
        return [counted.get(bar, 0) for bar in range(len(boundaries) - 1)]

    def cells(self, by: Dimension) -> Sequence[Cell]:
        """Each key's figures in each bar that has any, in the order of time, then the most expensive first."""
        latencies = self._latencies(by=by, by_bucket=True)
        found = [(row.bucket, _key(row, by), _figures(row)) for row in self._sum(by=by, by_bucket=True)]
        found.sort(key=lambda each: (each[0], _rank(each[2])))
        names = self._names(by, [*dict.fromkeys(key for _, key, _ in found)])
        bounds = self.query.period.boundaries()
        return [
            Cell(bounds[bar], bounds[bar + 1], key, names[key], figures, latency_of(latencies[bar, key]))
            for bar, key, figures in found
        ]

    def hours_of_week(self) -> Sequence[HeatCell]:
        """Calls by weekday and hour of the reader's zone. One half of an hour off counts where its hour begins."""
        period = self.query.period
        spans = split([period.starts_at, period.ends_at], self._unsummed, with_days=False)
        rows = queries.sum_by_hour_of_week(self.session, self.organization_id, spans, zone=period.zone, **self._what)
        return [HeatCell(row.weekday, row.hour, _figures(row)) for row in rows]

    def before(self) -> "Reading":
        """The same question of the period before."""
        return replace(self, query=replace(self.query, period=self.query.period.before()))

    def knowing(self, *periods: Period) -> "Reading":
        """The same question, knowing what is not summed up in its own period and in these."""
        return replace(self, known=self._read_open(self.query.period, *periods))

    @cached_property
    def _unsummed(self) -> Open:
        return self.known or self._read_open(self.query.period)

    def _read_open(self, *periods: Period) -> Open:
        starts_at = min(period.starts_at for period in periods)
        ends_at = max(period.ends_at for period in periods)
        return queries.read_open(self.session, self.organization_id, starts_at, ends_at)

    def _span(self, *, by_bucket: bool) -> Sequence[Span]:
        """What to read. Where no bar is told from another, all days are one span, and one reach into the index."""
        return self._by_bar if by_bucket else self._as_one

    @cached_property
    def _by_bar(self) -> Sequence[Span]:
        return split(self.query.period.boundaries(), self._unsummed)

    @cached_property
    def _as_one(self) -> Sequence[Span]:
        return split([self.query.period.starts_at, self.query.period.ends_at], self._unsummed)

    def _sum(self, *, by: Dimension | None = None, by_bucket: bool = False) -> Sequence[Row[*tuple[Any, ...]]]:
        return queries.sum_calls(
            self.session,
            self.organization_id,
            self._span(by_bucket=by_bucket),
            by=by,
            by_bucket=by_bucket,
            **self._what,
        )

    def _latencies(
        self, *, by: Dimension | None = None, by_bucket: bool = False
    ) -> Mapping[tuple[int | None, Key], Counter[int]]:
        """How long calls took, as counts by bucket of the histogram: of each bar and key, None where not by that."""
        rows = queries.count_latencies(
            self.session,
            self.organization_id,
            self._span(by_bucket=by_bucket),
            by=by,
            by_bucket=by_bucket,
            **self._what,
        )
        counted: defaultdict[tuple[int | None, Key], Counter[int]] = defaultdict(Counter)
        for row in rows:
            counted[row.bucket if by_bucket else None, _key(row, by) if by else None][row.latency] += row.timed
        return counted

    @property
    def _what(self) -> dict[str, Any]:
        return {"chosen": self.query.chosen, "is_model": self.query.is_model}

    def _names(self, by: Dimension, keys: Sequence[Key]) -> Mapping[Key, str]:
        return name_keys(self.session, by, keys)


def days_before(today: date, zone: str) -> Period:
    """The days by which a forecast is made, and today."""
    return last_days(LOOKS_BACK_DAYS + 1, today, zone)


def name_keys(session: Session, by: Dimension, keys: Sequence[Key]) -> Mapping[Key, str]:
    """What the keys are called, as far as the reader sees them."""
    if by in NAMED_BY_ID:
        known = queries.list_names(session, by, [key for key in keys if isinstance(key, UUID)])
        return {key: known.get(key, GONE) if isinstance(key, UUID) else _NONE[by] for key in keys}
    return {key: _NONE[by] if key is None else str(key) for key in keys}


def _key(row: Row[*tuple[Any, ...]], by: Dimension) -> Key:
    parts = [getattr(row, name) for name in KEYS[by]]
    if len(parts) == 1:
        key: Key = parts[0]
        return key
    return ":".join(map(str, parts)) if all(parts) else None


def _figures(row: Row[*tuple[Any, ...]]) -> Figures:
    found = {name: getattr(row, name) for name in MEASURES}
    counts = {name: int(value) for name, value in found.items() if name != "cost_usd"}
    return Figures(cost_usd=Decimal(found["cost_usd"]), **counts)


def _rank(figures: Figures) -> tuple[Decimal, int]:
    """Rises from the most expensive on; of what costs nothing, from the most used on."""
    return -figures.cost_usd, -figures.calls
