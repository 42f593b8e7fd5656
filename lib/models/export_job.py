from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import Base, CreatedAt, Key, Moment, Str50, Str255


class ExportKind(StrEnum):
    """Of what an export is."""

    #: Entries of the audit trail.
    AUDIT = "audit"
    #: Calls of models and operations.
    CALLS = "calls"


class ExportStatus(StrEnum):
    """How an export stands."""

    #: Somebody wants it; no worker has begun.
    ASKED = "asked"
    #: A worker writes the file.
    MAKING = "making"
    #: The file is there.
    MADE = "made"
    #: There is none, and `failure` says why.
    FAILED = "failed"
    #: File and row are to be removed.
    REMOVING = "removing"


#: What its person waits for.
UNDER_WAY: Final = (ExportStatus.ASKED, ExportStatus.MAKING)


class ExportJob(Base):
    """A long file that a person has asked for; a worker writes it, and nobody else sees it."""

    __tablename__ = "export_jobs"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(
        ForeignKey("organizations.id", name="export_jobs_organization_id_fkey", ondelete="CASCADE")
    )
    user_id: Mapped[UUID]
    kind: Mapped[Str50]
    #: Which rows: the filters of the page, as the address of the file has them.
    query: Mapped[str] = mapped_column(Text)
    format: Mapped[Str50]
    status: Mapped[Str50] = mapped_column(server_default="asked")
    #: Why there is no file, or not yet.
    failure: Mapped[str | None]
    store: Mapped[Str50 | None]
    #: Its name there.
    file: Mapped[Str255 | None]
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    rows: Mapped[int | None]
    #: Whether there were more rows than a file has.
    is_cut: Mapped[bool | None]
    #: Whether the person saw only what they made when it was written.
    saw_own_only: Mapped[bool | None]
    asked_at: Mapped[CreatedAt]
    #: A worker does not look at it before: to write it, or to remove what has expired.
    next_at: Mapped[CreatedAt]
    made_at: Mapped[Moment | None]
    expires_at: Mapped[Moment | None]

    __table_args__ = (
        CheckConstraint("length(query) <= 8000", name="export_jobs_query_check"),
        ForeignKeyConstraint(
            ["organization_id", "user_id"],
            ["users.organization_id", "users.id"],
            name="export_jobs_person_fkey",
            ondelete="CASCADE",
        ),
        Index("idx_export_jobs_person", "organization_id", "user_id"),
        Index("idx_export_jobs_user_id", "user_id", "asked_at", "id"),
        Index("idx_export_jobs_next_at", "next_at"),
    )
