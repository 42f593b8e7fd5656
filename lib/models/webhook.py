from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import Base, CreatedAt, Json, Key, Moment, Str50, Str255, reference


class EventType(StrEnum):
    """What endpoints are told of. A test event is for one endpoint and is chosen by nobody."""

    RUN_QUEUED = "run.queued"
    RUN_STARTED = "run.started"
    RUN_WAITING_REVIEW = "run.waiting_review"
    RUN_PAUSED = "run.paused"
    RUN_COMPLETED = "run.completed"
    RUN_FAILED = "run.failed"
    RUN_CANCELLED = "run.cancelled"
    PHASE_COMPLETED = "phase.completed"
    PHASE_FAILED = "phase.failed"
    REVIEW_REQUESTED = "review.requested"
    REVIEW_DECIDED = "review.decided"
    QUOTA_THRESHOLD = "quota.threshold"
    BUDGET_THRESHOLD = "budget.threshold"
    PROJECT_CREATED = "project.created"
    PROJECT_UPDATED = "project.updated"
    TEMPLATE_PUBLISHED = "template.published"
    USER_INVITED = "user.invited"
    USER_ROLE_CHANGED = "user.role_changed"
    USER_DEACTIVATED = "user.deactivated"
    WEBHOOK_DISABLED = "webhook.disabled"
    WEBHOOK_TEST = "webhook.test"


class DeliveryStatus(StrEnum):
    """How a delivery stands."""

    #: Waits for `next_attempt_at`; without one, for its endpoint to be switched on.
    PENDING = "pending"
    #: A worker has it; until `next_attempt_at`, for after that it is taken for dead.
    SENDING = "sending"
    #: The endpoint answered with 2xx.
    DELIVERED = "delivered"
    #: No attempt is left.
    FAILED = "failed"
    #: Somebody switched the endpoint on without what had waited for it.
    DROPPED = "dropped"


_OPEN: Final = f"status IN ('{DeliveryStatus.PENDING}', '{DeliveryStatus.SENDING}')"


class Webhook(Base):
    """An address outside that is told about events. Its secrets, sealed, are never shown again."""

    __tablename__ = "webhooks"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(reference("organizations", name="webhooks_organization_id_fkey"))
    name: Mapped[Str255]
    url: Mapped[str] = mapped_column(String(500))
    events: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'::text[]"))
    secret_key: Mapped[Str255 | None]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    last_triggered_at: Mapped[Moment | None]
    created_at: Mapped[CreatedAt]
    description: Mapped[str | None]
    #: Signs along with the new one until `previous_secret_expires_at`.
    previous_secret_key: Mapped[Str255 | None]
    previous_secret_expires_at: Mapped[Moment | None]
    consecutive_failures: Mapped[int] = mapped_column(server_default=text("0"))
    #: Stopped, and why; one that a person has switched off has neither.
    disabled_at: Mapped[Moment | None]
    disabled_reason: Mapped[str | None]
    failing_since: Mapped[Moment | None]
    #: It is left alone until then: it asked for that, or keeps failing.
    resume_at: Mapped[Moment | None]
    updated_at: Mapped[CreatedAt]

    __table_args__ = (
        UniqueConstraint("organization_id", "id", name="webhooks_organization_id_id_key"),
        UniqueConstraint("organization_id", "name", name="webhooks_organization_id_name_key"),
        Index("idx_webhooks_organization_name", "organization_id", "name", "id"),
        Index("idx_webhooks_resume_at", "resume_at", postgresql_where=text("resume_at IS NOT NULL")),
    )


class WebhookEvent(Base):
    """What happened, as endpoints are told of it. Written by triggers, in the transaction in which it happened."""

    __tablename__ = "webhook_events"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(
        reference("organizations", name="webhook_events_organization_id_fkey")
    )
    type: Mapped[Str50]
    #: {id, name} of whoever caused it.
    actor: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))
    data: Mapped[Json] = mapped_column(JSONB)
    created_at: Mapped[Moment] = mapped_column(server_default=text("clock_timestamp()"))

    __table_args__ = (
        UniqueConstraint("organization_id", "id", name="webhook_events_organization_id_id_key"),
        Index("idx_webhook_events_created_at", "created_at"),
    )


