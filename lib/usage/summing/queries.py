"""Statements that sum up usage. Each is built once: what differs from one question to the next is bound to it.

To build one anew takes SQLAlchemy longer than PostgreSQL takes to answer it, and a page asks a dozen of them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    DateTime,
    FromClause,
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    extract,
    func,
    or_,
    select,
    true,
    union_all,
)

from lib.models.usage import Cut, UsageDaily, UsageHourly
from lib.usage.spans import Grain, Span
from lib.usage.views import NAMED_BY_ID, Dimension, Key

MEASURES: Final = ("calls", "failed_calls", "unpriced_calls", "prompt_tokens", "completion_tokens", "cost_usd")
#: The columns that name a key.
KEYS: Final[Mapping[Dimension, tuple[str, ...]]] = {
    Dimension.PROJECT: ("project_id",),
    Dimension.PERSON: ("user_id",),
    Dimension.TEMPLATE: ("template_id",),
    Dimension.MODEL: ("provider", "model"),
    Dimension.ENDPOINT: ("endpoint",),
    Dimension.ERROR: ("error_kind",),
}
ALL_KEYS: Final = tuple(name for names in KEYS.values() for name in names)
MOMENTS: Final[ARRAY[Any]] = ARRAY(DateTime(timezone=True))
#: What is looked at: dimension -> the keys that count.
Chosen = Mapping[Dimension, Collection[Key]]
_COLUMNS: Final = ("cut", "is_model", *ALL_KEYS, *MEASURES, "latency_buckets", "latency_calls")
_MOST_KEPT: Final = 512


@dataclass(frozen=True, slots=True)
class Shape:
    """What tells one statement from another."""

    #: From what it reads, in the order of `Grain`; at least one.
    grains: tuple[Grain, ...]
    cuts: tuple[Cut, ...]
    #: Columns by which it adds up: `bucket`, `cut`, those of keys.
    by: tuple[str, ...] = ()
    #: Dimensions in which only some keys count, and whether None is among these.
    narrowed: tuple[tuple[Dimension, bool], ...] = ()

    @classmethod
    def of(
        cls, spans: Sequence[Span], chosen: Chosen, *, by: Sequence[str] = (), cuts: Sequence[Cut] | None = None
    ) -> "Shape":
        """By default it reads the coarsest cut that tells apart what is chosen and by what it adds up."""
        found = {span.grain for span in spans}
        told_apart = {*chosen, *(dimension for dimension, names in KEYS.items() if set(names) & {*by})}
        return cls(
            tuple(grain for grain in Grain if grain in found),
            tuple(cuts or [_choose_cut(told_apart)]),
            tuple(by),
            tuple((dimension, None in chosen[dimension]) for dimension in Dimension if dimension in chosen),
        )


def bound(
    organization_id: UUID, spans: Sequence[Span], chosen: Chosen, *, is_model: bool
) -> dict[str, UUID | bool | list[Any]]:
    """What is bound to a statement of that shape."""
    found: dict[str, UUID | bool | list[Any]] = {"organization": organization_id, "is_model": is_model}
    for grain in Grain:
        own = [span for span in spans if span.grain is grain]
        found[f"{grain}_buckets"] = [span.bucket for span in own]
        found[f"{grain}_starts"] = [span.starts_at for span in own]
        found[f"{grain}_ends"] = [span.ends_at for span in own]
    return found | {f"only_{dimension}": [key for key in keys if key is not None] for dimension, keys in chosen.items()}


@lru_cache(_MOST_KEPT)
def sums(shape: Shape) -> Select[*tuple[Any, ...]]:
    """`MEASURES` of each key of `shape.by`."""
    found = _find(shape)
    keys = [found.c[name] for name in shape.by]
    return select(*keys, *_measures(found)).select_from(found).group_by(*keys)


@lru_cache(_MOST_KEPT)
def ranks(shape: Shape) -> Select[*tuple[Any, ...]]:
    """Each key of `shape.by`, the most expensive first, of those that cost as much the one with the most calls."""
    found = _find(shape)
    keys = [found.c[name] for name in shape.by]
    ranked = (func.sum(found.c.cost_usd).desc(), func.sum(found.c.calls).desc())
    return select(*keys).select_from(found).group_by(*keys).order_by(*ranked)


@lru_cache(_MOST_KEPT)
def latencies(shape: Shape) -> Select[*tuple[Any, ...]]:
    """How many calls were `timed` in each `latency` bucket of the histogram, by each key of `shape.by`."""
    found = _find(shape)
    timed = (
        func.unnest(found.c.latency_buckets, found.c.latency_calls).table_valued("latency", "timed").render_derived()
    )
    each = (*(found.c[name] for name in shape.by), timed.c.latency)
    statement = select(*each, func.sum(timed.c.timed).label("timed")).select_from(found).join(timed, true())
    return statement.group_by(*each)


@lru_cache(_MOST_KEPT)
def sums_by_hour_of_week(shape: Shape) -> Select[*tuple[Any, ...]]:
    """`MEASURES` by `weekday` (0 is Monday) and `hour` of the `zone` that is bound; the spans have no days."""
    found = _find(shape)
    local = func.timezone(bindparam("zone", type_=Text()), found.c.moment)
    weekday, hour = (cast(extract(field, local), Integer) for field in ("isodow", "hour"))
    each = ((weekday - 1).label("weekday"), hour.label("hour"))
    return select(*each, *_measures(found)).select_from(found).group_by(*each)


def _choose_cut(dimensions: Collection[Dimension]) -> Cut:
    """The coarsest that tells these apart."""
    if len(dimensions) > 1:
        return Cut.ALL
    return Cut(next(iter(dimensions), Cut.NONE))


def _find(shape: Shape) -> FromClause:
    """Sums of all that is chosen, not yet put together: `bucket`, `moment`, the columns of keys and measures."""
    found = union_all(*(_read(grain, shape.cuts) for grain in shape.grains)).subquery("found")
    conditions = [found.c.is_model == bindparam("is_model"), *(_is_one_of(found, *each) for each in shape.narrowed)]
    return select(found).where(*conditions).subquery("chosen")


def _read(grain: Grain, cuts: Sequence[Cut]) -> Select[*tuple[Any, ...]]:
    names = ("bucket", "starts_at", "ends_at")
    types: tuple[ARRAY[Any], ...] = (ARRAY(Integer), MOMENTS, MOMENTS)
    lists = [
        cast(bindparam(f"{grain}_{part}", type_=each), each)
        for part, each in zip(("buckets", "starts", "ends"), types, strict=True)
    ]
    span = func.unnest(*lists).table_valued(*names, name="span").render_derived()
    if grain is Grain.ROWS:
        called = func.api.sum_up_usage(
            _organization(), span.c.starts_at, span.c.ends_at, cast([*cuts], ARRAY(Text))
        ).table_valued(*_COLUMNS)
        rows = called.lateral("unsummed")
        return (
            select(span.c.bucket, span.c.starts_at.label("moment"), *_columns(rows))
            .select_from(span)
            .join(rows, true())
        )
    table, at = (UsageDaily, UsageDaily.day) if grain is Grain.DAYS else (UsageHourly, UsageHourly.hour)
    is_within = and_(
        table.organization_id == _organization(),
        table.cut.in_(cuts),
        at >= span.c.starts_at,
        at < span.c.ends_at,
    )
    columns = _columns(table.__table__)
    return select(span.c.bucket, at.label("moment"), *columns).select_from(span).join(table, is_within)


def _organization() -> BindParameter[UUID]:
    return bindparam("organization", type_=Uuid())


def _columns(source: FromClause) -> list[ColumnElement[Any]]:
    return [source.c[name] for name in _COLUMNS]


def _measures(found: FromClause) -> list[ColumnElement[Any]]:
    return [func.sum(found.c[name]).label(name) for name in MEASURES]


def _is_one_of(found: FromClause, dimension: Dimension, is_none_one: bool) -> ColumnElement[bool]:
    named: ColumnElement[Any] = found.c[KEYS[dimension][0]]
    if dimension is Dimension.MODEL:
        named = named + ":" + found.c.model
    keys: ARRAY[Any] = ARRAY(Uuid() if dimension in NAMED_BY_ID else Text())
    is_there = named == func.any(cast(bindparam(f"only_{dimension}", type_=keys), keys))
    return or_(is_there, named.is_(None)) if is_none_one else is_there
