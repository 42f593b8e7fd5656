"""Every select on what stands behind a template: its versions, drafts and requests for somebody's word."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, exists, func, select
from sqlalchemy.orm import Session

from lib.db.paging import Order, Rows, read_page
from lib.models.template import ReviewDecision, TemplateReview, TemplateVersion
from lib.users.queries import person

#: The newest first.
VERSION_ORDER: Final = Order("version", TemplateVersion.version, TemplateVersion.id, kind=int)


def list_versions(session: Session, template_id: UUID, *, cursor: str | None, limit: int) -> Rows:
    """A page of a template's versions, the newest first, without what they say."""
    statement = select(
        TemplateVersion.version,
        person(TemplateVersion.created_by).label("author"),
        TemplateVersion.note,
        TemplateVersion.created_at,
    ).where(TemplateVersion.template_id == template_id)
    return read_page(session, statement, order=VERSION_ORDER, cursor=cursor, limit=limit)


def find_version(session: Session, template_id: UUID, version: int) -> TemplateVersion | None:
    """One version, whole."""
    return session.scalar(
        select(TemplateVersion).where(TemplateVersion.template_id == template_id, TemplateVersion.version == version)
    )


def newest_version(session: Session, template_id: UUID) -> int:
    """The number of the newest version, offered or not; 0 where there is none."""
    return (
        session.scalar(
            select(func.coalesce(func.max(TemplateVersion.version), 0)).where(
                TemplateVersion.template_id == template_id
            )
        )
        or 0
    )


def find_review(session: Session, template_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """The newest request about a template, waiting or decided, with its people."""
    statement = select(
        TemplateReview,
        person(TemplateReview.requested_by).label("requester"),
        person(TemplateReview.decided_by).label("decider"),
    ).where(TemplateReview.template_id == template_id)
    newest = statement.order_by(TemplateReview.created_at.desc(), TemplateReview.id.desc()).limit(1)
    return session.execute(newest).one_or_none()


def find_waiting(session: Session, template_id: UUID) -> TemplateReview | None:
    """The request about a template that nobody has decided yet."""
    return session.scalar(
        select(TemplateReview).where(TemplateReview.template_id == template_id, TemplateReview.decision.is_(None))
    )


def is_approved_as_public(session: Session, template_id: UUID, version: int, *, card: Mapping[str, Any]) -> bool:
    """Whether somebody has agreed to that version's being public with that card."""
    approved = exists().where(
        TemplateReview.template_id == template_id,
        TemplateReview.version == version,
        TemplateReview.makes_public,
        TemplateReview.decision == ReviewDecision.APPROVED,
        TemplateReview.card == dict(card),
    )
    return bool(session.scalar(select(approved)))


def load_review(session: Session, review_id: UUID, *, for_update: bool = False) -> TemplateReview | None:
    """One request, to decide it (`for_update`: as it stands once it is locked)."""
    statement = select(TemplateReview).where(TemplateReview.id == review_id)
    if for_update:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalar(statement)
