"""Every select on single calls."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, cast, false, func, select
from sqlalchemy.orm import Session

from lib.db.paging import Order, Rows, count_at_most, read_page
from lib.models.people import people
from lib.models.project import Project
from lib.models.readable_templates import readable_templates
from lib.models.run import OrchestrationRun
from lib.models.usage import ApiUsage
from lib.usage.calls.views import CallFilter
from lib.usage.queries import is_in
from lib.usage.summing.queries import MOMENTS
from lib.usage.views import Dimension

ORDER: Final = Order("newest", ApiUsage.created_at, ApiUsage.id)
_RUN_TITLE: Final = func.coalesce(OrchestrationRun.title, func.left(OrchestrationRun.topic, 255))
_TEMPLATE: Final = func.coalesce(
    select(OrchestrationRun.template_id)
    .where(OrchestrationRun.id == ApiUsage.run_id)
    .correlate(ApiUsage)  # also within a subquery of its own
    .scalar_subquery(),
    ApiUsage.template_id,
)
#: What is listed, by the names of `CallView`.
_LISTED: Final[Mapping[str, Any]] = {
    "id": ApiUsage.id,
    "created_at": ApiUsage.created_at,
    "person": select(people.c.name).where(people.c.id == ApiUsage.user_id).scalar_subquery(),
    "project": select(Project.name).where(Project.id == ApiUsage.project_id).scalar_subquery(),
    "run_id": ApiUsage.run_id,
    "run_title": select(_RUN_TITLE).where(OrchestrationRun.id == ApiUsage.run_id).scalar_subquery(),
    "provider": ApiUsage.provider,
    "model": ApiUsage.model,
    "endpoint": ApiUsage.endpoint,
    "prompt_tokens": ApiUsage.prompt_tokens,
    "completion_tokens": ApiUsage.completion_tokens,
    "cost_usd": ApiUsage.cost_usd,
    "response_time_ms": ApiUsage.response_time_ms,
    "error_kind": ApiUsage.error_kind,
}
_KEYS: Final[Mapping[Dimension, Any]] = {
    Dimension.PROJECT: ApiUsage.project_id,
    Dimension.PERSON: ApiUsage.user_id,
    Dimension.TEMPLATE: _TEMPLATE,
    Dimension.MODEL: ApiUsage.provider + ":" + ApiUsage.model,
    Dimension.ENDPOINT: ApiUsage.endpoint,
    Dimension.ERROR: ApiUsage.error_kind,
}
_CANCELLED: Final = "cancelled"


def list_calls(session: Session, organization_id: UUID, *, chosen: CallFilter, cursor: str | None, limit: int) -> Rows:
    """A page of them, the newest first."""
    statement, order = _find(organization_id, chosen, _LISTED)
    return read_page(session, statement, order=order, cursor=cursor, limit=limit)


def count_calls(session: Session, organization_id: UUID, *, chosen: CallFilter, most: int) -> int:
    """How many there are, counted no further than `most`."""
    statement, _ = _find(organization_id, chosen, {"id": ApiUsage.id})
    return count_at_most(session, statement, most=most)


def export_calls(organization_id: UUID, chosen: CallFilter) -> tuple[Select[*tuple[Any, ...]], Order]:
    """The columns of a file, of each thing its id and what it is called, and the order of its rows."""
    listed = dict(_LISTED)
    columns = {
        "id": listed.pop("id"),
        "created_at": listed.pop("created_at"),
        "user_id": ApiUsage.user_id,
        "person": listed.pop("person"),
        "project_id": ApiUsage.project_id,
        "project": listed.pop("project"),
        **listed,
        "template_id": _TEMPLATE,
        "template": select(readable_templates.c.name)
        .where(readable_templates.c.id == _TEMPLATE)
        .correlate(ApiUsage)
        .scalar_subquery(),
        "method": ApiUsage.method,
        "status_code": ApiUsage.status_code,
    }
    return _find(organization_id, chosen, columns)


def _find(
    organization_id: UUID, chosen: CallFilter, columns: Mapping[str, Any]
) -> tuple[Select[*tuple[Any, ...]], Order]:
    """These columns of what is chosen, and the order in which they are read.

    Of an hour of the week each hour that there was is looked up by itself, the newest first, and no further than the
    page reaches: in a long range nearly all calls are of other hours.
    """
    statement = select(*(column.label(name) for name, column in columns.items())).select_from(ApiUsage)
    statement = statement.where(*_conditions(organization_id, chosen))
    if chosen.hour is None:
        return statement, ORDER
    stretches = chosen.hour.stretches(chosen.query.period)
    moments = [cast([stretch[end] for stretch in stretches], MOMENTS) for end in (0, 1)]
    listed = func.unnest(*moments).table_valued("starts_at", "ends_at", name="listed").render_derived()
    # a subquery that is in an order gives it to what is joined to it; a plain list would be sorted with all rows
    hours = select(listed.c.starts_at, listed.c.ends_at).order_by(listed.c.starts_at.desc()).subquery("hours")
    is_within = and_(ApiUsage.created_at >= hours.c.starts_at, ApiUsage.created_at < hours.c.ends_at)
    return statement.join(hours, is_within), replace(ORDER, group=hours.c.starts_at)


def _conditions(organization_id: UUID, chosen: CallFilter) -> list[ColumnElement[bool]]:
    query = chosen.query
    return [
        ApiUsage.organization_id == organization_id,
        ApiUsage.created_at >= chosen.starts_at,
        ApiUsage.created_at < chosen.ends_at,
        ApiUsage.provider.is_not(None) if query.is_model else ApiUsage.provider.is_(None),
        *([ApiUsage.error_kind.is_not(None), ApiUsage.error_kind != _CANCELLED] if chosen.is_failed else []),
        *(is_in(_KEYS[dimension], keys) for dimension, keys in query.chosen.items()),
        # of a call that has none of it nothing is known to SQL, not even that it is another one
        *(~func.coalesce(is_in(_KEYS[dimension], keys), false()) for dimension, keys in chosen.all_but.items()),
    ]


def view(row: Row[Any]) -> dict[str, Any]:
    """What a `CallView` is made of."""
    return {name: getattr(row, name) for name in _LISTED}
