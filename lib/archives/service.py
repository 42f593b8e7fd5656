"""What people do with archives: have one made, look at it, take its file, have it restored, remove it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Final
from uuid import UUID

from sqlalchemy import Row, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.archives import queries
from lib.archives.shelf import ARCHIVES
from lib.archives.views import MOST_COUNTED, ArchiveForesight, ArchiveView, ProjectArchives
from lib.audit.events import record_event
from lib.db.constraints import constraint_of
from lib.db.session import tenant_session
from lib.errors import Conflict, NotFound
from lib.file_names import file_name
from lib.models.archive import Archive, ArchiveStatus
from lib.models.project import ProjectStatus
from lib.shelf.store import Store

#: Why runs are not moved, nor an archive deleted.
HELD: Final = (
    "A legal hold keeps what belongs to this project where it is. Somebody who may edit the organization can "
    "release it, on the page Organization."
)
_UNDER_WAY: Final = "idx_archives_under_way"
BEING_WORKED_ON: Final = "An archive of this project is being worked on already. Wait until that is done."


def list_archives(actor: Actor, project_id: UUID) -> ProjectArchives:
    """Those of a project; none for whoever sees only what they made. Raises `NotPermitted`."""
    actor.require(Permission.PROJECTS_VIEW)
    may_manage = actor.may(Permission.PROJECTS_ARCHIVE) and not actor.sees_own_only
    with tenant_session(actor) as session:
        archives = tuple(map(_view, queries.list_archives(session, actor.organization_id, project_id)))
        may_archive = False
        if may_manage and not any(archive.is_under_way for archive in archives):
            project = queries.find_project(session, actor.organization_id, project_id)
            may_archive = (
                project is not None
                and project.status != ProjectStatus.ACTIVE
                and queries.has_runs(session, actor.organization_id, project_id)
            )
        return ProjectArchives(archives=archives, may_archive=may_archive, may_manage=may_manage)


def foresee_archive(actor: Actor, project_id: UUID) -> ArchiveForesight:
    """What would be moved. Raises `NotFound`, `NotPermitted`."""
    actor.require(Permission.PROJECTS_ARCHIVE)
    with tenant_session(actor) as session:
        if queries.find_project(session, actor.organization_id, project_id) is None:
            raise NotFound("project")
        runs, phases, operations = queries.count_runs(session, actor.organization_id, project_id, most=MOST_COUNTED)
        is_held = queries.is_held(session, project_id)
        return ArchiveForesight(runs=runs, phases=phases, operations=operations, is_held=is_held)


def ask_archive(actor: Actor, project_id: UUID) -> UUID:
    """Have a worker move the runs of a project that is done with into a file; the archive's id.

    Raises `NotFound`, `NotPermitted`, and `Conflict` while the project is active, has no runs or one that has not
    ended, an archive of it is under way, or a legal hold keeps its runs.
    """
    actor.require(Permission.PROJECTS_ARCHIVE)
    with _one_at_a_time(), tenant_session(actor) as session:
        project = queries.find_project(session, actor.organization_id, project_id)
        if project is None:
            raise NotFound("project")
        if project.status == ProjectStatus.ACTIVE:
            message = "This project is active. Mark it as completed or archive it first, then move its runs."
            raise Conflict(message)
        if session.scalar(select(func.api.count_open_runs(project_id))):
            message = "A run of this project has not ended. Wait for its end or cancel it, then move its runs."
            raise Conflict(message)
        if not queries.has_runs(session, actor.organization_id, project_id):
            message = "This project has no runs that could be moved."
            raise Conflict(message)
        _refuse_held(session, project_id)
        values = {"organization_id": actor.organization_id, "project_id": project_id, "project_name": project.name}
        return session.scalars(insert(Archive).values(**values).returning(Archive.id)).one()


def ask_restore(actor: Actor, archive_id: UUID) -> None:
    """Have a worker bring its runs back.

    Raises `NotFound`, `NotPermitted`, and `Conflict` where it stands otherwise.
    """
    _move(actor, archive_id, ArchiveStatus.RESTORING, from_={ArchiveStatus.MADE, ArchiveStatus.RESTORED})


def remove_archive(actor: Actor, archive_id: UUID) -> None:
    """Have its file removed: for ever, with the runs where they are in it alone.

    Raises `NotFound`, `NotPermitted`, and `Conflict` where it stands otherwise or a legal hold keeps it.
    """
    _move(actor, archive_id, ArchiveStatus.REMOVING, from_={ArchiveStatus.MADE, ArchiveStatus.RESTORED})


def export_archive(actor: Actor, archive_id: UUID, file: BinaryIO) -> str:
    """Copy its file there and say what that is called; recorded as `archives.export`.

    Raises `NotFound`, `NotPermitted`, `FileGone`, `OrchestratorError` where a bucket does not give it.
    """
    actor.require(Permission.PROJECTS_ARCHIVE)
    with tenant_session(actor) as session:
        row = queries.find_archive(session, actor.organization_id, archive_id)
        if row is None or not _view(row).has_file:
            raise NotFound("archive")
        values = {"project_id": str(row.project_id), "sha256": row.sha256, "bytes": row.bytes, "runs": row.runs}
        record_event(session, "archives.export", resource_type="archives", resource_id=archive_id, values=values)
    ARCHIVES.copy(row.store, row.file, file)
    return file_name("archive", row.project_name, ending=f"-{row.made_at:%Y-%m-%d}.zip")


def find_archive_of_run(actor: Actor, run_id: UUID) -> ArchiveView | None:
    """The archive in which a run lies that is not here; None where there is none, or it is not theirs to see."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    if actor.sees_own_only or not actor.may(Permission.PROJECTS_VIEW):
        return None
    with tenant_session(actor) as session:
        archive_id = queries.find_archive_of(session, run_id)
        row = queries.find_archive(session, actor.organization_id, archive_id) if archive_id else None
        return _view(row) if row else None


def _refuse_held(session: Session, project_id: UUID) -> None:
    if queries.is_held(session, project_id):
        raise Conflict(HELD)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Raise `Conflict` where another archive of the project is under way, which its index knows."""
    try:
        yield
    except IntegrityError as error:
        if constraint_of(error) != _UNDER_WAY:
            raise
        raise Conflict(BEING_WORKED_ON) from error


def _move(actor: Actor, archive_id: UUID, status: ArchiveStatus, *, from_: set[ArchiveStatus]) -> None:
    actor.require(Permission.PROJECTS_ARCHIVE)
    with _one_at_a_time(), tenant_session(actor) as session:
        archive = queries.load_archive(session, actor.organization_id, archive_id)
        if archive is None:
            raise NotFound("archive")
        if archive.status not in from_:
            message = "This archive does not stand as you saw it any more. Reload to see it."
            raise Conflict(message)
        if status is ArchiveStatus.REMOVING:
            _refuse_held(session, archive.project_id)
        archive.status = status


def _view(row: Row[*tuple[Any, ...]]) -> ArchiveView:
    values = row._asdict()
    values.pop("file")
    store = values.pop("store")
    return ArchiveView(**values | {"status": ArchiveStatus(row.status), "store": Store(store) if store else None})
