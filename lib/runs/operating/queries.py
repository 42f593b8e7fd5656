"""Every select on operations."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Row, Text, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from lib.models.operation import IntegrationOperation
from lib.models.run import OrchestrationRun, PhaseExecution
from lib.users.queries import person

_COLUMNS = (
    IntegrationOperation.id,
    IntegrationOperation.run_id,
    IntegrationOperation.operation_type,
    IntegrationOperation.name,
    IntegrationOperation.status,
    IntegrationOperation.operation_params,
    IntegrationOperation.requires_approval,
    IntegrationOperation.approved_at,
    IntegrationOperation.attempts,
    IntegrationOperation.next_attempt_at,
    IntegrationOperation.completed_at,
    IntegrationOperation.execution_time_ms,
    IntegrationOperation.result,
    IntegrationOperation.error_details,
    IntegrationOperation.reused_from,
)


def standing(run_id: ColumnElement[UUID] | InstrumentedAttribute[UUID]) -> ColumnElement[list[str]]:
    """A column for selects on runs: "id status" of each operation of the run, always in the same order."""
    each = cast(IntegrationOperation.id, Text) + " " + IntegrationOperation.status
    found = select(each).where(IntegrationOperation.run_id == run_id).order_by(IntegrationOperation.id)
    return func.array(found.correlate(OrchestrationRun).scalar_subquery(), type_=ARRAY(Text))


def list_operations(session: Session, organization_id: UUID, run_id: UUID) -> Sequence[Row[*tuple[Any, ...]]]:
    """Those of a run, in the order of its phases, with who has decided and who has launched it."""
    statement = (
        select(
            *_COLUMNS,
            PhaseExecution.phase_code,
            OrchestrationRun.user_id.label("launched_by"),
            person(IntegrationOperation.approved_by).label("decider"),
            func.api.has_edited(IntegrationOperation.run_id).label("has_edited"),
        )
        .join(PhaseExecution, PhaseExecution.id == IntegrationOperation.phase_execution_id)
        .join(OrchestrationRun, OrchestrationRun.id == IntegrationOperation.run_id)
        .where(IntegrationOperation.organization_id == organization_id, IntegrationOperation.run_id == run_id)
        .order_by(PhaseExecution.position, IntegrationOperation.position)
    )
    return session.execute(statement).all()


def count_other_approvers(session: Session, run_id: UUID) -> int:
    """How many others could approve what the run does outside; 0 also where it is not the person's to see."""
    return session.scalar(select(func.api.other_approvers(run_id, type_=Integer()))) or 0


def find_written(session: Session, operation_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """Where an operation has written its file: its run, and, of one that the run before did, that one's."""
    origin = aliased(IntegrationOperation)
    statement = (
        select(
            IntegrationOperation.organization_id,
            func.coalesce(origin.run_id, IntegrationOperation.run_id).label("run_id"),
            func.coalesce(origin.id, IntegrationOperation.id).label("operation_id"),
            IntegrationOperation.status,
            IntegrationOperation.operation_type,
            IntegrationOperation.result,
        )
        .outerjoin(origin, origin.id == IntegrationOperation.reused_from)
        .where(IntegrationOperation.id == operation_id)
    )
    return session.execute(statement).first()
