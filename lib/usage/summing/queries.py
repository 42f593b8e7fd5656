"""Statements that sum up usage. Each is built once: what differs from one question to the next is bound to it.

To build one anew takes SQLAlchemy longer than PostgreSQL takes to answer it, and a page asks a dozen of them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Cast,
    ColumnElement,
    DateTime,
    FromClause,
    Integer,
    Row,
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
    text,
    true,
    union_all,
)
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.types import TypeEngine

from lib.models.usage import Cut, UsageDaily, UsageHourly
from lib.usage.spans import Grain, Span, stretches
from lib.usage.views import NAMED_BY_ID, Dimension, Figures, Key

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
_SUMS: Final[Mapping[Grain, tuple[Any, Any]]] = {
    Grain.HOURS: (UsageHourly, UsageHourly.hour),
    Grain.DAYS: (UsageDaily, UsageDaily.day),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What tells one statement from another."""

    #: From what it reads, in the order of `Grain`; at least one, and not what is fresh.
    grains: tuple[Grain, ...]
    cut: Cut
    #: Columns by which it adds up: `bucket`, those of keys.
    by: tuple[str, ...] = ()
    #: Dimensions in which only some keys count, and whether None is among these.
    narrowed: tuple[tuple[Dimension, bool], ...] = ()

    @classmethod
    def of(cls, spans: Sequence[Span], chosen: Chosen, *, by: Sequence[str] = ()) -> "Shape":
        """It reads the coarsest cut that tells apart what is chosen and by what it adds up."""
        found = {span.grain for span in spans} - {Grain.FRESH}
        told_apart = {*chosen, *(dimension for dimension, names in KEYS.items() if set(names) & {*by})}
        return cls(
            tuple(grain for grain in Grain if grain in found),
            _choose_cut(told_apart),
            tuple(by),
            tuple((dimension, None in chosen[dimension]) for dimension in Dimension if dimension in chosen),
        )


def bound(organization_id: UUID, spans: Sequence[Span], chosen: Chosen, *, is_model: bool) -> dict[str, Any]:
    """What is bound to a statement of that shape."""
    found: dict[str, Any] = {"organization": organization_id, "is_model": is_model}
    for grain in (Grain.ROWS, *_SUMS):
        own = [span for span in spans if span.grain is grain]
        if not own:
            continue
        found[f"{grain}_buckets"] = [span.bucket for span in own]
        found[f"{grain}_starts"] = [span.starts_at for span in own]
        if grain is Grain.ROWS:
            found["rows_ends"] = [span.ends_at for span in own]
        else:
            found[f"{grain}_from"], found[f"{grain}_to"] = map(list, zip(*stretches(own), strict=True))
            found[f"{grain}_first"], found[f"{grain}_last"] = own[0].starts_at, own[-1].ends_at
    return found | {f"only_{dimension}": [key for key in keys if key is not None] for dimension, keys in chosen.items()}


@lru_cache(_MOST_KEPT)
def sums(shape: Shape) -> Select[*tuple[Any, ...]]:
    """`MEASURES` of each key of `shape.by`."""
    found = _find(shape)
    keys = [found.c[name] for name in shape.by]
    return select(*keys, *_measures(found)).select_from(found).group_by(*keys)


@lru_cache(_MOST_KEPT)
def ranks(shape: Shape) -> Select[*tuple[Any, ...]]:
    """Each key of `shape.by`, with what ranks it."""
    found = _find(shape)
    keys = [found.c[name] for name in shape.by]
    ranked = (func.sum(found.c[name]).label(name) for name in ("cost_usd", "calls"))
    return select(*keys, *ranked).select_from(found).group_by(*keys)


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


@cache
def of_hours() -> Select[*tuple[Any, ...]]:
    """All calls of each of the `hours` that are bound, from their rows, as the cut of all columns has them."""
    hour = func.unnest(_list("hours")).table_valued("hour", name="fresh").render_derived()
    cuts = cast([Cut.ALL], ARRAY(Text))
    ends_at = hour.c.hour + text("interval '1 hour'")
    rows = (
        func.api.sum_up_usage(_organization(), hour.c.hour, ends_at, cuts).table_valued(*_COLUMNS).lateral("unsummed")
    )
    of_kind = rows.c.is_model == bindparam("is_model")
    return select(hour.c.hour, *_columns(rows)).select_from(hour).join(rows, true()).where(of_kind)


