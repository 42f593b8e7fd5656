"""The rows of templates for the use cases: seen, launched from, edited, decided about."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.errors import Conflict, NotFound, NotPermitted
from lib.models.template import OrchestrationTemplate, TemplateStatus
from lib.templates import queries
from lib.templates.structure import TemplateData, parse_template


def get_row(session: Session, template_id: UUID) -> Row[*tuple[Any, ...]]:
    """What the person can see of a template. Raises `NotFound`."""
    template = queries.find_readable(session, template_id)
    if template is None:
        raise NotFound("template")
    return template


def get_launchable(session: Session, actor: Actor, template_id: UUID) -> Row[*tuple[Any, ...]]:
    """The same of one that this person can launch from. Raises `NotFound`."""
    template = get_row(session, template_id)
    if not queries.can_launch(session, actor, template_id):
        raise NotFound("template")
    return template


def read_data(actor: Actor, template: Row[*tuple[Any, ...]]) -> TemplateData:
    """What a template says, for the actor's organization to launch or to copy it. Raises `PlanInvalid`.

    Of somebody else's template nothing leads outside unasked: whoever wrote it may choose the address, and not that
    this organization's answers go there without a word of its own people.
    """
    data = parse_template(template.template_data)
    return data if template.organization_id == actor.organization_id else data.asking_first()


def refuse_withdrawn(session: Session, actor: Actor, template_id: UUID) -> None:
    """Raise `NotFound` or `Conflict` for a template that one could launch from a moment ago, and no longer."""
    template = get_row(session, template_id)
    if not queries.can_launch(session, actor, template_id):
        message = (
            f"The template “{template.name}” is {template.status.replace('_', ' ')} by now, so nothing was launched. "
            "Choose another one."
        )
        raise Conflict(message)


def get_editable(session: Session, actor: Actor, template_id: UUID) -> OrchestrationTemplate:
    """The row of a template that this person may edit, not locked. Raises `NotFound`, `NotPermitted`."""
    seen = _get_of_organization(session, actor, template_id, needs=Permission.TEMPLATES_EDIT)
    actor.require(Permission.TEMPLATES_EDIT, created_by=seen.created_by)
    return _load(session, template_id)


def get_own(session: Session, actor: Actor, template_id: UUID) -> OrchestrationTemplate:
    """The same, locked. The row is locked only now: the policy lets nobody lock what they may not change."""
    get_editable(session, actor, template_id)
    return _load(session, template_id, for_update=True)


def lock_to_decide(session: Session, actor: Actor, template_id: UUID) -> OrchestrationTemplate:
    """The row of a template about which this person may decide, locked. Raises `NotFound`, `NotPermitted`."""
    _get_of_organization(session, actor, template_id, needs=Permission.TEMPLATES_PUBLISH)
    actor.require(Permission.TEMPLATES_PUBLISH)
    return _load(session, template_id, for_update=True)


def require_publisher(actor: Actor, template: OrchestrationTemplate) -> None:
    """Raise `NotPermitted` for what others rely on, where the person may not publish."""
    if template.status == TemplateStatus.PUBLISHED:
        actor.require(Permission.TEMPLATES_PUBLISH)


def _get_of_organization(
    session: Session, actor: Actor, template_id: UUID, *, needs: Permission
) -> Row[*tuple[Any, ...]]:
    seen = get_row(session, template_id)
    if seen.organization_id != actor.organization_id:
        message = "This template is another organization's. Fork it, and the copy is yours to edit."
        raise NotPermitted(needs, message, who=actor)
    return seen


def _load(session: Session, template_id: UUID, *, for_update: bool = False) -> OrchestrationTemplate:
    template = queries.load_template(session, template_id, for_update=for_update)
    if template is None:
        raise NotFound("template")
    return template
