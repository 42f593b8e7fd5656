from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import Base, CreatedAt, JsonObject, Key, Str100, Str255, reference


class AuditLog(Base):
    """Who did what, when and from where; written by triggers, changed by nobody."""

    __tablename__ = "audit_logs"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(reference("organizations", name="audit_logs_organization_id_fkey"))
    user_id: Mapped[UUID | None] = mapped_column(reference("users", name="audit_logs_user_id_fkey"))
    action: Mapped[Str255]
    resource_type: Mapped[Str100 | None]
    resource_id: Mapped[UUID | None]
    old_values: Mapped[JsonObject]
    new_values: Mapped[JsonObject]
    ip_address: Mapped[str | None] = mapped_column(INET)
    user_agent: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    session_id: Mapped[UUID | None]
    request_id: Mapped[UUID | None]

    __table_args__ = (
        Index("idx_audit_logs_organization_created", "organization_id", "created_at", "id"),
        Index("idx_audit_logs_resource", "organization_id", "resource_type", "resource_id", "created_at"),
        Index("idx_audit_logs_user_id", "user_id"),
    )