def figures_of(row: Row[*tuple[Any, ...]]) -> Figures:
    """What a row adds up to."""
    calls, failed_calls, unpriced_calls, prompt_tokens, completion_tokens, cost_usd = (
        getattr(row, name) for name in MEASURES
    )
    return Figures(
        calls=int(calls),
        failed_calls=int(failed_calls),
        unpriced_calls=int(unpriced_calls),
        prompt_tokens=int(prompt_tokens),
        completion_tokens=int(completion_tokens),
        cost_usd=Decimal(cost_usd),
    )


def key_of(row: Row[*tuple[Any, ...]], by: Dimension) -> Key:
    """What a row is of, in that dimension."""
    parts = [getattr(row, name) for name in KEYS[by]]
    if len(parts) == 1:
        key: Key = parts[0]
        return key
    return ":".join(map(str, parts)) if all(parts) else None


def _choose_cut(dimensions: Collection[Dimension]) -> Cut:
    """The coarsest that tells these apart."""
    if len(dimensions) > 1:
        return Cut.ALL
    return Cut(next(iter(dimensions), Cut.NONE))


def _find(shape: Shape) -> FromClause:
    """Sums of all that is chosen, not yet put together: `bucket`, `moment`, the columns of keys and measures."""
    found = union_all(*(_read(grain, shape.cut) for grain in shape.grains)).subquery("found")
    conditions = [found.c.is_model == bindparam("is_model"), *(_is_one_of(found, *each) for each in shape.narrowed)]
    return select(found).where(*conditions).subquery("chosen")


def _read(grain: Grain, cut: Cut) -> Select[*tuple[Any, ...]]:
    return _read_rows(cut) if grain is Grain.ROWS else _read_sums(grain, cut)


def _read_rows(cut: Cut) -> Select[*tuple[Any, ...]]:
    lists = [_list("rows_buckets", Integer()), _list("rows_starts"), _list("rows_ends")]
    span = func.unnest(*lists).table_valued("bucket", "starts_at", "ends_at", name="span").render_derived()
    called = func.api.sum_up_usage(
        _organization(), span.c.starts_at, span.c.ends_at, cast([cut], ARRAY(Text))
    ).table_valued(*_COLUMNS)
    rows = called.lateral("unsummed")
    columns = (span.c.bucket, span.c.starts_at.label("moment"), *_columns(rows))
    return select(*columns).select_from(span).join(rows, true())


def _read_sums(grain: Grain, cut: Cut) -> Select[*tuple[Any, ...]]:
    """Sums stretch by stretch, each in the last span that begins before it.

    Joined with the spans, of which there is one for each bar, the planner compares each sum of the year with each of
    them. The first and the last moment keep it from the rest of the year where there are many stretches.
    """
    table, at = _SUMS[grain]
    lists = [_list(f"{grain}_from"), _list(f"{grain}_to")]
    stretch = func.unnest(*lists).table_valued("starts_at", "ends_at", name="stretch").render_derived()
    is_within = and_(
        table.organization_id == _organization(),
        table.cut == cut,
        at >= stretch.c.starts_at,
        at < stretch.c.ends_at,
        at >= bindparam(f"{grain}_first", type_=DateTime(timezone=True)),
        at < bindparam(f"{grain}_last", type_=DateTime(timezone=True)),
    )
    bucket = Grouping(_list(f"{grain}_buckets", Integer()))[func.width_bucket(at, _list(f"{grain}_starts"))]
    columns = (bucket.label("bucket"), at.label("moment"), *_columns(table.__table__))
    return select(*columns).select_from(stretch).join(table, is_within)


def _list(name: str, of: TypeEngine[Any] | None = None) -> Cast[Any]:
    """A list that is bound, of moments by default."""
    kind = MOMENTS if of is None else ARRAY(of)
    return cast(bindparam(name, type_=kind), kind)


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
