from uuid import UUID

from sqlalchemy import Index, String, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import Base, CreatedAt, Key, Moment, Str255, reference


class Webhook(Base):
    """An address outside that is told about events. Its secrets are never shown again."""

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
    previous_secret_key: Mapped[Str255 | None]
    previous_secret_expires_at: Mapped[Moment | None]
    consecutive_failures: Mapped[int] = mapped_column(server_default=text("0"))
    disabled_at: Mapped[Moment | None]
    disabled_reason: Mapped[str | None]

    __table_args__ = (Index("idx_webhooks_organization_name", "organization_id", "name", "id"),)
