from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, Numeric, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import (
    Base,
    CreatedAt,
    Dollars,
    Json,
    JsonObject,
    Key,
    Moment,
    Str20,
    Str50,
    Str255,
    reference,
    tenant_reference,
)


class RunStatus(StrEnum):
    """Where a run stands. The legal moves between them stand in `lib/runs/states.py`."""

    #: Launched; no worker has taken it yet. It is in the queue once it is admitted.
    QUEUED = "queued"
    #: A worker holds it.
    RUNNING = "running"
    #: Nothing can go on before a person decides.
    WAITING_REVIEW = "waiting_review"
    #: Stopped by a quota, its cost limit or a person; goes on when asked to.
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class PhaseStatus(StrEnum):
    """Where an attempt at a phase stands."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING_REVIEW = "waiting_review"
    COMPLETED = "completed"
    FAILED = "failed"
    #: Never began, because a phase before it failed.
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


class RunPriority(StrEnum):
    """Which of an organization's waiting runs comes first, the last one first."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class OrchestrationRun(Base):
    """One execution of a template for a project. Its plan was frozen at launch."""

    __tablename__ = "orchestration_runs"

    id: Mapped[Key]
    project_id: Mapped[UUID] = mapped_column(reference("projects", name="orchestration_runs_project_id_fkey"))
    user_id: Mapped[UUID] = mapped_column(reference("users", name="orchestration_runs_user_id_fkey"))
    topic: Mapped[str]
    status: Mapped[Str50] = mapped_column(server_default=text("'running'"))
    total_phases: Mapped[int] = mapped_column(server_default=text("0"))
    completed_phases: Mapped[int] = mapped_column(server_default=text("0"))
    #: Completed phases of all, in percent.
    success_rate: Mapped[Decimal] = mapped_column(Numeric(5, 2), server_default=text("0.00"))
    execution_time_ms: Mapped[int | None]
    integration_enabled: Mapped[bool] = mapped_column(server_default=text("false"))
    results: Mapped[JsonObject]
    error_details: Mapped[JsonObject]
    created_at: Mapped[CreatedAt]
    completed_at: Mapped[Moment | None]
    organization_id: Mapped[UUID] = mapped_column(
        reference("organizations", name="orchestration_runs_organization_id_fkey")
    )
    title: Mapped[Str255 | None]
    template_id: Mapped[UUID | None] = mapped_column(
        reference("orchestration_templates", name="orchestration_runs_template_id_fkey")
    )
    template_version: Mapped[int | None]
    inputs: Mapped[JsonObject]
    plan: Mapped[JsonObject]
    #: `provider:model` chosen at launch; a phase may have its own.
    model: Mapped[Str255 | None]
    parent_run_id: Mapped[UUID | None]
    forked_from_phase: Mapped[Str50 | None]
    schedule_id: Mapped[UUID | None]
    started_at: Mapped[Moment | None]
    cancel_requested_at: Mapped[Moment | None]
    #: Somebody wants it paused, or has had it paused, and who; until it goes on.
    pause_requested_at: Mapped[Moment | None]
    pause_requested_by: Mapped[UUID | None]
    total_tokens: Mapped[int] = mapped_column(server_default=text("0"))
    #: The sum over all attempts; None when the price of one is unknown.
    cost_usd: Mapped[Dollars | None] = mapped_column(server_default=text("0"))
    cost_limit_usd: Mapped[Dollars | None]
    #: What the launch was expected to take, as it was shown before it; `lib.runs.structures.RunEstimate`.
    estimate: Mapped[Json | None] = mapped_column(JSONB)
    #: The fence: who holds it may write, nobody else.
    worker_token: Mapped[UUID | None]
    #: Since when it holds one of the organization's places; None while it waits for its turn, and after its end.
    admitted_at: Mapped[Moment | None]
    priority: Mapped[Str20] = mapped_column(server_default=text("'normal'"))
    #: It was set aside until then: it is running, and there is nothing to do, so no worker holds it.
    resume_at: Mapped[Moment | None]
    #: When somebody let it go on though nobody knows what it has cost: that is not counted against its limit.
    cost_accepted_at: Mapped[Moment | None]

    __table_args__ = (
        UniqueConstraint("organization_id", "id", name="orchestration_runs_organization_id_id_key"),
        tenant_reference("project_id", "projects", name="orchestration_runs_project_fkey"),
        tenant_reference("user_id", "users", name="orchestration_runs_person_fkey"),
        tenant_reference("schedule_id", "schedules", name="orchestration_runs_schedule_fkey", is_back=True),
        tenant_reference("parent_run_id", "orchestration_runs", name="orchestration_runs_parent_fkey"),
        Index("idx_orchestration_runs_project_id", "project_id"),
        Index("idx_orchestration_runs_status", "status"),
        Index(
            "idx_orchestration_runs_whose_created",
            *("organization_id", "created_at", "id"),
            postgresql_include=["user_id"],
        ),
        Index("idx_orchestration_runs_organization_status_created", "organization_id", "status", "created_at", "id"),
        Index(
            "idx_orchestration_runs_whose_spend",
            "organization_id",
            "project_id",
            "created_at",
            "id",
            postgresql_include=["cost_usd", "user_id"],
        ),
        Index("idx_orchestration_runs_user_id", "user_id"),
        Index("idx_orchestration_runs_template_id", "template_id"),
        Index(
            "idx_orchestration_runs_schedule",
            "organization_id",
            "schedule_id",
            "created_at",
            "id",
            postgresql_where=text("schedule_id IS NOT NULL"),
        ),
        Index("idx_orchestration_runs_parent", "organization_id", "parent_run_id"),
        Index(
            "idx_orchestration_runs_organization_cost",
            "organization_id",
            text("cost_usd DESC NULLS LAST"),
            text("id DESC"),
        ),
        Index(
            "idx_orchestration_runs_organization_duration",
            "organization_id",
            text("execution_time_ms DESC NULLS LAST"),
            text("id DESC"),
        ),
        Index(
            "idx_orchestration_runs_ended",
            *("organization_id", "completed_at", "id"),
            postgresql_where=text("completed_at IS NOT NULL"),
        ),
        Index("idx_orchestration_runs_person_created", "organization_id", "user_id", "created_at", "id"),
        Index("idx_orchestration_runs_template_created", "organization_id", "template_id", "created_at", "id"),
        Index("idx_orchestration_runs_model_created", "organization_id", "model", "created_at", "id"),
        Index(
            "idx_orchestration_runs_waiting",
            "organization_id",
            text(
                "((created_at AT TIME ZONE 'UTC'::text) + '24:00:00'::interval * array_position("
                "ARRAY['urgent'::text, 'high'::text, 'normal'::text, 'low'::text], priority::text)::double precision)"
            ),
            "id",
            postgresql_where=text("status IN ('queued', 'running') AND admitted_at IS NULL"),
        ),
        Index("idx_orchestration_runs_admitted", "organization_id", postgresql_where=text("admitted_at IS NOT NULL")),
    )

    @property
    def is_held(self) -> bool:
        """Whether a worker walks it, or did when it was lost: what it waits for is the worker's to end."""
        return self.status == RunStatus.RUNNING and self.worker_token is not None


