"""The selects of the editor."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.models.template import TemplateDraft, TemplateVersion
from lib.users.queries import person


def find_newest(session: Session, template_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """The newest version, offered or not, with its author."""
    statement = select(TemplateVersion, person(TemplateVersion.created_by).label("author"))
    newest = statement.where(TemplateVersion.template_id == template_id).order_by(TemplateVersion.version.desc())
    return session.execute(newest.limit(1)).one_or_none()


def find_draft(session: Session, actor: Actor, template_id: UUID) -> TemplateDraft | None:
    """The person's own draft; there is no other to be seen."""
    return session.scalar(_own_draft(actor, template_id))


def lock_draft(session: Session, actor: Actor, template_id: UUID) -> TemplateDraft | None:
    """The same, as it stands once it is locked."""
    statement = _own_draft(actor, template_id).with_for_update()
    return session.scalar(statement.execution_options(populate_existing=True))


def _own_draft(actor: Actor, template_id: UUID) -> Select[TemplateDraft]:
    return select(TemplateDraft).where(
        TemplateDraft.template_id == template_id, TemplateDraft.created_by == actor.user_id
    )
