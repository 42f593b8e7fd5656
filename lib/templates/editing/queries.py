"""The selects of the editor."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.models.template import TemplateDraft, TemplateVersion
from lib.users.queries import person


def find_newest(session: Session, template_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """The newest version, offered or not, with its author."""
    statement = select(TemplateVersion, person(TemplateVersion.created_by).label("author"))
    newest = statement.where(TemplateVersion.template_id == template_id).order_by(TemplateVersion.version.desc())
    return session.execute(newest.limit(1)).one_or_none()


def lock_draft(session: Session, actor: Actor, template_id: UUID) -> TemplateDraft | None:
    """The person's own draft, as it stands once it is locked."""
    statement = select(TemplateDraft).where(
        TemplateDraft.template_id == template_id, TemplateDraft.created_by == actor.user_id
    )
    return session.scalar(statement.with_for_update().execution_options(populate_existing=True))
