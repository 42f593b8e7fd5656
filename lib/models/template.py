from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, Numeric, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import Base, CreatedAt, Json, Key, Moment, Str50, Str100, Str255, reference, tenant_reference


class TemplateStatus(StrEnum):
    """Where a template stands on its way to its readers."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    #: Kept for the runs that used it, offered to nobody.
    RETIRED = "retired"


class OrchestrationTemplate(Base):
    """A reusable pattern of phases. `template_data` is the newest version's."""

    __tablename__ = "orchestration_templates"

    id: Mapped[Key]
    #: None for the built-in templates, and for nothing else.
    organization_id: Mapped[UUID | None] = mapped_column(
        reference("organizations", name="orchestration_templates_organization_id_fkey")
    )
    created_by: Mapped[UUID | None] = mapped_column(reference("users", name="orchestration_templates_created_by_fkey"))
    name: Mapped[Str255]
    description: Mapped[str | None]
    category: Mapped[Str100 | None]
    template_data: Mapped[Json] = mapped_column(JSONB)
    is_public: Mapped[bool] = mapped_column(server_default=text("false"))
    usage_count: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    publisher_name: Mapped[Str255 | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    status: Mapped[Str50] = mapped_column(server_default=text("'draft'"))
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'::text[]"))
    forked_from: Mapped[UUID | None] = mapped_column(
        reference("orchestration_templates", name="orchestration_templates_forked_from_fkey")
    )
    deleted_at: Mapped[Moment | None]

    __table_args__ = (
        tenant_reference("created_by", "users", name="orchestration_templates_creator_fkey"),
        Index("idx_orchestration_templates_organization_name", "organization_id", "name", "id"),
        Index(
            "idx_orchestration_templates_public",
            "name",
            "id",
            postgresql_where=text("is_public AND status = 'published' AND deleted_at IS NULL"),
        ),
        Index("idx_orchestration_templates_created_by", "created_by"),
        Index("idx_orchestration_templates_forked_from", "forked_from"),
    )


class TemplateVersion(Base):
    """What a template was at one time; immutable, and what a run was planned from."""

    __tablename__ = "template_versions"

    id: Mapped[Key]
    organization_id: Mapped[UUID | None] = mapped_column(
        reference("organizations", name="template_versions_organization_id_fkey")
    )
    template_id: Mapped[UUID] = mapped_column(
        reference("orchestration_templates", name="template_versions_template_id_fkey")
    )
    version: Mapped[int]
    template_data: Mapped[Json] = mapped_column(JSONB)
    note: Mapped[str | None]
    created_by: Mapped[UUID | None] = mapped_column(reference("users", name="template_versions_created_by_fkey"))
    created_at: Mapped[CreatedAt]

    __table_args__ = (
        UniqueConstraint("template_id", "version", name="template_versions_template_id_version_key"),
        Index("idx_template_versions_organization_id", "organization_id"),
        Index("idx_template_versions_created_by", "created_by"),
    )


class TemplateDraft(Base):
    """What one person is writing for a template's next version, finished or not; nobody else sees it."""

    __tablename__ = "template_drafts"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(
        reference("organizations", name="template_drafts_organization_id_fkey")
    )
    template_id: Mapped[UUID] = mapped_column(
        reference("orchestration_templates", name="template_drafts_template_id_fkey")
    )
    created_by: Mapped[UUID] = mapped_column(reference("users", name="template_drafts_created_by_fkey"))
    #: The version that was there when the draft was begun.
    base_version: Mapped[int]
    content: Mapped[Json] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]

    __table_args__ = (
        UniqueConstraint("template_id", "created_by", name="template_drafts_template_id_created_by_key"),
        tenant_reference("created_by", "users", name="template_drafts_creator_fkey"),
        Index("idx_template_drafts_organization_id", "organization_id"),
        Index("idx_template_drafts_created_by", "created_by"),
    )


class ReviewDecision(StrEnum):
    """What became of a request for a version to be offered."""

    APPROVED = "approved"
    REJECTED = "rejected"
    #: Taken back by who asked.
    WITHDRAWN = "withdrawn"


class TemplateReview(Base):
    """A request that somebody else agrees to a version before others rely on it; open while it has no decision."""

    __tablename__ = "template_reviews"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(
        reference("organizations", name="template_reviews_organization_id_fkey")
    )
    template_id: Mapped[UUID] = mapped_column(
        reference("orchestration_templates", name="template_reviews_template_id_fkey")
    )
    version: Mapped[int]
    #: Whether the template is to be public with it.
    makes_public: Mapped[bool]
    #: What every organization is to read on its card; None where it is for one's own.
    card: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))
    requested_by: Mapped[UUID] = mapped_column(reference("users", name="template_reviews_requested_by_fkey"))
    decision: Mapped[Str50 | None]
    decided_by: Mapped[UUID | None] = mapped_column(reference("users", name="template_reviews_decided_by_fkey"))
    decided_at: Mapped[Moment | None]
    comment: Mapped[str | None]
    created_at: Mapped[CreatedAt]

    __table_args__ = (
        ForeignKeyConstraint(
            ["template_id", "version"],
            ["template_versions.template_id", "template_versions.version"],
            name="template_reviews_version_fkey",
        ),
        tenant_reference("requested_by", "users", name="template_reviews_requester_fkey"),
        tenant_reference("decided_by", "users", name="template_reviews_decider_fkey"),
        Index("template_reviews_waiting_key", "template_id", unique=True, postgresql_where=text("decision IS NULL")),
        Index(
            "idx_template_reviews_waiting",
            *("organization_id", "created_at", "id"),
            postgresql_where=text("decision IS NULL"),
        ),
        Index("idx_template_reviews_version", "template_id", "version"),
        Index("idx_template_reviews_organization_id", "organization_id"),
        Index("idx_template_reviews_requested_by", "requested_by"),
        Index("idx_template_reviews_decided_by", "decided_by"),
    )


class TemplateStatistics(Base):
    """How a template's runs of one organization went, added up by `api.count_template_run`."""

    __tablename__ = "template_statistics"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(
        reference("organizations", name="template_statistics_organization_id_fkey")
    )
    template_id: Mapped[UUID] = mapped_column(
        reference("orchestration_templates", name="template_statistics_template_id_fkey")
    )
    #: All of them; retries are runs.
    runs: Mapped[int] = mapped_column(server_default=text("0"))
    completed: Mapped[int] = mapped_column(server_default=text("0"))
    failed: Mapped[int] = mapped_column(server_default=text("0"))
    #: Those completed ones that were no retries, and walked every phase themselves.
    whole: Mapped[int] = mapped_column(server_default=text("0"))
    #: Of these: how many have a known cost, that cost together, and the time together.
    known_costs: Mapped[int] = mapped_column(server_default=text("0"))
    cost_usd: Mapped[Decimal] = mapped_column(Numeric(14, 6), server_default=text("0"))
    time_ms: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    last_run_at: Mapped[Moment | None]

    __table_args__ = (
        UniqueConstraint(
            *("organization_id", "template_id"), name="template_statistics_organization_id_template_id_key"
        ),
        Index("idx_template_statistics_template_id", "template_id"),
    )
