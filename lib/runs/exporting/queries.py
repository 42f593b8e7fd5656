"""The selects behind a run's file: every phase by its newest attempt with its texts, and what people said."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Label, Row, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import InstrumentedAttribute, Session

from lib.models.comment import RunComment
from lib.models.people import people
from lib.models.review import ReviewRequest, RunReview
from lib.models.run import PhaseExecution
from lib.reviews.queries import counting_approvals
from lib.runs.attempts.queries import EDITED


def list_newest(session: Session, run_id: UUID) -> Sequence[Row[PhaseExecution, str | None]]:
    """Each phase's newest attempt, in the plan's order, and what people have made of its answer that still waits."""
    newest = (
        select(PhaseExecution.id)
        .where(PhaseExecution.run_id == run_id)
        .ext(distinct_on(PhaseExecution.phase_code))
        .order_by(PhaseExecution.phase_code, PhaseExecution.attempt.desc())
    )
    statement = select(PhaseExecution, EDITED).where(PhaseExecution.id.in_(newest))
    return session.execute(statement.order_by(PhaseExecution.position, PhaseExecution.phase_code)).all()


def list_words(session: Session, run_id: UUID) -> Sequence[Row[*tuple[Any, ...]]]:
    """What people said of answers that waited for a review, the first word first."""
    statement = select(
        ReviewRequest.phase_execution_id,
        _name_of(RunReview.reviewer_id),
        RunReview.decision,
        RunReview.comment,
        RunReview.earlier,
        RunReview.reviewer_id.in_(counting_approvals()).label("is_counted"),
        RunReview.said_at,
    ).join(ReviewRequest, ReviewRequest.id == RunReview.request_id)
    return session.execute(statement.where(RunReview.run_id == run_id).order_by(RunReview.said_at, RunReview.id)).all()


def list_comments(session: Session, run_id: UUID) -> Sequence[Row[*tuple[Any, ...]]]:
    """All that was said of the run and its phases, the oldest first."""
    statement = select(
        _name_of(RunComment.created_by), RunComment.phase_code, RunComment.comment_text, RunComment.created_at
    ).where(RunComment.run_id == run_id, RunComment.deleted_at.is_(None))
    return session.execute(statement.order_by(RunComment.created_at, RunComment.id)).all()


def _name_of(person_id: InstrumentedAttribute[UUID]) -> Label[str]:
    return func.coalesce(select(people.c.name).where(people.c.id == person_id).scalar_subquery(), "").label("by")
