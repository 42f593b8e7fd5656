from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import Base, CreatedAt, Key, Moment, Str50, Str255, reference, tenant_reference

#: Neither accepted nor revoked. One that is too old is open as well: a new link renews it.
_IS_OPEN = text("accepted_at IS NULL AND revoked_at IS NULL")


class Invitation(Base):
    """Somebody who was asked to become one of the organization's people; the row of a person is made when they do."""

    __tablename__ = "invitations"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(reference("organizations", name="invitations_organization_id_fkey"))
    email: Mapped[Str255]
    role: Mapped[Str50]
    permissions: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    #: Who made the link that is good now: it dies with their right to. None is the installation's operator.
    invited_by: Mapped[UUID | None]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[Moment] = mapped_column(server_default=text("now() + '7 days'::interval"))
    accepted_at: Mapped[Moment | None]
    accepted_by: Mapped[UUID | None]
    revoked_at: Mapped[Moment | None]

    __table_args__ = (
        tenant_reference("invited_by", "users", name="invitations_invited_by_fkey"),
        tenant_reference("accepted_by", "users", name="invitations_accepted_by_fkey"),
        Index("invitations_open_key", "organization_id", "email", unique=True, postgresql_where=_IS_OPEN),
        Index("idx_invitations_open_created", "organization_id", "created_at", "id", postgresql_where=_IS_OPEN),
        Index("idx_invitations_invited_by", "organization_id", "invited_by"),
        Index("idx_invitations_accepted_by", "organization_id", "accepted_by"),
    )
