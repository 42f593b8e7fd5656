"""Every select on templates."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from lib.models.template import OrchestrationTemplate, TemplateStatus

_OFFERED = (
    OrchestrationTemplate.organization_id,
    OrchestrationTemplate.name,
    OrchestrationTemplate.description,
    OrchestrationTemplate.publisher_name,
    OrchestrationTemplate.version,
    OrchestrationTemplate.template_data,
)


def list_usable(session: Session, *, limit: int) -> Sequence[OrchestrationTemplate]:
    """Published templates that the person can see: their organization's first, then the public ones."""
    return list(
        session.scalars(
            select(OrchestrationTemplate)
            .options(load_only(*_OFFERED))
            .where(OrchestrationTemplate.status == TemplateStatus.PUBLISHED, OrchestrationTemplate.deleted_at.is_(None))
            .order_by(
                OrchestrationTemplate.organization_id.is_(None), OrchestrationTemplate.name, OrchestrationTemplate.id
            )
            .limit(limit)
        )
    )


def load_template(session: Session, template_id: UUID) -> OrchestrationTemplate | None:
    """A template that can be launched from."""
    return session.scalar(
        select(OrchestrationTemplate).where(
            OrchestrationTemplate.id == template_id,
            OrchestrationTemplate.status == TemplateStatus.PUBLISHED,
            OrchestrationTemplate.deleted_at.is_(None),
        )
    )


def find_builtin(session: Session, name: str) -> OrchestrationTemplate | None:
    """The built-in template of that name, locked: two upgrades at once publish it once."""
    return session.scalar(
        select(OrchestrationTemplate)
        .where(OrchestrationTemplate.organization_id.is_(None), OrchestrationTemplate.name == name)
        .with_for_update()
    )
