"""Every select on organizations themselves."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from lib.db.base import Json
from lib.models.organization import Organization
from lib.models.run import OrchestrationRun, RunStatus
from lib.organizations.views import MOST_COUNTED

#: For so long a run that failed waits for whoever launched it.
_FRESH: Final = timedelta(days=1)
_RETRY = aliased(OrchestrationRun)
_IS_RETRIED = exists().where(
    _RETRY.organization_id == OrchestrationRun.organization_id, _RETRY.parent_run_id == OrchestrationRun.id
)


def read_frame(
    session: Session, organization_id: UUID, user_id: UUID, *, steers_all: bool, steers_own: bool
) -> tuple[str, int] | None:
    """The tier, and how many runs wait for this person: each part reads a few entries of one index.

    Those that are paused or wait for a review, if the person may continue them; and those of their own that failed
    within the last day and were not retried.
    """
    is_mine = OrchestrationRun.user_id == user_id
    stopped = [
        _some(organization_id, OrchestrationRun.status == status, *([] if steers_all else [is_mine]))
        for status in (RunStatus.PAUSED, RunStatus.WAITING_REVIEW)
    ]
    failed = _some(
        organization_id,
        OrchestrationRun.status == RunStatus.FAILED,
        OrchestrationRun.created_at > func.now() - _FRESH,
        is_mine,
        ~_IS_RETRIED,
    )
    parts = [*(stopped if steers_all or steers_own else []), failed]
    waiting = sum((_count(part) for part in parts[1:]), start=_count(parts[0]))
    found = session.execute(
        select(Organization.subscription_tier, waiting).where(Organization.id == organization_id)
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def read_settings(session: Session, organization_id: UUID) -> Json:
    """`organizations.settings`, as it is stored."""
    return session.scalar(select(Organization.settings).where(Organization.id == organization_id)) or {}


def _some(organization_id: UUID, *conditions: ColumnElement[bool]) -> Select[UUID]:
    """As many as are counted. The order is the index's: without it the planner may read the table for so few."""
    return (
        select(OrchestrationRun.id)
        .where(OrchestrationRun.organization_id == organization_id, *conditions)
        .order_by(OrchestrationRun.created_at.desc())
        .limit(MOST_COUNTED + 1)
    )


def _count(some: Select[UUID]) -> ColumnElement[int]:
    return select(func.count()).select_from(some.subquery()).scalar_subquery()
