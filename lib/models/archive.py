"""Runs of a project that lie in a compressed file."""

from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import Base, CreatedAt, JsonObject, Key, Moment, Str50, Str255


class ArchiveStatus(StrEnum):
    """How an archive stands."""

    #: Somebody wants it; no worker has begun.
    ASKED = "asked"
    #: A worker writes the file. All runs are still there.
    MAKING = "making"
    #: The runs are in the file alone.
    MADE = "made"
    #: They are to come back, or are coming.
    RESTORING = "restoring"
    #: They are back.
    RESTORED = "restored"
    #: The file is to be removed.
    REMOVING = "removing"
    #: The file is gone; the row stays, as a record.
    REMOVED = "removed"
    #: It was not made, and `failure` says why. All runs are still there.
    FAILED = "failed"


#: Where runs are in the file and nowhere else.
AWAY: Final = (ArchiveStatus.MADE, ArchiveStatus.RESTORING)
#: What a worker does something about.
UNDER_WAY: Final = (ArchiveStatus.ASKED, ArchiveStatus.MAKING, ArchiveStatus.RESTORING, ArchiveStatus.REMOVING)
_UNDER_WAY = text(f"status IN ({', '.join(repr(str(status)) for status in UNDER_WAY)})")


def _reference(column: str, table: str, *, name: str) -> ForeignKeyConstraint:
    there = [f"{table}.organization_id", f"{table}.id"]
    return ForeignKeyConstraint(["organization_id", column], there, name=name, ondelete="CASCADE")


class Archive(Base):
    """An archive of a project's runs: what is in it, where it lies, and who asked for what."""

    __tablename__ = "archives"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(
        ForeignKey("organizations.id", name="archives_organization_id_fkey", ondelete="CASCADE")
    )
    project_id: Mapped[UUID]
    #: As it was called then.
    project_name: Mapped[Str255]
    status: Mapped[Str50] = mapped_column(server_default=text("'asked'"))
    #: Why what was asked for last has not happened.
    failure: Mapped[str | None]
    #: None is the command line.
    asked_by: Mapped[UUID | None]
    asked_at: Mapped[CreatedAt]
    #: A worker does not look at it before.
    next_at: Mapped[CreatedAt]
    made_at: Mapped[Moment | None]
    #: Of the file: see `lib.archives.manifest`.
    format_version: Mapped[int | None]
    store: Mapped[Str50 | None]
    #: Its name there.
    file: Mapped[Str255 | None]
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    #: Of each table its columns, rows and checksum: what `api.sum_runs` says.
    tables: Mapped[JsonObject]
    #: How many files of operations are in it.
    file_count: Mapped[int] = mapped_column(server_default=text("0"))
    #: What its runs cost, as far as that is known, and of how many it is not.
    cost_usd: Mapped[Decimal | None] = mapped_column(Numeric(18, 6))
    unknown_costs: Mapped[int] = mapped_column(server_default=text("0"))
    #: How many `ArchivedRun` it has.
    run_count: Mapped[int] = mapped_column(server_default=text("0"))
    #: How many of them are away, what these cost, as far as that is known, and of how many it is not.
    away_count: Mapped[int] = mapped_column(server_default=text("0"))
    away_cost_usd: Mapped[Decimal | None] = mapped_column(Numeric(18, 6))
    away_unknown_costs: Mapped[int] = mapped_column(server_default=text("0"))
    restore_asked_by: Mapped[UUID | None]
    restore_asked_at: Mapped[Moment | None]
    #: The transaction that puts rows back; `api.is_restoring` knows it by that.
    restoring_in: Mapped[int | None] = mapped_column(BigInteger)
    #: When the rows were back; the files follow.
    loaded_at: Mapped[Moment | None]
    restored_at: Mapped[Moment | None]
    removed_by: Mapped[UUID | None]
    removed_at: Mapped[Moment | None]

    __table_args__ = (
        UniqueConstraint("organization_id", "id", name="archives_organization_id_id_key"),
        _reference("project_id", "projects", name="archives_project_fkey"),
        _reference("asked_by", "users", name="archives_asker_fkey"),
        _reference("restore_asked_by", "users", name="archives_restorer_fkey"),
        _reference("removed_by", "users", name="archives_remover_fkey"),
        Index("idx_archives_under_way", "project_id", unique=True, postgresql_where=_UNDER_WAY),
        Index("idx_archives_next_at", "next_at", postgresql_where=_UNDER_WAY),
        Index("idx_archives_project", "organization_id", "project_id", "asked_at", "id"),
        *(
            Index(f"idx_archives_{column}", "organization_id", column)
            for column in ("asked_by", "restore_asked_by", "removed_by")
        ),
    )


class ArchivedRun(Base):
    """A run that lies in an archive; in each of them, where it lies in several. Functions of the owner's alone ask."""

    __tablename__ = "archived_runs"

    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    archive_id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID]
    #: It is in that archive and nowhere else: one that came back, by whichever archive, is away in none.
    is_away: Mapped[bool] = mapped_column(server_default=text("true"))

    __table_args__ = (
        _reference("archive_id", "archives", name="archived_runs_archive_fkey"),
        Index("idx_archived_runs_archive", "organization_id", "archive_id"),
    )
