from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import Base, CreatedAt, JsonObject, Key, Moment, reference


class MailStatus(StrEnum):
    """How a mail of the outbox stands."""

    #: Waits for `next_attempt_at`.
    QUEUED = "queued"
    #: A worker has it; until `next_attempt_at`, for after that it is taken for dead.
    SENDING = "sending"
    SENT = "sent"
    #: For good: refused by the receiver's server, or a week old.
    FAILED = "failed"


class MailOutbox(Base):
    """A mail on its way. Written and read by functions of the database only; see `lib.mail.outbox`."""

    __tablename__ = "mail_outbox"

    id: Mapped[Key]
    kind: Mapped[str]
    recipient: Mapped[str]
    organization_id: Mapped[UUID | None] = mapped_column(
        reference("organizations", name="mail_outbox_organization_id_fkey")
    )
    values: Mapped[JsonObject]
    #: The path of the one-time link, sealed; erased as soon as the mail is sent or has failed.
    secret: Mapped[bytes | None]
    status: Mapped[str] = mapped_column(server_default=text(f"'{MailStatus.QUEUED}'"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_attempt_at: Mapped[CreatedAt]
    last_error: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    sent_at: Mapped[Moment | None]

    __table_args__ = (
        Index(
            "idx_mail_outbox_due",
            "next_attempt_at",
            postgresql_where=text(f"status IN ('{MailStatus.QUEUED}', '{MailStatus.SENDING}')"),
        ),
        Index("idx_mail_outbox_organization_id", "organization_id", "created_at"),
    )
