"""Every select on organizations themselves."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from lib.models.organization import Organization, OrganizationSlug
from lib.models.run import OrchestrationRun, RunStatus
from lib.models.user import User
from lib.organizations.views import MOST_COUNTED

#: For so long a run that failed waits for whoever launched it.
_FRESH: Final = timedelta(days=1)
_RETRY = aliased(OrchestrationRun)
_IS_RETRIED = exists().where(
    _RETRY.organization_id == OrchestrationRun.organization_id, _RETRY.parent_run_id == OrchestrationRun.id
)


def read_frame(
    session: Session, organization_id: UUID, user_id: UUID, *, steers_all: bool, steers_own: bool
) -> Row[*tuple[Any, ...]] | None:
    """The tier, when it ends if it does, and how many runs wait for this person, each part by a few index entries.

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
    tier = Organization.subscription_tier.label("tier")
    frame = select(tier, Organization.deletes_at, waiting.label("waiting")).where(Organization.id == organization_id)
    return session.execute(frame).one_or_none()


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


def load_organization(session: Session, organization_id: UUID, *, for_update: bool) -> Organization | None:
    """The row, to read it or to change it (`for_update`: as it stands once it is locked)."""
    statement = select(Organization).where(Organization.id == organization_id)
    return session.scalar(statement.with_for_update() if for_update else statement)


def list_slugs(session: Session, organization_id: UUID) -> Sequence[str]:
    """Every short name that the organization has had, the latest first."""
    statement = select(OrganizationSlug.slug).where(OrganizationSlug.organization_id == organization_id)
    return session.scalars(statement.order_by(OrganizationSlug.created_at.desc(), OrganizationSlug.id.desc())).all()


def has_slug(session: Session, organization_id: UUID, slug: str) -> bool:
    """Whether a short name is one of them."""
    is_it = exists().where(OrganizationSlug.organization_id == organization_id, OrganizationSlug.slug == slug)
    return bool(session.scalar(select(is_it)))


def count_people(session: Session, organization_id: UUID) -> int:
    """Those who can sign in."""
    can_sign_in = User.deactivated_at.is_(None), User.deleted_at.is_(None)
    counted = select(func.count()).select_from(User).where(User.organization_id == organization_id, *can_sign_in)
    return session.scalar(counted) or 0


def ask_deletion(session: Session, *, is_wanted: bool) -> datetime | None:
    """Begin or end the waiting period of the person's organization; when it is over, where it runs."""
    found: datetime | None = session.scalar(select(func.api.ask_deletion(is_wanted)))
    return found
