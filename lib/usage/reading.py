"""One question of usage, answered within one moment of the database."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from lib.usage import queries
from lib.usage.adding import Adding
from lib.usage.course import Course, numbers_within, parts_of
from lib.usage.endpoints import say_endpoint
from lib.usage.forecast import LOOKS_BACK_DAYS
from lib.usage.fresh import MOST_HOURS, Fresh
from lib.usage.histogram import latency_of
from lib.usage.periods import Period, last_days
from lib.usage.spans import Open, Span, split
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
_BARS_AT_ONCE: Final = 7
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
    #: What was called in the hours of it that are fresh.
    fresh: Fresh = field(default_factory=Fresh)
    #: What keys are called, as far as anybody asked.
    named: dict[Dimension, dict[Key, str]] = field(default_factory=lambda: defaultdict(dict))

    def report(self) -> UsageReport:
        """Figures and latencies of the whole period and of each bar."""
        return self.course(self.query.period).report(self.query.period)

    def course(self, *reported: Period, forecast_from: Period | None = None) -> Course:
        """What periods that are reported, and the days by which a forecast is made, have in common is read once."""
        summed = [*reported, *([forecast_from] if forecast_from else [])]
        parts = parts_of(summed)
        of_any, told = numbers_within(parts, summed), numbers_within(parts, reported)
        unsummed = self.known or self._read_open(*summed)
        spans = [span for span in split(parts, unsummed) if span.bucket in of_any]
        figures = self._adding.figures(spans, by_bucket=True)
        timed = self._adding.latencies([span for span in spans if span.bucket in told], by_bucket=True)
        runs = None
        if not set(self.query.chosen) - set(NAMED_BY_ID):
            stretches = {number: (parts[number], parts[number + 1]) for number in sorted(told)}
            runs = queries.count_runs(self.session, self.organization_id, stretches, chosen=self.query.chosen)
        return Course(
            parts=parts,
            figures={part: found for (part, _), found in figures.items() if part is not None},
            latencies={part: found for (part, _), found in timed.items() if part is not None},
            runs=runs,
        )

    def series(self, by: Dimension, *, with_latency: bool = False) -> Sequence[Series]:
        """Each key bar by bar, the most expensive first; those beyond `MOST_SERIES` together, last."""
        bars: defaultdict[Key, dict[int | None, Figures]] = defaultdict(dict)
        for (bar, key), figures in self._adding.figures(self._by_bar, by=by, by_bucket=True).items():
            bars[key][bar] = figures
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
        counted = self._adding.latencies(self._by_bar, by=by, by_bucket=True)
        bars = range(len(self.query.period.starts()))
        return [
            [latency_of(sum((counted[bar, key] for key in keys if (bar, key) in counted), Counter())) for bar in bars]
            for keys in groups
        ]

    def shares(self, by: Dimension, *, with_latency: bool = True) -> Sequence[Share]:
        """Each key in the whole period, the most expensive first; with how long its calls took, which takes longer."""
        latencies = self._adding.latencies(self._as_one, by=by) if with_latency else {}
        summed = self._adding.figures(self._as_one, by=by)
        found = sorted(((key, figures) for (_, key), figures in summed.items()), key=lambda item: _rank(item[1]))
        names = self._names(by, [key for key, _ in found])
        return [Share(key, names[key], figures, latency_of(latencies.get((None, key), {}))) for key, figures in found]

    def choices(self, by: Dimension) -> Mapping[Key, str]:
        """What the period's calls can be narrowed to, whatever they are narrowed to, and that too."""
        keys = self._adding.keys(self._as_one, by)
        return self._names(by, [*dict.fromkeys([*keys, *self.query.chosen.get(by, ())])])

    def chosen_names(self) -> Mapping[Dimension, Mapping[Key, str]]:
        """What those are called that it is narrowed to."""
        return {by: self._names(by, [*keys]) for by, keys in self.query.chosen.items()}

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

    def cells(self, by: Dimension) -> Iterator[Sequence[Cell]]:
        """Each key's figures in each bar that has any, in the order of time, then the most expensive first.

        They come a few bars at a time: those of thousands of projects in all bars are too many to be held at once.
        """
        bars = range(len(self.query.period.starts()))
        for first in bars[::_BARS_AT_ONCE]:
            among = bars[first : first + _BARS_AT_ONCE]
            yield self._cells(by, [span for span in self._by_bar if span.bucket in among])

    def _cells(self, by: Dimension, spans: Sequence[Span]) -> Sequence[Cell]:
        latencies = self._adding.latencies(spans, by=by, by_bucket=True)
        summed = self._adding.figures(spans, by=by, by_bucket=True)
        found = [(bar, key, figures) for (bar, key), figures in summed.items() if bar is not None]
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
        found = self._adding.hours_of_week(spans, period.zone)
        return [HeatCell(weekday, hour, figures) for (weekday, hour), figures in found.items()]

    def knowing(self, *periods: Period) -> "Reading":
        """The same question, knowing what is not summed up in its own period and these, and the newest rows of it."""
        known = self._read_open(self.query.period, *periods)
        hours = sorted(known.hours)[-MOST_HOURS:]
        cells = queries.read_fresh(self.session, self.organization_id, hours, is_model=self.query.is_model)
        return replace(self, known=replace(known, fresh=hours), fresh=Fresh(cells))

    @cached_property
    def _unsummed(self) -> Open:
        return self.known or self._read_open(self.query.period)

    def _read_open(self, *periods: Period) -> Open:
        starts_at = min(period.starts_at for period in periods)
        ends_at = max(period.ends_at for period in periods)
        return queries.read_open(self.session, self.organization_id, starts_at, ends_at)

    @cached_property
    def _by_bar(self) -> Sequence[Span]:
        return split(self.query.period.boundaries(), self._unsummed)

    @cached_property
    def _as_one(self) -> Sequence[Span]:
        """Where no bar is told from another, all days are one span, and one reach into the index."""
        return split([self.query.period.starts_at, self.query.period.ends_at], self._unsummed)

    @property
    def _adding(self) -> Adding:
        return Adding(
            session=self.session,
            organization_id=self.organization_id,
            chosen=self.query.chosen,
            is_model=self.query.is_model,
            fresh=self.fresh,
        )

    def _names(self, by: Dimension, keys: Sequence[Key]) -> Mapping[Key, str]:
        known = self.named[by]
        missing = [key for key in keys if key not in known]
        if missing:
            known.update(name_keys(self.session, by, missing))
        return {key: known[key] for key in keys}


def days_before(today: date, zone: str) -> Period:
    """The days by which a forecast is made, and today."""
    return last_days(LOOKS_BACK_DAYS + 1, today, zone)


def name_keys(session: Session, by: Dimension, keys: Sequence[Key]) -> Mapping[Key, str]:
    """What the keys are called, as far as the reader sees them."""
    if by in NAMED_BY_ID:
        known = queries.list_names(session, by, [key for key in keys if isinstance(key, UUID)])
        return {key: known.get(key, GONE) if isinstance(key, UUID) else _NONE[by] for key in keys}
    say = say_endpoint if by is Dimension.ENDPOINT else str
    return {key: _NONE[by] if key is None else say(str(key)) for key in keys}


def _rank(figures: Figures) -> tuple[Decimal, int]:
    """Rises from the most expensive on; of what costs nothing, from the most used on."""
    return -figures.cost_usd, -figures.calls
