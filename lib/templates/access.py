"""The rows of templates for the use cases: seen, launched from, edited."""

from uuid import UUID

from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.errors import NotFound, NotPermitted
from lib.models.template import OrchestrationTemplate, TemplateStatus
from lib.templates import queries


def get_row(session: Session, template_id: UUID) -> OrchestrationTemplate:
    """The row of a template that the person can see. Raises `NotFound`."""
    template = queries.load_template(session, template_id)
    if template is None:
        raise NotFound("template")
    return template


def load_launchable(session: Session, actor: Actor, template_id: UUID) -> OrchestrationTemplate:
    """The row of a template that this person can launch from. Raises `NotFound`."""
    template = queries.load_template(session, template_id, launchable_by=actor)
    if template is None:
        raise NotFound("template")
    return template


def get_editable(session: Session, actor: Actor, template_id: UUID) -> OrchestrationTemplate:
    """The row of a template that this person may edit, not locked. Raises `NotFound`, `NotPermitted`."""
    template = get_row(session, template_id)
    if template.organization_id != actor.organization_id:
        message = "This template is another organization's. Fork it, and the copy is yours to edit."
        raise NotPermitted(Permission.TEMPLATES_EDIT, message)
    actor.require(Permission.TEMPLATES_EDIT, created_by=template.created_by)
    return template


def get_own(session: Session, actor: Actor, template_id: UUID) -> OrchestrationTemplate:
    """The same, locked. The row is locked only now: the policy lets nobody lock what they may not change."""
    get_editable(session, actor, template_id)
    locked = queries.load_template(session, template_id, for_update=True)
    if locked is None:
        raise NotFound("template")
    return locked


def require_publisher(actor: Actor, template: OrchestrationTemplate) -> None:
    """Raise `NotPermitted` for what others rely on, where the person may not publish."""
    if template.status == TemplateStatus.PUBLISHED:
        actor.require(Permission.TEMPLATES_PUBLISH)
