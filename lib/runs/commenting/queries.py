"""Every select on what people say about runs. What is deleted is not there."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Row, exists, func, select
from sqlalchemy.orm import Session

from lib.db.paging import Order, Rows, read_page
from lib.models.comment import RunComment
from lib.models.run import OrchestrationRun, PhaseExecution
from lib.users.queries import person

_OLDEST: Final = Order("oldest", RunComment.created_at, RunComment.id, is_descending=False)


def list_comments(
    session: Session, organization_id: UUID, run_id: UUID, phase_code: str | None, *, cursor: str | None, limit: int
) -> Rows:
    """A page of what was said of the run as a whole, or of that phase, the oldest first."""
    statement = select(
        RunComment.id,
        RunComment.created_by,
        person(RunComment.created_by).label("author"),
        RunComment.comment_text,
        RunComment.created_at,
        RunComment.edited_at,
    ).where(
        RunComment.organization_id == organization_id,
        RunComment.run_id == run_id,
        RunComment.phase_code.is_not_distinct_from(phase_code),
        RunComment.deleted_at.is_(None),
    )
    return read_page(session, statement, order=_OLDEST, cursor=cursor, limit=limit)


def count_comments(session: Session, organization_id: UUID, run_id: UUID) -> Sequence[Row[str | None, int]]:
    """How many there are of each phase, and of the run as a whole."""
    statement = (
        select(RunComment.phase_code, func.count())
        .where(
            RunComment.organization_id == organization_id,
            RunComment.run_id == run_id,
            RunComment.deleted_at.is_(None),
        )
        .group_by(RunComment.phase_code)
    )
    return session.execute(statement).all()


def load_comment(session: Session, comment_id: UUID) -> RunComment | None:
    """The row, to change it."""
    return session.scalar(select(RunComment).where(RunComment.id == comment_id, RunComment.deleted_at.is_(None)))


def has_run(session: Session, run_id: UUID) -> bool:
    """Whether the person can see the run."""
    return bool(session.scalar(select(exists().where(OrchestrationRun.id == run_id))))


def has_phase(session: Session, run_id: UUID, phase_code: str) -> bool:
    """Whether the run has that phase."""
    found = exists().where(PhaseExecution.run_id == run_id, PhaseExecution.phase_code == phase_code)
    return bool(session.scalar(select(found)))
