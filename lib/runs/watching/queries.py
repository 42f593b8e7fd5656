"""What a page that watches a run asks once a second, as little as it can be. The statements are made once."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import BindParameter, Row, Select, Text, bindparam, case, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.orm import Session

from lib.models.run import OrchestrationRun, PhaseExecution, PhaseStatus, PhaseStream
from lib.runs.operating.queries import standing
from lib.runs.queries import LAST_WORD
from lib.runs.views import HELD

_RUN: Final[BindParameter[UUID]] = bindparam("run_id")


def _make_shape() -> Select[*tuple[Any, ...]]:
    phase = (PhaseExecution.position, PhaseExecution.phase_code)
    is_held = (PhaseExecution.status == PhaseStatus.PENDING) & (PhaseExecution.error_details != {})
    status = case((is_held, HELD), else_=PhaseExecution.status)
    newest = (
        select(cast(PhaseExecution.id, Text) + " " + status)
        .ext(distinct_on(*phase))
        .where(PhaseExecution.run_id == _RUN)
        .order_by(*phase, PhaseExecution.attempt.desc())
        .scalar_subquery()
    )
    return select(
        OrchestrationRun.status,
        OrchestrationRun.cancel_requested_at.is_not(None).label("is_cancel_requested"),
        OrchestrationRun.pause_requested_at.is_not(None).label("is_pause_requested"),
        func.api.live_workers().label("live_workers"),
        LAST_WORD.label("last_word_at"),
        func.array(newest, type_=ARRAY(Text)).label("newest"),
        standing(_RUN).label("operations"),
    ).where(OrchestrationRun.id == _RUN)


def _make_rest() -> Select[int, str | None]:
    size = func.octet_length(PhaseStream.response_text)
    rest = case((size != bindparam("has_bytes"), func.substr(PhaseStream.response_text, bindparam("first"))))
    return (
        select(size, rest)
        .join(PhaseExecution, PhaseExecution.id == PhaseStream.phase_execution_id)
        .where(PhaseExecution.run_id == _RUN, PhaseStream.phase_execution_id == bindparam("attempt_id"))
    )


_SHAPE: Final = _make_shape()
_REST: Final = _make_rest()


def find_shape(session: Session, run_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """How the run stands, with "id status" of each phase's newest attempt, in the plan's order, and of operations."""
    return session.execute(_SHAPE, {"run_id": run_id}).one_or_none()


def read_on(
    session: Session, run_id: UUID, attempt_id: UUID, *, after: int, has_bytes: int
) -> Row[int, str | None] | None:
    """How long an answer is by now, in UTF-8, and where that is not `has_bytes` what stands after so many characters.

    Nothing when it is written no more.
    """
    values = {"run_id": run_id, "attempt_id": attempt_id, "first": after + 1, "has_bytes": has_bytes}
    return session.execute(_REST, values).one_or_none()
