"""What somebody is writing for a template's next version, kept with every edit; nobody else sees it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.session import tenant_session
from lib.errors import NotFound
from lib.models.template import OrchestrationTemplate, TemplateDraft
from lib.templates import queries
from lib.templates.versions import queries as version_queries
from lib.templates.views import Draft


def find_draft(actor: Actor, template_id: UUID) -> Draft | None:
    """The person's draft of the template; None where they have none. Raises `NotPermitted`."""
    actor.require(Permission.TEMPLATES_VIEW)
    with tenant_session(actor) as session:
        found = version_queries.find_draft(session, actor, template_id)
        if found is None:
            return None
        return Draft(base_version=found.base_version, content=found.content, updated_at=found.updated_at)


def keep_draft(actor: Actor, template_id: UUID, content: Mapping[str, Any], *, base_version: int) -> None:
    """Keep what was written so far, finished or not. Raises `NotFound`, `NotPermitted`."""
    with tenant_session(actor) as session:
        template = _get(queries.load_template(session, template_id))
        actor.require(Permission.TEMPLATES_EDIT, created_by=template.created_by)
        values = {"base_version": base_version, "content": dict(content)}
        written = insert(TemplateDraft).values(
            organization_id=actor.organization_id, template_id=template_id, created_by=actor.user_id, **values
        )
        session.execute(
            written.on_conflict_do_update(constraint="template_drafts_template_id_created_by_key", set_=values)
        )


def discard_draft(actor: Actor, template_id: UUID) -> None:
    """Forget what was written since the last version. Raises `NotPermitted`."""
    actor.require(Permission.TEMPLATES_VIEW)
    with tenant_session(actor) as session:
        session.execute(
            delete(TemplateDraft).where(
                TemplateDraft.template_id == template_id, TemplateDraft.created_by == actor.user_id
            )
        )


def _get(template: OrchestrationTemplate | None) -> OrchestrationTemplate:
    if template is None:
        raise NotFound("template")
    return template
