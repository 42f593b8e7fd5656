"""Every select on usage: sums, each from the coarsest grain that is exact."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    FromClause,
    Integer,
    Row,
    Select,
    Text,
    and_,
    cast,
    extract,
    func,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from lib.models.people import people
from lib.models.project import Project
from lib.models.readable_templates import readable_templates
from lib.models.run import OrchestrationRun
from lib.models.usage import ApiUsage, Cut, UsageDaily, UsageHourly, UsageOpenDay, UsageOpenHour
from lib.usage.spans import Grain, Open, Span
from lib.usage.views import Dimension, Key

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
_COLUMNS: Final = (
    "is_model",
    *(name for names in KEYS.values() for name in names),
    *MEASURES,
    "latency_buckets",
    "latency_calls",
)
_MOMENTS: Final = ARRAY(DateTime(timezone=True))
#: By what runs can be told apart.
_RUN_KEYS: Final[Mapping[Dimension, InstrumentedAttribute[Any]]] = {
    Dimension.PROJECT: OrchestrationRun.project_id,
    Dimension.PERSON: OrchestrationRun.user_id,
    Dimension.TEMPLATE: OrchestrationRun.template_id,
}
#: What is looked at: dimension -> the keys that count.
Chosen = Mapping[Dimension, Collection[Key]]


def read_open(session: Session, organization_id: UUID, starts_at: datetime, ends_at: datetime) -> Open:
    """What is not summed up between two moments, from the beginning of the first one's day on."""
    day = datetime.combine(starts_at.astimezone(UTC).date(), time.min, tzinfo=UTC)
    hours = select(UsageOpenHour.hour).where(
        UsageOpenHour.organization_id == organization_id, UsageOpenHour.hour >= day, UsageOpenHour.hour < ends_at
    )
    days = select(UsageOpenDay.day).where(
        UsageOpenDay.organization_id == organization_id, UsageOpenDay.day >= day, UsageOpenDay.day < ends_at
    )
    return Open(frozenset(session.scalars(hours)), frozenset(session.scalars(days)))


def sum_calls(
    session: Session,
    organization_id: UUID,
    spans: Sequence[Span],
    *,
    chosen: Chosen,
    is_model: bool,
    by: Dimension | None = None,
    by_bucket: bool = False,
) -> Sequence[Row[*tuple[Any, ...]]]:
    """`MEASURES` of each key, in all spans or by bucket; the columns of a key are those of `KEYS`."""
    found = _find(organization_id, spans, chosen, is_model=is_model, by=by)
    keys = _keys(found, by, by_bucket=by_bucket)
    measures = [func.sum(found.c[name]).label(name) for name in MEASURES]
    return session.execute(select(*keys, *measures).select_from(found).group_by(*keys)).all()


def count_latencies(
    session: Session,
    organization_id: UUID,
    spans: Sequence[Span],
    *,
    chosen: Chosen,
    is_model: bool,
    by: Dimension | None = None,
    by_bucket: bool = False,
) -> Sequence[Row[*tuple[Any, ...]]]:
    """How many calls fell into each `latency` bucket of the histogram, by key and by bucket of time as above."""
    found = _find(organization_id, spans, chosen, is_model=is_model, by=by)
    timed = (
        func.unnest(found.c.latency_buckets, found.c.latency_calls).table_valued("latency", "timed").render_derived()
    )
    keys = _keys(found, by, by_bucket=by_bucket)
    each = (*keys, timed.c.latency)
    statement = select(*each, func.sum(timed.c.timed).label("timed")).select_from(found).join(timed, true())
    return session.execute(statement.group_by(*each)).all()


def sum_by_hour_of_week(
    session: Session, organization_id: UUID, spans: Sequence[Span], *, chosen: Chosen, is_model: bool, zone: str
) -> Sequence[Row[*tuple[Any, ...]]]:
    """`MEASURES` by `weekday` (0 is Monday) and `hour` of that zone; the spans have no days."""
    found = _find(organization_id, spans, chosen, is_model=is_model, by=None)
    local = func.timezone(zone, found.c.moment)
    weekday, hour = (cast(extract(field, local), Integer) for field in ("isodow", "hour"))
    each = ((weekday - 1).label("weekday"), hour.label("hour"))
    measures = [func.sum(found.c[name]).label(name) for name in MEASURES]
    return session.execute(select(*each, *measures).select_from(found).group_by(*each)).all()


def _find(
    organization_id: UUID, spans: Sequence[Span], chosen: Chosen, *, is_model: bool, by: Dimension | None
) -> FromClause:
    """Sums of all that is chosen, not yet put together: `bucket`, `moment`, the columns of keys and measures."""
    cut = _choose_cut({*chosen, *([by] if by else [])})
    by_grain = {grain: [span for span in spans if span.grain == grain] for grain in Grain}
    parts = [_read(organization_id, grain, own, cut) for grain, own in by_grain.items() if own]
    found = union_all(*parts).subquery("found")
    conditions = [found.c.is_model.is_(is_model), *(_is_one_of(found, *each) for each in chosen.items())]
    return select(found).where(*conditions).subquery("chosen")


