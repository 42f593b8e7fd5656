"""Archives as PostgreSQL finds them, by the rules of who asks."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from lib.db.paging import count_at_most
from lib.models.archive import Archive, ArchiveStatus
from lib.models.operation import IntegrationOperation
from lib.models.people import people
from lib.models.project import Project
from lib.models.run import OrchestrationRun, PhaseExecution


def list_archives(session: Session, organization_id: UUID, project_id: UUID) -> Sequence[Row[*tuple[Any, ...]]]:
    """A project's, the newest first; of those whose file was removed none, and of those not made the last alone."""
    of_project = _archives(organization_id).where(Archive.project_id == project_id)
    newest = select(func.max(Archive.asked_at)).where(
        Archive.organization_id == organization_id, Archive.project_id == project_id
    )
    return session.execute(
        of_project.where(
            Archive.status != ArchiveStatus.REMOVED,
            Archive.removed_at.is_(None),
            (Archive.status != ArchiveStatus.FAILED) | (Archive.asked_at == newest.scalar_subquery()),
        ).order_by(Archive.asked_at.desc(), Archive.id.desc())
    ).all()


def find_archive(session: Session, organization_id: UUID, archive_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """One archive."""
    return session.execute(_archives(organization_id).where(Archive.id == archive_id)).one_or_none()


def load_archive(session: Session, organization_id: UUID, archive_id: UUID) -> Archive | None:
    """The row itself, locked by who may change it."""
    return session.scalar(
        select(Archive)
        .where(Archive.organization_id == organization_id, Archive.id == archive_id)
        .with_for_update(key_share=True)
    )


def find_archive_of(session: Session, run_id: UUID) -> UUID | None:
    """The archive in which a run lies."""
    return session.scalar(select(func.api.find_archive_of(run_id)))


def is_held(session: Session, project_id: UUID) -> bool:
    """Whether a legal hold keeps what belongs to the project."""
    return session.scalar(select(func.api.is_project_held(project_id))) or False


def find_project(session: Session, organization_id: UUID, project_id: UUID) -> Project | None:
    """The project whose runs it is about."""
    return session.scalar(select(Project).where(Project.organization_id == organization_id, Project.id == project_id))


def has_runs(session: Session, organization_id: UUID, project_id: UUID) -> bool:
    """Whether there is any run of the project."""
    return session.scalar(select(_runs(organization_id, project_id).exists())) or False


def count_runs(session: Session, organization_id: UUID, project_id: UUID, *, most: int) -> tuple[int, int, int]:
    """Its runs, phases and operations, counted no further than that."""
    runs = _runs(organization_id, project_id)
    counted = [runs] + [
        select(table.id).where(table.organization_id == organization_id, table.run_id.in_(runs))
        for table in (PhaseExecution, IntegrationOperation)
    ]
    return tuple(count_at_most(session, each, most=most) for each in counted)  # type: ignore[return-value] # three


def _runs(organization_id: UUID, project_id: UUID) -> Select[UUID]:
    return select(OrchestrationRun.id).where(
        OrchestrationRun.organization_id == organization_id, OrchestrationRun.project_id == project_id
    )


def _archives(organization_id: UUID) -> Select[*tuple[Any, ...]]:
    return select(
        *(
            getattr(Archive, name)
            for name in (
                "id",
                "project_id",
                "project_name",
                "status",
                "failure",
                "asked_at",
                "made_at",
                "bytes",
                "sha256",
                "store",
                "file",
                "cost_usd",
                "unknown_costs",
                "restored_at",
                "removed_at",
            )
        ),
        Archive.run_count.label("runs"),
        Archive.away_count.label("away"),
        func.coalesce(Archive.tables["phase_executions"]["rows"].as_integer(), 0).label("phases"),
        Archive.file_count.label("files"),
        _name(Archive.asked_by).label("asked_by"),
        _name(Archive.restore_asked_by).label("restored_by"),
        _name(Archive.removed_by).label("removed_by"),
    ).where(Archive.organization_id == organization_id)


def _name(user_id: InstrumentedAttribute[UUID | None]) -> ColumnElement[Any]:
    return select(people.c.name).where(people.c.id == user_id).scalar_subquery()