class WebhookDelivery(Base):
    """An event on its way to one endpoint. Written by functions of the database only."""

    __tablename__ = "webhook_deliveries"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(
        reference("organizations", name="webhook_deliveries_organization_id_fkey")
    )
    webhook_id: Mapped[UUID]
    event_id: Mapped[UUID]
    event_type: Mapped[Str50]
    status: Mapped[Str50] = mapped_column(server_default=text(f"'{DeliveryStatus.PENDING}'"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    #: Those before somebody had it delivered again: what follows has all its attempts for itself.
    earlier_attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_attempt_at: Mapped[Moment | None]
    #: Of the newest attempt, as are `error` and `duration_ms`.
    status_code: Mapped[int | None]
    error: Mapped[str | None]
    duration_ms: Mapped[int | None]
    created_at: Mapped[CreatedAt]
    finished_at: Mapped[Moment | None]

    __table_args__ = (
        UniqueConstraint("organization_id", "id", name="webhook_deliveries_organization_id_id_key"),
        ForeignKeyConstraint(
            ["organization_id", "webhook_id"],
            ["webhooks.organization_id", "webhooks.id"],
            name="webhook_deliveries_webhook_fkey",
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["organization_id", "event_id"],
            ["webhook_events.organization_id", "webhook_events.id"],
            name="webhook_deliveries_event_fkey",
            ondelete="CASCADE",
        ),
        Index(
            "idx_webhook_deliveries_due",
            "next_attempt_at",
            postgresql_include=["webhook_id"],
            postgresql_where=text(_OPEN),
        ),
        Index(
            "idx_webhook_deliveries_claim",
            "webhook_id",
            "next_attempt_at",
            postgresql_where=text(
                f"{_OPEN} AND next_attempt_at IS NOT NULL AND event_type <> '{EventType.WEBHOOK_TEST}'"
            ),
        ),
        Index(
            "idx_webhook_deliveries_tests",
            "next_attempt_at",
            postgresql_where=text(f"{_OPEN} AND event_type = '{EventType.WEBHOOK_TEST}'"),
        ),
        Index("idx_webhook_deliveries_organization", "organization_id", "created_at", "id"),
        Index("idx_webhook_deliveries_webhook", "organization_id", "webhook_id", "created_at", "id"),
        Index("idx_webhook_deliveries_status", "organization_id", "status", "created_at", "id"),
        Index("idx_webhook_deliveries_type", "organization_id", "event_type", "created_at", "id"),
        Index("idx_webhook_deliveries_event", "organization_id", "event_id"),
    )


class WebhookAttempt(Base):
    """One call of an endpoint, and what came back."""

    __tablename__ = "webhook_attempts"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(
        reference("organizations", name="webhook_attempts_organization_id_fkey")
    )
    delivery_id: Mapped[UUID]
    #: From 1 on, among those of its delivery.
    number: Mapped[int]
    started_at: Mapped[Moment]
    duration_ms: Mapped[int | None]
    #: None where no answer came, and `error` says why.
    status_code: Mapped[int | None]
    error: Mapped[str | None]
    #: The beginning of the answer's body.
    response: Mapped[str | None]
    #: Where it was sent; None of one whose worker stopped before it had said so.
    url: Mapped[str | None] = mapped_column(String(500))
    #: It asked to be left alone until then.
    resume_at: Mapped[Moment | None]

    __table_args__ = (
        UniqueConstraint("organization_id", "delivery_id", "number", name="webhook_attempts_delivery_id_number_key"),
        ForeignKeyConstraint(
            ["organization_id", "delivery_id"],
            ["webhook_deliveries.organization_id", "webhook_deliveries.id"],
            name="webhook_attempts_delivery_fkey",
            ondelete="CASCADE",
        ),
    )
