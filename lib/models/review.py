from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import Base, CreatedAt, Key, Moment, Str50, reference, tenant_reference


class ReviewOutcome(StrEnum):
    """What became of an answer that people were asked about."""

    APPROVED = "approved"
    #: Sent back; another attempt takes its place.
    REDONE = "redone"
    REJECTED = "rejected"
    #: Its run ended before anybody had decided.
    WITHDRAWN = "withdrawn"


class Decision(StrEnum):
    """One person's word on an answer."""

    APPROVE = "approve"
    APPROVE_WITH_EDITS = "approve_with_edits"
    #: Another attempt is to read the comment.
    REDO = "redo"
    #: The run ends with it.
    REJECT = "reject"


class ReviewRequest(Base):
    """An attempt whose answer people look at before its run goes on; open while it has no outcome."""

    __tablename__ = "review_requests"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(
        reference("organizations", name="review_requests_organization_id_fkey")
    )
    run_id: Mapped[UUID]
    phase_execution_id: Mapped[UUID]
    required_approvals: Mapped[int] = mapped_column(server_default=text("1"))
    #: Roles and ids of people; nobody named is everybody who may review.
    reviewers: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'::text[]"))
    instructions: Mapped[str] = mapped_column(server_default=text("''"))
    requested_at: Mapped[CreatedAt]
    due_at: Mapped[Moment | None]
    #: When mails were written: that it waits, that it is due soon, that it is overdue. Each happens once.
    notified_at: Mapped[Moment | None]
    reminded_at: Mapped[Moment | None]
    escalated_at: Mapped[Moment | None]
    decided_at: Mapped[Moment | None]
    outcome: Mapped[Str50 | None]

    __table_args__ = (
        UniqueConstraint("organization_id", "id", name="review_requests_organization_id_id_key"),
        tenant_reference("run_id", "orchestration_runs", name="review_requests_run_fkey"),
        tenant_reference("phase_execution_id", "phase_executions", name="review_requests_phase_fkey"),
        Index("review_requests_phase_key", "organization_id", "phase_execution_id", unique=True),
        Index("idx_review_requests_run", "organization_id", "run_id"),
        Index("idx_review_requests_requested", "organization_id", "requested_at", "id"),
        Index(
            "idx_review_requests_waiting",
            *("organization_id", "requested_at", "id"),
            postgresql_where=text("decided_at IS NULL"),
        ),
        Index(
            "idx_review_requests_due", *("organization_id", "due_at", "id"), postgresql_where=text("decided_at IS NULL")
        ),
    )


class RunReview(Base):
    """What one person says of an answer that waits; theirs to change until it is decided."""

    __tablename__ = "run_reviews"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(reference("organizations", name="run_reviews_organization_id_fkey"))
    request_id: Mapped[UUID]
    run_id: Mapped[UUID]
    reviewer_id: Mapped[UUID]
    decision: Mapped[Str50]
    comment: Mapped[str] = mapped_column(server_default=text("''"))
    #: What they have made of the answer.
    edited_response: Mapped[str | None]
    #: SHA-256 of the text that it is about: of what was edited into it, where it was.
    answer_digest: Mapped[str]
    #: What they said before, the oldest first: decision, comment, answer_digest and said_at of each word.
    earlier: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    created_at: Mapped[CreatedAt]
    #: When it was last changed.
    said_at: Mapped[CreatedAt]

    __table_args__ = (
        UniqueConstraint("request_id", "reviewer_id", name="run_reviews_request_id_reviewer_id_key"),
        tenant_reference("request_id", "review_requests", name="run_reviews_request_fkey"),
        tenant_reference("run_id", "orchestration_runs", name="run_reviews_run_fkey"),
        tenant_reference("reviewer_id", "users", name="run_reviews_reviewer_fkey"),
        Index("idx_run_reviews_run", "organization_id", "run_id"),
        Index("idx_run_reviews_reviewer", "organization_id", "reviewer_id"),
    )
