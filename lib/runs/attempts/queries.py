"""Selects on the attempts of runs: their figures, and their texts."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Text, case, func, select
from sqlalchemy.orm import Session, aliased

from lib.models.review import ReviewRequest
from lib.models.run import OrchestrationRun, PhaseExecution, PhaseStatus, PhaseStream

#: The answer, or as far as it is written.
_WRITTEN: Final = func.coalesce(PhaseExecution.response_text, PhaseStream.response_text)
#: What people have made of an answer that still waits for them: it is what they decide about. NULL where nobody has.
EDITED: Final = (
    select(func.api.edited_answer(ReviewRequest.id, type_=Text()))
    .where(
        ReviewRequest.organization_id == PhaseExecution.organization_id,
        ReviewRequest.phase_execution_id == PhaseExecution.id,
        ReviewRequest.decided_at.is_(None),
    )
    .correlate(PhaseExecution)
    .scalar_subquery()
)
#: The model's own answer, where a person has made another one of it.
ORIGINAL: Final = func.coalesce(
    PhaseExecution.original_response, case((PhaseExecution.response_text != EDITED, PhaseExecution.response_text))
)


def list_writing(session: Session, run_ids: Sequence[UUID]) -> Sequence[Row[UUID, str]]:
    """The phases of these runs that are being written: run and name."""
    statement = (
        select(PhaseExecution.run_id, PhaseExecution.phase_name)
        .where(PhaseExecution.run_id.in_(run_ids), PhaseExecution.status == PhaseStatus.RUNNING)
        .order_by(PhaseExecution.position)
    )
    return session.execute(statement).all()


def list_figures(session: Session, run_id: UUID) -> Sequence[Row[*tuple[Any, ...]]]:
    """Every attempt of a run in the plan's order, without its texts: their length is read, not they."""
    statement = (
        select(
            PhaseExecution.id,
            PhaseExecution.phase_code,
            PhaseExecution.phase_name,
            PhaseExecution.position,
            PhaseExecution.depends_on,
            PhaseExecution.attempt,
            PhaseExecution.status,
            PhaseExecution.model,
            PhaseExecution.started_at,
            PhaseExecution.completed_at,
            PhaseExecution.execution_time_ms,
            PhaseExecution.token_usage,
            PhaseExecution.cost_usd,
            PhaseExecution.finish_reason,
            PhaseExecution.error_details,
            PhaseExecution.reused_from,
            PhaseExecution.redo_comment,
            ORIGINAL.is_not(None).label("is_edited"),
            ReviewRequest.id.label("review_id"),
            ReviewRequest.requested_at,
            ReviewRequest.due_at,
            ReviewRequest.decided_at,
            PhaseExecution.prompt_text.is_not(None).label("has_prompt"),
            func.coalesce(func.octet_length(_WRITTEN), 0).label("response_bytes"),
        )
        .outerjoin(PhaseStream, PhaseStream.phase_execution_id == PhaseExecution.id)
        .outerjoin(
            ReviewRequest,
            (ReviewRequest.organization_id == PhaseExecution.organization_id)
            & (ReviewRequest.phase_execution_id == PhaseExecution.id),
        )
        .where(PhaseExecution.run_id == run_id)
        .order_by(PhaseExecution.position, PhaseExecution.phase_code, PhaseExecution.attempt)
    )
    return session.execute(statement).all()


def find_texts(session: Session, run_id: UUID, attempt_id: UUID) -> Row[str | None, str, str | None] | None:
    """Prompt and answer of one attempt, as far as they are written, and the model's own where that was edited."""
    return session.execute(
        select(PhaseExecution.prompt_text, func.coalesce(EDITED, _WRITTEN, ""), ORIGINAL)
        .outerjoin(PhaseStream, PhaseStream.phase_execution_id == PhaseExecution.id)
        .where(PhaseExecution.run_id == run_id, PhaseExecution.id == attempt_id)
    ).one_or_none()


def find_earlier(session: Session, run_id: UUID, attempt_id: UUID) -> Row[UUID, UUID, int] | None:
    """Run, id and number of the attempt before this one: of this run, or else the newest of the run it goes on from."""
    this, earlier = aliased(PhaseExecution), PhaseExecution
    parent = select(OrchestrationRun.parent_run_id).where(OrchestrationRun.id == run_id).scalar_subquery()
    statement = (
        select(earlier.run_id, earlier.id, earlier.attempt)
        .join(this, this.phase_code == earlier.phase_code)
        .where(this.run_id == run_id, this.id == attempt_id)
        .where(((earlier.run_id == run_id) & (earlier.attempt < this.attempt)) | (earlier.run_id == parent))
        .order_by((earlier.run_id == run_id).desc(), earlier.attempt.desc())
    )
    return session.execute(statement.limit(1)).one_or_none()


def list_responses(session: Session, attempt_ids: Sequence[UUID]) -> dict[str, str]:
    """The answers of these attempts, by the code of their phase."""
    columns = select(PhaseExecution.phase_code, func.coalesce(PhaseExecution.response_text, ""))
    return {row[0]: row[1] for row in session.execute(columns.where(PhaseExecution.id.in_(attempt_ids)))}
