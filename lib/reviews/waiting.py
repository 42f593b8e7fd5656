"""Which answers wait for one person: the one condition, for the inbox and for the number in the sidebar."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, and_, column, func, literal, select

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.models.review import ReviewRequest
from lib.models.run import OrchestrationRun


def waits_for(actor: Actor) -> ColumnElement[bool]:
    """Whether a request, beside its run, waits for this person: they may decide, and their word is missing.

    Their own runs do not: those need somebody else's word. An approval of an earlier text is missing too.
    """
    if not actor.may(Permission.ORCHESTRATIONS_REVIEW):
        return literal(False)
    return and_(
        ReviewRequest.decided_at.is_(None),
        OrchestrationRun.user_id != actor.user_id,
        is_reviewer(actor),
        literal(actor.user_id, Uuid()).not_in(counting_approvals()),
    )


def is_reviewer(actor: Actor) -> ColumnElement[bool]:
    """Whether the person is among those whom a request names."""
    return func.api.is_reviewer(
        ReviewRequest.reviewers, ReviewRequest.escalated_at, actor.role.value, literal(actor.user_id, Uuid())
    )


def counting_approvals() -> Select[UUID]:
    """Whose approvals of a request's answer count."""
    found = func.api.counting_approvals(ReviewRequest.id).table_valued(column("reviewer_id", Uuid()))
    return select(found.c.reviewer_id)


def list_waiting(actor: Actor) -> Select[*tuple[Any, ...]]:
    """The ids of what waits for this person."""
    return (
        select(ReviewRequest.id)
        .join(OrchestrationRun, OrchestrationRun.id == ReviewRequest.run_id)
        .where(ReviewRequest.organization_id == actor.organization_id, waits_for(actor))
    )
