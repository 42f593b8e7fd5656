"""The select behind a run's file: every phase by its newest attempt, with its texts."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from lib.models.run import PhaseExecution


def list_newest(session: Session, run_id: UUID) -> Sequence[PhaseExecution]:
    """Each phase's newest attempt, in the plan's order."""
    newest = (
        select(PhaseExecution.id)
        .where(PhaseExecution.run_id == run_id)
        .ext(distinct_on(PhaseExecution.phase_code))
        .order_by(PhaseExecution.phase_code, PhaseExecution.attempt.desc())
    )
    statement = select(PhaseExecution).where(PhaseExecution.id.in_(newest))
    return session.scalars(statement.order_by(PhaseExecution.position, PhaseExecution.phase_code)).all()
