from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import Base, CreatedAt, JsonObject, Key, Moment, Str50, Str100, Str255, reference


class User(Base):
    """A person of one organization. E-mail and user name are stored in lower case and stay reserved for ever."""

    __tablename__ = "users"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(reference("organizations", name="users_organization_id_fkey"))
    email: Mapped[Str255]
    username: Mapped[Str100]
    full_name: Mapped[Str255 | None]
    role: Mapped[Str50] = mapped_column(server_default=text("'member'"))
    permissions: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    preferences: Mapped[JsonObject]
    last_login_at: Mapped[Moment | None]
    email_verified_at: Mapped[Moment | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    deleted_at: Mapped[Moment | None]
    deactivated_at: Mapped[Moment | None]
    is_operator: Mapped[bool] = mapped_column(server_default=text("false"))
    created_by: Mapped[UUID | None] = mapped_column(reference("users", name="users_created_by_fkey"))

    __table_args__ = (
        UniqueConstraint("email", name="users_email_key"),
        UniqueConstraint("username", name="users_username_key"),
        UniqueConstraint("organization_id", "id", name="users_organization_id_id_key"),
        Index("idx_users_organization_id", "organization_id"),
        Index("idx_users_email", "email"),
        Index("idx_users_created_by", "created_by"),
        Index("idx_users_organization_name", "organization_id", text("lower(coalesce(full_name, username))"), "id"),
        Index("idx_users_organization_created", "organization_id", "created_at", "id"),
        Index(
            "idx_users_organization_last_login",
            "organization_id",
            text("last_login_at DESC NULLS LAST"),
            text("id DESC"),
        ),
    )
