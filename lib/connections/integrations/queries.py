"""Every select on integration connections."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import cast, func, select
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.orm import Session

from lib.connections.integrations.views import OfferedIntegration
from lib.models.connection import IntegrationConnection
from lib.models.template import OrchestrationTemplate


def list_integrations(session: Session) -> Sequence[IntegrationConnection]:
    """The organization's, by name. There are few of them."""
    order = func.lower(IntegrationConnection.name), IntegrationConnection.id
    return session.scalars(select(IntegrationConnection).order_by(*order)).all()


def load_integration(
    session: Session, integration_id: UUID, *, for_update: bool = False
) -> IntegrationConnection | None:
    """The row, without its secret; `for_update` locks it."""
    statement = select(IntegrationConnection).where(IntegrationConnection.id == integration_id)
    return session.scalar(statement.with_for_update() if for_update else statement)


def find_sealed(session: Session, slug: str) -> Mapping[str, Any] | None:
    """What a try of it needs, with the sealed secret, for whoever may manage connections."""
    found: Mapping[str, Any] | None = session.scalar(select(func.api.open_integration(slug, type_=JSONB)))
    return found


def list_offered(session: Session) -> tuple[OfferedIntegration, ...]:
    """The active ones, for whoever sees runs."""
    found = session.scalar(select(func.api.offered_integrations(type_=JSONB)))
    return tuple(OfferedIntegration.model_validate(one) for one in found or ())


def count_templates(session: Session, organization_id: UUID, slug: str) -> int:
    """Templates with an operation that goes by it."""
    names_it = func.jsonb_path_exists(
        OrchestrationTemplate.template_data,
        cast("$.phases[*].operations[*].parameters.connection ? (@ == $slug)", JSONPATH),
        func.jsonb_build_object("slug", slug),
    )
    statement = select(func.count()).where(
        OrchestrationTemplate.organization_id == organization_id,
        OrchestrationTemplate.deleted_at.is_(None),
        names_it,
    )
    return session.scalars(statement).one()