def _choose_cut(dimensions: Collection[Dimension]) -> Cut:
    """The coarsest that tells these apart."""
    if len(dimensions) > 1:
        return Cut.ALL
    return Cut(next(iter(dimensions), Cut.NONE))


def _read(organization_id: UUID, grain: Grain, spans: Sequence[Span], cut: Cut) -> Select[*tuple[Any, ...]]:
    span = (
        func.unnest(
            cast([span.bucket for span in spans], ARRAY(Integer)),
            cast([span.starts_at for span in spans], _MOMENTS),
            cast([span.ends_at for span in spans], _MOMENTS),
        )
        .table_valued("bucket", "starts_at", "ends_at", name="span")
        .render_derived()
    )
    if grain is Grain.ROWS:
        called = func.api.sum_up_usage(
            organization_id, span.c.starts_at, span.c.ends_at, cast([cut], ARRAY(Text))
        ).table_valued("cut", *_COLUMNS)
        rows = called.lateral("unsummed")
        moment = span.c.starts_at.label("moment")
        return select(span.c.bucket, moment, *_columns(rows)).select_from(span).join(rows, true())
    table, at = (UsageDaily, UsageDaily.day) if grain is Grain.DAYS else (UsageHourly, UsageHourly.hour)
    is_within = and_(
        table.organization_id == organization_id,
        table.cut == cut,
        at >= span.c.starts_at,
        at < span.c.ends_at,
    )
    columns = _columns(table.__table__)
    return select(span.c.bucket, at.label("moment"), *columns).select_from(span).join(table, is_within)


def _columns(source: FromClause) -> list[ColumnElement[Any]]:
    return [source.c[name] for name in _COLUMNS]


def _keys(found: FromClause, by: Dimension | None, *, by_bucket: bool) -> list[ColumnElement[Any]]:
    return [found.c[name] for name in (*(("bucket",) if by_bucket else ()), *(KEYS[by] if by else ()))]


def _is_one_of(found: FromClause, dimension: Dimension, keys: Collection[Key]) -> ColumnElement[bool]:
    named: ColumnElement[Any] = found.c[KEYS[dimension][0]]
    if dimension is Dimension.MODEL:
        named = named + ":" + found.c.model
    return is_in(named, keys)


def list_keys(
    session: Session, organization_id: UUID, spans: Sequence[Span], by: Dimension, *, is_model: bool
) -> Sequence[Row[*tuple[Any, ...]]]:
    """All keys in the spans, the most expensive first; their columns are those of `KEYS`."""
    found = _find(organization_id, spans, {}, is_model=is_model, by=by)
    keys = _keys(found, by, by_bucket=False)
    ranked = (func.sum(found.c.cost_usd).desc(), func.sum(found.c.calls).desc())
    return session.execute(select(*keys).select_from(found).group_by(*keys).order_by(*ranked)).all()


def has_calls(session: Session, organization_id: UUID) -> bool:
    """Whether there ever was one."""
    return bool(session.scalar(select(select(ApiUsage.id).where(ApiUsage.organization_id == organization_id).exists())))


def count_runs(
    session: Session, organization_id: UUID, boundaries: Sequence[datetime], *, chosen: Chosen
) -> Mapping[int, int]:
    """Runs launched between each two neighbours of `boundaries`, by their number; a stretch without any is not in it.

    Runs can be told apart by project, person and template.
    """
    bucket = func.width_bucket(OrchestrationRun.created_at, cast(list(boundaries), _MOMENTS)) - 1
    conditions = [is_in(_RUN_KEYS[dimension], keys) for dimension, keys in chosen.items()]
    statement = (
        select(bucket.label("bucket"), func.count().label("runs"))
        .where(
            OrchestrationRun.organization_id == organization_id,
            OrchestrationRun.created_at >= boundaries[0],
            OrchestrationRun.created_at < boundaries[-1],
            *conditions,
        )
        .group_by("bucket")
    )
    return {row.bucket: row.runs for row in session.execute(statement)}


def list_names(session: Session, dimension: Dimension, ids: Collection[UUID]) -> dict[UUID, str]:
    """What projects, people or templates are called, as far as the reader sees them."""
    if not ids:
        return {}
    source: FromClause = {Dimension.PERSON: people, Dimension.TEMPLATE: readable_templates}.get(
        dimension, Project.__table__
    )
    return {row.id: row.name for row in session.execute(select(source.c.id, source.c.name).where(source.c.id.in_(ids)))}


def is_in(named: ColumnElement[Any] | InstrumentedAttribute[Any], keys: Collection[Key]) -> ColumnElement[bool]:
    """The condition that a column holds one of the keys; None among them is a call that has none."""
    is_there = named.in_([key for key in keys if key is not None])
    return or_(is_there, named.is_(None)) if None in keys else is_there
