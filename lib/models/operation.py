"""What is done outside after a phase, and how far it is."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import (
    Base,
    CreatedAt,
    Json,
    JsonObject,
    Key,
    Moment,
    Str50,
    Str100,
    Str255,
    reference,
    tenant_reference,
)


class OperationStatus(StrEnum):
    """Where an operation after a phase stands."""

    PENDING = "pending"
    WAITING_APPROVAL = "waiting_approval"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class IntegrationOperation(Base):
    """Something done outside after a phase: a file written, a message sent, an HTTP call."""

    __tablename__ = "integration_operations"

    id: Mapped[Key]
    run_id: Mapped[UUID] = mapped_column(reference("orchestration_runs", name="integration_operations_run_id_fkey"))
    operation_type: Mapped[Str100]
    operation_params: Mapped[JsonObject]
    status: Mapped[Str50] = mapped_column(server_default=text("'pending'"))
    result: Mapped[JsonObject]
    execution_time_ms: Mapped[int | None]
    created_at: Mapped[CreatedAt]
    completed_at: Mapped[Moment | None]
    organization_id: Mapped[UUID]
    phase_execution_id: Mapped[UUID | None]
    requires_approval: Mapped[bool] = mapped_column(server_default=text("true"))
    approved_by: Mapped[UUID | None]
    approved_at: Mapped[Moment | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    error_details: Mapped[JsonObject]
    #: The same with each attempt at it, so that a receiver can tell that it has it already.
    idempotency_key: Mapped[UUID] = mapped_column(server_default=text("api.uuid7()"))
    name: Mapped[Str255 | None]
    #: Among the operations of its phase, as the plan lists them.
    position: Mapped[int] = mapped_column(server_default=text("0"))
    #: Of the newest attempt.
    started_at: Mapped[Moment | None]
    next_attempt_at: Mapped[Moment | None]
    #: What the run before has done, so that this one does not.
    reused_from: Mapped[UUID | None]
    #: When mails were written that it waits for an approval.
    notified_at: Mapped[Moment | None]
    #: Where it led when it was approved, as api.leads_to says it.
    approved_for: Mapped[Json | None] = mapped_column(JSONB)

    __table_args__ = (
        Index("integration_operations_organization_id_id_key", "organization_id", "id", unique=True),
        tenant_reference("reused_from", "integration_operations", name="integration_operations_reused_from_fkey"),
        Index("idx_integration_operations_reused_from", "organization_id", "reused_from"),
        Index("integration_operations_place_key", "organization_id", "phase_execution_id", "position", unique=True),
        UniqueConstraint("idempotency_key", name="integration_operations_idempotency_key_key"),
        tenant_reference("run_id", "orchestration_runs", name="integration_operations_run_fkey"),
        tenant_reference("phase_execution_id", "phase_executions", name="integration_operations_phase_fkey"),
        tenant_reference("approved_by", "users", name="integration_operations_approver_fkey"),
        Index("idx_integration_operations_run_id", "run_id"),
        Index("idx_integration_operations_run", "organization_id", "run_id"),
        Index("idx_integration_operations_phase", "organization_id", "phase_execution_id"),
        Index("idx_integration_operations_approver", "organization_id", "approved_by"),
        Index(
            "idx_integration_operations_waiting",
            *("organization_id", "created_at", "id"),
            postgresql_where=text("status = 'waiting_approval'"),
        ),
        Index(
            "idx_integration_operations_asked",
            *("organization_id", "created_at", "id"),
            postgresql_where=text("status = 'waiting_approval' OR approved_at IS NOT NULL"),
        ),
    )
