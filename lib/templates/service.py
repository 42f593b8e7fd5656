"""What people do with templates: choose one to launch."""

import logging
from dataclasses import dataclass
from uuid import UUID

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.session import tenant_session
from lib.errors import PlanInvalid
from lib.templates import queries
from lib.templates.inputs import InputField
from lib.templates.structure import parse_template

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateChoice:
    """A template that a run can be launched from."""

    id: UUID
    name: str
    description: str
    publisher_name: str
    is_builtin: bool
    version: int
    phase_names: tuple[str, ...]
    inputs: tuple[InputField, ...]
    #: What the template itself proposes, as `provider:model`.
    model: str | None


def list_template_choices(actor: Actor, *, limit: int = 200) -> tuple[TemplateChoice, ...]:
    """Templates to launch from: the organization's own, then the public ones.

    One that can't be read, because a newer version wrote it, is left out: the others can be launched all the same.
    """
    actor.require(Permission.TEMPLATES_VIEW)
    with tenant_session(actor) as session:
        templates = queries.list_usable(session, limit=limit)
    choices = []
    for template in templates:
        try:
            data = parse_template(template.template_data)
        except PlanInvalid as error:
            log.warning("Template %s is left out: %s", template.id, error.message)
            continue
        choices.append(
            TemplateChoice(
                id=template.id,
                name=template.name,
                description=template.description or data.description,
                publisher_name=template.publisher_name or "",
                is_builtin=template.organization_id is None,
                version=template.version,
                phase_names=tuple(phase.name for phase in data.phases),
                inputs=data.inputs,
                model=data.model,
            )
        )
    return tuple(choices)
