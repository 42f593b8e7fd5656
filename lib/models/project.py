from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Computed, Index, Text, UniqueConstraint, text
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


#: Their places in lists, as the indexes have them: the most urgent first, and what is worked on.
PRIORITY_RANK: Final = (
    "(CASE priority WHEN 'urgent' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 3 END)"
)
STATUS_RANK: Final = (
    "(CASE status WHEN 'active' THEN 0 WHEN 'failed' THEN 1 WHEN 'completed' THEN 2 WHEN 'archived' THEN 3 END)"
)


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
    #: What it is again when it is restored; written by `api.guard_projects`.
    status_before_archive: Mapped[Str50 | None]
    #: What lists by name are sorted by; a column, because under a policy no index on lower() is entered at its place.
    name_key: Mapped[str] = mapped_column(Text, Computed("lower(name)", persisted=True), nullable=True)
    #: Kept by `api.count_project_run`: the newest run, and what those that have ended cost as far as that is known, in
    #: millionths of a dollar: unlike numeric's, the comparison of integers lets an index be entered under a policy.
    last_run_at: Mapped[Moment | None]
    spent_millionths: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))

    __table_args__ = (
        UniqueConstraint("organization_id", "id", name="projects_organization_id_id_key"),
        tenant_reference("created_by", "users", name="projects_creator_fkey"),
        tenant_reference("archived_by", "users", name="projects_archiver_fkey"),
        Index("idx_projects_organization_id", "organization_id"),
        Index("idx_projects_status", "status"),
        Index("idx_projects_organization_created", "organization_id", "created_at", "id"),
        Index("idx_projects_organization_status_created", "organization_id", "status", "created_at", "id"),
        Index("idx_projects_organization_name_key", "organization_id", "name_key", "id"),
        Index("idx_projects_organization_priority_created", "organization_id", "priority", "created_at", "id"),
        Index(
            "idx_projects_organization_status_priority", *("organization_id", "status", "priority", "created_at", "id")
        ),
        Index("idx_projects_organization_person_created", "organization_id", "created_by", "created_at", "id"),
        # idx_projects_organization_priority_rank and …_status_rank are the migration's: Alembic can't compare a CASE
        Index(
            "idx_projects_organization_last_run",
            *("organization_id", text("last_run_at DESC NULLS LAST"), text("id DESC")),
        ),
        Index("idx_projects_organization_spent", "organization_id", text("spent_millionths DESC"), text("id DESC")),
        Index("idx_projects_created_by", "created_by"),
        Index("idx_projects_archived_by", "archived_by"),
    )
