from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import (
    Base,
    CreatedAt,
    JsonObject,
    Key,
    Moment,
    Str20,
    Str50,
    Str255,
    reference,
    tenant_reference,
)


class ProjectStatus(StrEnum):
    """Where a project stands."""

    #: Currently being worked on.
    ACTIVE = "active"
    #: Successfully finished.
    COMPLETED = "completed"
    #: Stored for reference.
    ARCHIVED = "archived"
    #: Terminated due to errors.
    FAILED = "failed"


class Priority(StrEnum):
    """How urgent a project is, least first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"


class Project(Base):
    """What runs are launched for: a topic, and who works on it."""

    __tablename__ = "projects"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(reference("organizations", name="projects_organization_id_fkey"))
    created_by: Mapped[UUID] = mapped_column(reference("users", name="projects_created_by_fkey"))
    name: Mapped[Str255]
    description: Mapped[str | None]
    topic: Mapped[str]
    status: Mapped[Str50] = mapped_column(server_default=text("'active'"))
    priority: Mapped[Str20] = mapped_column(server_default=text("'medium'"))
    #: The column is `metadata`, a name that SQLAlchemy's classes keep for themselves.
    metadata_: Mapped[JsonObject] = mapped_column("metadata")
    settings: Mapped[JsonObject]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    completed_at: Mapped[Moment | None]
    archived_at: Mapped[Moment | None]
    archived_by: Mapped[UUID | None] = mapped_column(reference("users", name="projects_archived_by_fkey"))

    __table_args__ = (
        UniqueConstraint("organization_id", "id", name="projects_organization_id_id_key"),
        tenant_reference("created_by", "users", name="projects_creator_fkey"),
        tenant_reference("archived_by", "users", name="projects_archiver_fkey"),
        Index("idx_projects_organization_id", "organization_id"),
        Index("idx_projects_status", "status"),
        Index("idx_projects_organization_created", "organization_id", "created_at", "id"),
        Index("idx_projects_organization_status_created", "organization_id", "status", "created_at", "id"),
        Index("idx_projects_organization_name", "organization_id", text("lower(name)"), "id"),
        Index("idx_projects_created_by", "created_by"),
        Index("idx_projects_archived_by", "archived_by"),
    )
