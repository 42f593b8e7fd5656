"""Every select on retention; what is too old, the database's functions say, for pages and workers alike."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Integer,
    Row,
    Text,
    Uuid,
    cast,
    column,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from lib.models.audit_log import AuditLog
from lib.models.people import people
from lib.models.project import Project
from lib.models.retention import LegalHold, RetentionKind, RetentionProgress

#: What the trail says of a removal.
REMOVED: Final = "retention.remove"
_MOMENT: Final = DateTime(timezone=True)
_MOST_CHOICES: Final = 500


def preview(
    session: Session, organization_id: UUID, settings: Mapping[str, Any] | None, *, most: int
) -> Mapping[str, Any]:
    """By kind, what would go if the settings were these, or as they stand; see api.preview_retention."""
    asked = func.api.preview_retention(organization_id, cast(settings, JSONB(none_as_null=True)), most, type_=JSONB())
    found: Any = session.execute(select(asked)).scalar_one()
    return dict(found)


def remove_now(session: Session, organization_id: UUID, kind: str, *, most: int, without_waiting: bool) -> int | None:
    """Remove the next batch; how many rows went, and None where a worker is at it."""
    asked = func.api.expire_now(organization_id, kind, most, without_waiting, type_=BigInteger())
    found: int | None = session.execute(select(asked)).scalar_one()
    return found


def accept_seal(session: Session, organization_id: UUID, *, number: int) -> bool:
    """Let a removal go on past it; False where it is not the first that does not hold."""
    return bool(session.scalar(select(func.api.accept_seal(organization_id, number))))


def find_broken_seal(session: Session, organization_id: UUID) -> int | None:
    """At which the last removal of the trail has stopped."""
    return session.scalar(
        select(RetentionProgress.broken_seal).where(
            RetentionProgress.organization_id == organization_id, RetentionProgress.kind == RetentionKind.AUDIT
        )
    )


def list_holds(session: Session, organization_id: UUID, *, most: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Those that are open first, then those that were; of each the newest first."""
    placer, releaser = people.alias("placer"), people.alias("releaser")
    statement = (
        select(
            LegalHold.id,
            LegalHold.project_id,
            Project.name.label("project"),
            LegalHold.reason,
            placer.c.name.label("placed_by"),
            LegalHold.placed_at,
            releaser.c.name.label("released_by"),
            LegalHold.released_at,
        )
        .outerjoin(Project, Project.id == LegalHold.project_id)
        .outerjoin(placer, placer.c.id == LegalHold.placed_by)
        .outerjoin(releaser, releaser.c.id == LegalHold.released_by)
        .where(LegalHold.organization_id == organization_id)
        .order_by(LegalHold.released_at.is_not(None), LegalHold.placed_at.desc(), LegalHold.id)
    )
    return session.execute(statement.limit(most)).all()


def list_projects(session: Session, organization_id: UUID) -> Mapping[UUID, str]:
    """Names of all that the person sees, archived ones too, the newest first."""
    statement = select(Project.id, Project.name).where(Project.organization_id == organization_id)
    found = session.execute(statement.order_by(Project.created_at.desc(), Project.id).limit(_MOST_CHOICES))
    return {row.id: row.name for row in found}


def has_project(session: Session, organization_id: UUID, project_id: UUID) -> bool:
    """Whether the person sees it."""
    statement = select(Project.id).where(Project.organization_id == organization_id, Project.id == project_id)
    return session.scalar(statement) is not None


def list_removals(session: Session, organization_id: UUID, *, most: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """What the trail tells of removals, the newest first."""
    statement = select(AuditLog.id, AuditLog.created_at, AuditLog.new_values).where(
        AuditLog.organization_id == organization_id, AuditLog.action == REMOVED
    )
    return session.execute(statement.order_by(AuditLog.created_at.desc(), AuditLog.id.desc()).limit(most)).all()


def read_retention(session: Session) -> Sequence[Row[*tuple[Any, ...]]]:
    """By organization and kind, for the operator."""
    found = func.api.read_retention().table_valued(
        column("organization_id", Uuid()),
        column("name", Text()),
        column("kind", Text()),
        column("days", Integer()),
        column("day", Date()),
        column("before", _MOMENT),
        column("removed", JSONB()),
        column("ended_at", _MOMENT),
        column("failed_at", _MOMENT),
        column("failure", Text()),
        column("holds", BigInteger()),
        column("broken_seal", BigInteger()),
    )
    return session.execute(select(found)).all()
