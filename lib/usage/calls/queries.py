"""Every select on single calls."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session

from lib.db.paging import Order, Rows, count_at_most, read_page
from lib.models.people import people
from lib.models.project import Project
from lib.models.run import OrchestrationRun
from lib.models.usage import ApiUsage
from lib.usage.calls.views import CallFilter
from lib.usage.queries import is_in
from lib.usage.views import Dimension

ORDER: Final = Order("newest", ApiUsage.created_at, ApiUsage.id)
_RUN_TITLE: Final = func.coalesce(OrchestrationRun.title, func.left(OrchestrationRun.topic, 255))
_TEMPLATE: Final = func.coalesce(
    select(OrchestrationRun.template_id).where(OrchestrationRun.id == ApiUsage.run_id).scalar_subquery(),
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
    statement = select(*(column.label(name) for name, column in _LISTED.items())).where(
        *_conditions(organization_id, chosen)
    )
    return read_page(session, statement, order=ORDER, cursor=cursor, limit=limit)


def count_calls(session: Session, organization_id: UUID, *, chosen: CallFilter, most: int) -> int:
    """How many there are, counted no further than `most`."""
    return count_at_most(session, select(ApiUsage.id).where(*_conditions(organization_id, chosen)), most=most)


def export_calls(organization_id: UUID, chosen: CallFilter) -> Select[*tuple[Any, ...]]:
    """The columns of a file: of each thing its id and what it is called."""
    listed = dict(_LISTED)
    columns = {
        "id": listed.pop("id"),
        "created_at": listed.pop("created_at"),
        "user_id": ApiUsage.user_id,
        "person": listed.pop("person"),
        "project_id": ApiUsage.project_id,
        "project": listed.pop("project"),
        **listed,
    }
    return select(*(column.label(name) for name, column in columns.items())).where(
        *_conditions(organization_id, chosen)
    )


def _conditions(organization_id: UUID, chosen: CallFilter) -> list[ColumnElement[bool]]:
    query = chosen.query
    return [
        ApiUsage.organization_id == organization_id,
        ApiUsage.created_at >= chosen.starts_at,
        ApiUsage.created_at < chosen.ends_at,
        ApiUsage.provider.is_not(None) if query.is_model else ApiUsage.provider.is_(None),
        *([ApiUsage.error_kind.is_not(None), ApiUsage.error_kind != _CANCELLED] if chosen.is_failed else []),
        *(is_in(_KEYS[dimension], keys) for dimension, keys in query.chosen.items()),
    ]


def view(row: Row[Any]) -> dict[str, Any]:
    """What a `CallView` is made of."""
    return {name: getattr(row, name) for name in _LISTED}
