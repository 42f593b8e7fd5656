"""What people say of runs."""

from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import (
    Base,
    CreatedAt,
    Key,
    Moment,
    Str50,
    reference,
    tenant_reference,
)


class RunComment(Base):
    """What somebody said of a run, or of one of its phases. A deleted one has no words any more."""

    __tablename__ = "run_comments"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(reference("organizations", name="run_comments_organization_id_fkey"))
    run_id: Mapped[UUID] = mapped_column(reference("orchestration_runs", name="run_comments_run_id_fkey"))
    #: None is about the run as a whole.
    phase_code: Mapped[Str50 | None]
    created_by: Mapped[UUID] = mapped_column(reference("users", name="run_comments_created_by_fkey"))
    comment_text: Mapped[str]
    created_at: Mapped[CreatedAt]
    edited_at: Mapped[Moment | None]
    deleted_at: Mapped[Moment | None]

    __table_args__ = (
        tenant_reference("run_id", "orchestration_runs", name="run_comments_run_fkey"),
        tenant_reference("created_by", "users", name="run_comments_author_fkey"),
        Index("idx_run_comments_run", "organization_id", "run_id", "phase_code", "created_at", "id"),
        Index("idx_run_comments_run_id", "run_id"),
        Index("idx_run_comments_created_by", "created_by"),
    )
