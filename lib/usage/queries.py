"""Every select on usage: sums, each from the coarsest grain that is exact."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Integer,
    Row,
    Select,
    Uuid,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from lib.models.operation import IntegrationOperation
from lib.models.people import people
from lib.models.project import Project
from lib.models.readable_templates import readable_templates
from lib.models.run import OrchestrationRun
from lib.models.usage import ApiUsage, Cut, UsageHourly, UsageOpenDay, UsageOpenHour
from lib.usage.fresh import FreshCell
from lib.usage.spans import Open, Span
from lib.usage.summing import queries as statements
from lib.usage.summing.queries import KEYS, MOMENTS, Chosen, Shape, bound, figures_of, key_of
from lib.usage.views import Dimension, Key

#: By what runs can be told apart.
_RUN_KEYS: Final[Mapping[Dimension, InstrumentedAttribute[Any]]] = {
    Dimension.PROJECT: OrchestrationRun.project_id,
    Dimension.PERSON: OrchestrationRun.user_id,
    Dimension.TEMPLATE: OrchestrationRun.template_id,
}


def read_open(session: Session, organization_id: UUID, starts_at: datetime, ends_at: datetime) -> Open:
    """What is not summed up between two moments, from the beginning of the first one's day on."""
    day = datetime.combine(starts_at.astimezone(UTC).date(), time.min, tzinfo=UTC)
    found: dict[bool, set[datetime]] = {True: set(), False: set()}
    marks = [
        select(literal(is_hour).label("is_hour"), moment.label("moment")).where(
            table.organization_id == organization_id, moment >= day, moment < ends_at
        )
        for is_hour, table, moment in (
            (True, UsageOpenHour, UsageOpenHour.hour),
            (False, UsageOpenDay, UsageOpenDay.day),
        )
    ]
    for row in session.execute(union_all(*marks)):
        found[row.is_hour].add(row.moment)
    return Open(hours=found[True], days=found[False])


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
    """`MEASURES` of each key, in all spans or by bucket; the columns of a key are those of `KEYS`.

    Here as below: of what is fresh in the spans nothing.
    """
    shape = Shape.of(spans, chosen, by=_columns(by, by_bucket=by_bucket))
    return _ask(session, statements.sums, shape, bound(organization_id, spans, chosen, is_model=is_model))


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
    shape = Shape.of(spans, chosen, by=_columns(by, by_bucket=by_bucket))
    return _ask(session, statements.latencies, shape, bound(organization_id, spans, chosen, is_model=is_model))


def sum_by_hour_of_week(
    session: Session, organization_id: UUID, spans: Sequence[Span], *, chosen: Chosen, is_model: bool, zone: str
) -> Sequence[Row[*tuple[Any, ...]]]:
    """`MEASURES` by `weekday` (0 is Monday) and `hour` of that zone; the spans have no days."""
    values = bound(organization_id, spans, chosen, is_model=is_model) | {"zone": zone}
    return _ask(session, statements.sums_by_hour_of_week, Shape.of(spans, chosen), values)


def rank_keys(
    session: Session, organization_id: UUID, spans: Sequence[Span], by: Dimension, *, is_model: bool
) -> Sequence[Row[*tuple[Any, ...]]]:
    """All keys in the columns of `KEYS`, with what ranks them: `cost_usd` and `calls`."""
    values = bound(organization_id, spans, {}, is_model=is_model)
    return _ask(session, statements.ranks, Shape.of(spans, {}, by=KEYS[by]), values)


def read_fresh(
    session: Session, organization_id: UUID, hours: Collection[datetime], *, is_model: bool
) -> Sequence[FreshCell]:
    """All calls of whole hours, from their rows."""
    if not hours:
        return ()
    asked = {"organization": organization_id, "hours": sorted(hours), "is_model": is_model}
    return [
        FreshCell(
            hour=row.hour,
            keys={by: key_of(row, by) for by in Dimension},
            figures=figures_of(row),
            latencies=dict(zip(row.latency_buckets, row.latency_calls, strict=True)),
        )
        for row in session.execute(statements.of_hours(), asked)
    ]


def _ask(
    session: Session,
    statement: Callable[[Shape], Select[*tuple[Any, ...]]],
    shape: Shape,
    values: Mapping[str, Any],
) -> Sequence[Row[*tuple[Any, ...]]]:
    """What that statement finds; where all is fresh, there is nothing to ask."""
    return session.execute(statement(shape), values).all() if shape.grains else ()


def _columns(by: Dimension | None, *, by_bucket: bool) -> Sequence[str]:
    return (*(("bucket",) if by_bucket else ()), *(KEYS[by] if by else ()))


def has_calls(session: Session, organization_id: UUID) -> bool:
    """Whether there ever was one."""
    return bool(session.scalar(select(select(ApiUsage.id).where(ApiUsage.organization_id == organization_id).exists())))


def has_operations(session: Session, organization_id: UUID) -> bool:
    """Whether an operation was ever called, or waits for it: its run may be gone, and its hour not be summed up yet."""
    there = select(1).where(IntegrationOperation.organization_id == organization_id).exists()
    whole = (
        UsageHourly.organization_id == organization_id,
        UsageHourly.cut == Cut.ALL,
        UsageHourly.is_model.is_(False),
    )
    return bool(session.scalar(select(or_(there, select(1).where(*whole).exists()))))


def count_runs(
    session: Session, organization_id: UUID, stretches: Mapping[int, tuple[datetime, datetime]], *, chosen: Chosen
) -> Mapping[int, int]:
    """Runs launched in each stretch of time, by its number; one without any is not in it.

    Runs can be told apart by project, person and template.
    """
    lists = (cast([bounds[side] for bounds in stretches.values()], MOMENTS) for side in (0, 1))
    stretch = func.unnest(cast([*stretches], ARRAY(Integer)), *lists)
    between = stretch.table_valued("number", "starts_at", "ends_at", name="between").render_derived()
    conditions = [is_in(_RUN_KEYS[dimension], keys) for dimension, keys in chosen.items()]
    runs = (
        select(func.count())
        .select_from(OrchestrationRun)
        .where(
            OrchestrationRun.organization_id == organization_id,
            OrchestrationRun.created_at >= between.c.starts_at,
            OrchestrationRun.created_at < between.c.ends_at,
            *conditions,
        )
        .correlate(between)
        .scalar_subquery()
    )
    # Counted stretch by stretch, as the index has them: to find the stretch of each run takes as long again.
    found = session.execute(select(between.c.number, runs.label("runs")))
    return {row.number: row.runs for row in found if row.runs}


def list_names(session: Session, dimension: Dimension, ids: Collection[UUID]) -> dict[UUID, str]:
    """What projects, people or templates are called, as far as the reader sees them."""
    if not ids:
        return {}
    source: FromClause = {Dimension.PERSON: people, Dimension.TEMPLATE: readable_templates}.get(
        dimension, Project.__table__
    )
    # as one list: hundreds of them as values of their own take longer to say than to find
    is_one = source.c.id == func.any(cast([*ids], ARRAY(Uuid())))
    return {row.id: row.name for row in session.execute(select(source.c.id, source.c.name).where(is_one))}


def is_in(named: ColumnElement[Any] | InstrumentedAttribute[Any], keys: Collection[Key]) -> ColumnElement[bool]:
    """The condition that a column holds one of the keys; None among them is a call that has none."""
    is_there = named.in_([key for key in keys if key is not None])
    return or_(is_there, named.is_(None)) if None in keys else is_there
