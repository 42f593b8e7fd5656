"""Every select on connections."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, Uuid, case, cast, column, func, select, values
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.orm import Session

from lib.connections.structures import CallableConnection, OfferedConnection
from lib.models.connection import ProviderConnection
from lib.models.organization import Organization
from lib.models.project import Project
from lib.models.run import OrchestrationRun, PhaseExecution
from lib.models.template import OrchestrationTemplate
from lib.runs.states import FINAL_RUN_STATUSES


def list_connections(session: Session) -> Sequence[ProviderConnection]:
    """The organization's, by name. There are few of them."""
    order = func.lower(ProviderConnection.name), ProviderConnection.id
    return session.scalars(select(ProviderConnection).order_by(*order)).all()


def order_by_name(session: Session, names: Mapping[UUID, str]) -> Sequence[UUID]:
    """How connections of these names would be listed; only PostgreSQL knows its own alphabet."""
    listed = values(column("id", Uuid()), column("name", String()), name="listed").data(list(names.items()))
    return session.scalars(select(listed.c.id).order_by(func.lower(listed.c.name), listed.c.id)).all()


def load_connection(session: Session, connection_id: UUID, *, for_update: bool = False) -> ProviderConnection | None:
    """The row, without its key; `for_update` locks it."""
    statement = select(ProviderConnection).where(ProviderConnection.id == connection_id)
    return session.scalar(statement.with_for_update() if for_update else statement)


def mark_keys(session: Session, *, connection_id: UUID | None = None) -> Mapping[UUID, str]:
    """What tells each key from the one before it, and nothing about it: a digest of it as it is sealed.

    Each sealing is another one, also of the same key. Empty for who may not edit connections, and without a key.
    """
    sealed = func.api.open_connection(ProviderConnection.slug, type_=JSONB)["encrypted_key"].astext
    digest = func.encode(func.sha256(func.convert_to(sealed, "UTF8")), "hex")
    mark = func.coalesce(case((func.api.may("connections.manage"), digest)), "")
    statement = select(ProviderConnection.id, mark)
    if connection_id is not None:
        statement = statement.where(ProviderConnection.id == connection_id)
    return {row.id: row[1] for row in session.execute(statement)}


def find_callable(session: Session, slug: str) -> CallableConnection | None:
    """What a call needs, with the sealed key, for whoever may make one."""
    found = session.scalar(select(func.api.open_connection(slug)))
    return None if found is None else CallableConnection.model_validate(found)


def list_offered(session: Session) -> tuple[OfferedConnection, ...]:
    """The active ones, for whoever may launch runs."""
    found = session.scalar(select(func.api.offered_connections()))
    return tuple(OfferedConnection.model_validate(one) for one in found or ())


def count_runs(session: Session, organization_id: UUID, slug: str) -> int:
    """Runs that have not ended and have a phase that asks it."""
    asks_it = PhaseExecution.model.startswith(f"{slug}:", autoescape=True)
    return _count(
        session,
        select(OrchestrationRun.id)
        .join(PhaseExecution, PhaseExecution.run_id == OrchestrationRun.id)
        .where(
            OrchestrationRun.organization_id == organization_id,
            OrchestrationRun.status.not_in(FINAL_RUN_STATUSES),
            asks_it,
        )
        .distinct(),
    )


def count_projects(session: Session, organization_id: UUID, slug: str) -> int:
    """Projects whose default it is."""
    default = Project.settings["default_ai_model"].astext
    return _count(
        session,
        select(Project.id).where(Project.organization_id == organization_id, _is_of(default, slug)),
    )


def count_templates(session: Session, organization_id: UUID, slug: str) -> int:
    """Templates that name one of its models, for all phases or for one."""
    names_it = func.jsonb_path_exists(
        OrchestrationTemplate.template_data,
        cast("$.**.model ? (@ starts with $slug)", JSONPATH),
        func.jsonb_build_object("slug", f"{slug}:"),
    )
    return _count(
        session,
        select(OrchestrationTemplate.id).where(
            OrchestrationTemplate.organization_id == organization_id,
            OrchestrationTemplate.deleted_at.is_(None),
            names_it,
        ),
    )


def is_organization_default(session: Session, organization_id: UUID, slug: str) -> bool:
    """Whether one of its models is the organization's default."""
    default = Organization.settings["default_ai_model"].astext
    found = session.scalar(select(Organization.id).where(Organization.id == organization_id, _is_of(default, slug)))
    return found is not None


def _is_of(model: ColumnElement[str], slug: str) -> ColumnElement[bool]:
    return model.cast(String).startswith(f"{slug}:", autoescape=True)


def _count(session: Session, found: Select[UUID]) -> int:
    return session.scalars(select(func.count()).select_from(found.subquery())).one()
