from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, Text, UniqueConstraint, text
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