class PhaseExecution(Base):
    """One attempt at one phase of a run: prompt, answer, tokens, cost, time. The newest attempt is the phase's own."""

    __tablename__ = "phase_executions"

    id: Mapped[Key]
    run_id: Mapped[UUID] = mapped_column(reference("orchestration_runs", name="phase_executions_run_id_fkey"))
    phase_code: Mapped[Str50]
    phase_name: Mapped[Str255]
    status: Mapped[Str50] = mapped_column(server_default=text("'pending'"))
    prompt_text: Mapped[str | None]
    response_text: Mapped[str | None]
    execution_time_ms: Mapped[int | None]
    token_usage: Mapped[JsonObject]
    error_details: Mapped[JsonObject]
    started_at: Mapped[Moment | None]
    completed_at: Mapped[Moment | None]
    organization_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(server_default=text("0"))
    depends_on: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'::text[]"))
    attempt: Mapped[int] = mapped_column(server_default=text("1"))
    model: Mapped[Str255 | None]
    cost_usd: Mapped[Dollars | None]
    review_policy: Mapped[Json | None] = mapped_column(JSONB)
    reused_from: Mapped[UUID | None]
    finish_reason: Mapped[Str50 | None]
    #: The model's own answer, where a reviewer has edited what `response_text` says.
    original_response: Mapped[str | None]
    #: What was said to the answer that was sent back; its successor reads it.
    redo_comment: Mapped[str | None]
    #: The most that it can cost, worked out when it began, where the run has a limit; None is unknown.
    cost_bound_usd: Mapped[Dollars | None]

    __table_args__ = (
        UniqueConstraint("run_id", "phase_code", "attempt", name="phase_executions_run_id_phase_code_attempt_key"),
        UniqueConstraint("organization_id", "id", name="phase_executions_organization_id_id_key"),
        tenant_reference("run_id", "orchestration_runs", name="phase_executions_run_fkey"),
        tenant_reference("reused_from", "phase_executions", name="phase_executions_reused_from_fkey"),
        Index("idx_phase_executions_organization_run", "organization_id", "run_id"),
        Index(
            "idx_phase_executions_reused_from",
            "reused_from",
            "organization_id",
            postgresql_where=text("reused_from IS NOT NULL"),
        ),
    )


class PhaseStream(Base):
    """The answer that is being written, as far as it goes; UNLOGGED and gone when the attempt ends."""

    __tablename__ = "phase_streams"

    phase_execution_id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID]
    response_text: Mapped[str]
    updated_at: Mapped[CreatedAt]
