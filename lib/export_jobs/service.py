"""What people do with long files: have one written, see how it stands, take it along, remove it."""

from typing import BinaryIO, Final
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.audit.events import record_event
from lib.db.session import tenant_session
from lib.errors import Conflict, NotFound, NotPermitted
from lib.export_jobs import queries
from lib.export_jobs.kinds import KINDS, read_query
from lib.export_jobs.shelf import EXPORTS
from lib.export_jobs.views import ExportEntry, ExportList
from lib.exports import ExportFormat
from lib.models.export_job import ExportJob, ExportKind, ExportStatus
from lib.organizations.queries import read_tier
from lib.organizations.tiers import require_feature
from lib.runs.queries import count_live_workers

#: Of a person, whatever they are of: a worker writes one after another, and the disk has room for so many.
MOST_UNDER_WAY, MOST_KEPT = 5, 20
_BEYOND: Final = (
    "This file has what others made as well, and your organization shows you only what you made by now. Ask for the "
    "file anew."
)


def ask_export(actor: Actor, kind: ExportKind, *, query: str, file_format: ExportFormat) -> UUID:
    """Have a worker write the rows that the address of the file means; the export's id.

    Raises `NotPermitted`, `InvalidInput` for an address that means nothing, and `Conflict` where the tier of the
    organization has no such file, or the person has as many as they may.
    """
    KINDS[kind].require(actor)
    said = read_query(kind, query)
    with tenant_session(actor) as session:
        _require_tier(session, actor, kind)
        under_way, kept = queries.count_exports(session, actor)
        if under_way >= MOST_UNDER_WAY:
            message = f"{MOST_UNDER_WAY} files of yours are being written. Wait for one of them, or remove it."
            raise Conflict(message)
        if kept >= MOST_KEPT:
            message = f"You have {MOST_KEPT} written files, and no more are kept. Remove one that you don't need."
            raise Conflict(message)
        values = {
            "organization_id": actor.organization_id,
            "user_id": actor.user_id,
            "kind": kind,
            "query": said,
            "format": file_format,
        }
        return session.scalars(insert(ExportJob).values(**values).returning(ExportJob.id)).one()


def list_exports(actor: Actor, kind: ExportKind) -> ExportList:
    """The person's of that kind. Raises `NotPermitted`."""
    KINDS[kind].require(actor)
    with tenant_session(actor) as session:
        entries = tuple(_entry(job, actor) for job in queries.list_exports(session, actor, kind))
        return ExportList(entries=entries, live_workers=count_live_workers(session))


def remove_export(actor: Actor, export_id: UUID) -> None:
    """Have one of the person's removed, with its file; one that is being written is not kept. Raises `NotFound`."""
    with tenant_session(actor) as session:
        if not queries.remove_export(session, export_id):
            raise NotFound("export")


def open_export(actor: Actor, export_id: UUID, file: BinaryIO) -> str:
    """Copy its file there and say what that is called; recorded as `export_jobs.export`.

    What counts is what the person may do today. Raises `NotFound`, `NotPermitted`, `Conflict` where the tier of the
    organization has no such file any more, `FileGone`, and `OrchestratorError` where a bucket does not give it.
    """
    with tenant_session(actor) as session:
        job = queries.find_export(session, actor, export_id)
        if job is None or job.status != ExportStatus.MADE or job.made_at is None:
            raise NotFound("export")
        kind = KINDS[ExportKind(job.kind)]
        kind.require(actor)
        _require_tier(session, actor, ExportKind(job.kind))
        if _is_beyond(job, actor):
            raise NotPermitted(kind.permissions[0], _BEYOND, who=actor)
        values = {"kind": job.kind, "format": job.format, "rows": job.rows, "bytes": job.bytes, "is_cut": job.is_cut}
        record_event(session, "export_jobs.export", resource_type="export_jobs", resource_id=export_id, values=values)
    EXPORTS.copy(job.store or "", job.file or "", file)
    return f"{kind.name}-{job.made_at:%Y-%m-%d}.{job.format}"


def _require_tier(session: Session, actor: Actor, kind: ExportKind) -> None:
    if feature := KINDS[kind].feature:
        require_feature(read_tier(session, actor.organization_id), feature)


def _is_beyond(job: ExportJob, actor: Actor) -> bool:
    return actor.sees_own_only and not job.saw_own_only


def _entry(job: ExportJob, actor: Actor) -> ExportEntry:
    return ExportEntry(
        id=job.id,
        kind=ExportKind(job.kind),
        query=job.query,
        format=ExportFormat(job.format),
        status=ExportStatus(job.status),
        failure=job.failure,
        bytes=job.bytes,
        rows=job.rows,
        is_cut=bool(job.is_cut),
        asked_at=job.asked_at,
        made_at=job.made_at,
        expires_at=job.expires_at,
        is_beyond=job.status == ExportStatus.MADE and _is_beyond(job, actor),
    )
