from uuid import UUID

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import Base, CreatedAt, Dollars, Key, Str50, Str100, Str255, reference, tenant_reference


class ApiUsage(Base):
    """One call, for billing: to a model, of an operation, or to the HTTP API."""

    __tablename__ = "api_usage"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(reference("organizations", name="api_usage_organization_id_fkey"))
    user_id: Mapped[UUID | None] = mapped_column(reference("users", name="api_usage_user_id_fkey"))
    endpoint: Mapped[Str255]
    method: Mapped[str] = mapped_column(String(10))
    tokens_used: Mapped[int] = mapped_column(server_default=text("0"))
    response_time_ms: Mapped[int | None]
    status_code: Mapped[int | None]
    created_at: Mapped[CreatedAt]
    project_id: Mapped[UUID | None]
    run_id: Mapped[UUID | None]
    phase_execution_id: Mapped[UUID | None]
    provider: Mapped[Str100 | None]
    model: Mapped[Str255 | None]
    prompt_tokens: Mapped[int | None]
    completion_tokens: Mapped[int | None]
    #: None where the price is unknown, never 0.
    cost_usd: Mapped[Dollars | None]
    error_kind: Mapped[Str50 | None]

    __table_args__ = (
        UniqueConstraint(
            "organization_id", "phase_execution_id", name="api_usage_organization_id_phase_execution_id_key"
        ),
        tenant_reference("user_id", "users", name="api_usage_person_fkey"),
        tenant_reference("project_id", "projects", name="api_usage_project_fkey"),
        tenant_reference("run_id", "orchestration_runs", name="api_usage_run_fkey"),
        tenant_reference("phase_execution_id", "phase_executions", name="api_usage_phase_fkey"),
        Index("idx_api_usage_organization_id", "organization_id"),
        Index("idx_api_usage_created_at", "created_at"),
        Index("idx_api_usage_organization_created", "organization_id", "created_at", "id"),
        Index("idx_api_usage_user_id", "user_id"),
        Index("idx_api_usage_project", "organization_id", "project_id"),
        Index("idx_api_usage_run", "organization_id", "run_id"),
    )
