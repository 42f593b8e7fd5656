"""What is removed because an organization has set so, and what is kept all the same."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import Base, CreatedAt, JsonObject, Key, Moment, Str50


class RetentionKind(StrEnum):
    """What has a number of days that it is kept."""

    RUNS = "runs"
    USAGE = "usage"
    AUDIT = "audit"


def _organization(table: str) -> ForeignKey:
    return ForeignKey("organizations.id", name=f"{table}_organization_id_fkey", ondelete="CASCADE")


def _reference(column: str, table: str, *, name: str) -> ForeignKeyConstraint:
    """As `tenant_reference`, and goes with what it names."""
    there = [f"{table}.organization_id", f"{table}.id"]
    return ForeignKeyConstraint(["organization_id", column], there, name=name, ondelete="CASCADE")


class LegalHold(Base):
    """Nothing that it is about is removed while it is open. It is released once, and never deleted."""

    __tablename__ = "legal_holds"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(_organization("legal_holds"))
    #: None is the whole organization.
    project_id: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(String(500))
    placed_by: Mapped[UUID]
    placed_at: Mapped[CreatedAt]
    released_by: Mapped[UUID | None]
    released_at: Mapped[Moment | None]

    __table_args__ = (
        CheckConstraint("(released_at IS NULL) = (released_by IS NULL)", name="legal_holds_released_check"),
        _reference("project_id", "projects", name="legal_holds_project_fkey"),
        _reference("placed_by", "users", name="legal_holds_placer_fkey"),
        _reference("released_by", "users", name="legal_holds_releaser_fkey"),
        Index("idx_legal_holds_placed_at", "organization_id", "placed_at", "id"),
        *(
            Index(f"idx_legal_holds_{column}", "organization_id", column)
            for column in ("project_id", "placed_by", "released_by")
        ),
    )


class RetentionProgress(Base):
    """What was removed of one kind on the last day on which anything was due; workers write it, batch by batch."""

    __tablename__ = "retention_progress"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(_organization("retention_progress"))
    kind: Mapped[Str50]
    #: By UTC.
    day: Mapped[date]
    #: For how many days it is kept, as far as that was noted.
    days: Mapped[int | None]
    #: What is from before that moment goes.
    before: Mapped[Moment | None]
    #: How many of what, as `{"runs": 3, "phases": 9}`.
    removed: Mapped[JsonObject]
    #: None while there is more to be removed.
    ended_at: Mapped[Moment | None]
    #: It could not be removed, and why; it is tried again an hour later.
    failed_at: Mapped[Moment | None]
    failure: Mapped[str | None]
    #: Of the trail: that seal does not hold, so nothing from there on is removed.
    broken_seal: Mapped[int | None] = mapped_column(BigInteger)
    #: It was set or shortened; nothing goes before that moment.
    waits_until: Mapped[Moment] = mapped_column(server_default=text("now() + interval '24 hours'"))

    __table_args__ = (UniqueConstraint("organization_id", "kind", name="retention_progress_organization_kind_key"),)
