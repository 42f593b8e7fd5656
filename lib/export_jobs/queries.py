"""Every select on exports; the policies leave a person their own."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from lib import clock
from lib.access.actor import Actor
from lib.models.export_job import UNDER_WAY, ExportJob, ExportKind, ExportStatus


def list_exports(session: Session, actor: Actor, kind: ExportKind) -> Sequence[ExportJob]:
    """Those of the person that are there, the newest first."""
    return session.scalars(
        _there(actor).where(ExportJob.kind == kind).order_by(ExportJob.asked_at.desc(), ExportJob.id.desc())
    ).all()


def find_export(session: Session, actor: Actor, export_id: UUID) -> ExportJob | None:
    """One of the person's that is there."""
    return session.scalar(_there(actor).where(ExportJob.id == export_id))


def count_exports(session: Session, actor: Actor) -> tuple[int, int]:
    """How many the person waits for, and how many there are of theirs; until the end of the transaction none is added.

    Two tabs may ask at once.
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"exports of {actor.user_id}", 0))))
    under_way = func.count().filter(ExportJob.status.in_(UNDER_WAY))
    row = session.execute(select(under_way, func.count()).where(*_is_theirs(actor))).one()
    return row[0], row[1]


def remove_export(session: Session, export_id: UUID) -> bool:
    """Have one of the person's removed; whether there is such a one."""
    return session.scalar(select(func.api.remove_export(export_id))) or False


def _there(actor: Actor) -> Select[ExportJob]:
    return select(ExportJob).where(*_is_theirs(actor))


def _is_theirs(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """The person's, but those that are to be removed."""
    return (
        ExportJob.organization_id == actor.organization_id,
        ExportJob.user_id == actor.user_id,
        ExportJob.status != ExportStatus.REMOVING,
        ExportJob.expires_at.is_(None) | (ExportJob.expires_at > clock.now()),
    )
