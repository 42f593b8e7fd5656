from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import Base, CreatedAt, Key, Moment, Str50


class Rhythm(StrEnum):
    """How often a person is told of usage by mail, and of how much time."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"


class UsageReport(Base):
    """What a person wants to be told of usage by mail; nobody else sees it."""

    __tablename__ = "usage_reports"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(
        ForeignKey("organizations.id", name="usage_reports_organization_id_fkey", ondelete="CASCADE")
    )
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", name="usage_reports_user_id_fkey", ondelete="CASCADE"))
    rhythm: Mapped[Str50]
    #: Which calls: the filters of the page of analytics, as its address has them.
    query: Mapped[str] = mapped_column(Text)
    #: When a worker looks at it next.
    next_at: Mapped[Moment]
    #: The last day of the last period that was told, or was over when the person asked for reports.
    told_until: Mapped[date]
    #: A worker is at it until then.
    claimed_until: Mapped[Moment | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]

    __table_args__ = (
        CheckConstraint("length(query) <= 8000", name="usage_reports_query_check"),
        UniqueConstraint("organization_id", "user_id", "rhythm", name="usage_reports_rhythm_key"),
        ForeignKeyConstraint(
            ["organization_id", "user_id"],
            ["users.organization_id", "users.id"],
            name="usage_reports_person_fkey",
            ondelete="CASCADE",
        ),
        Index("idx_usage_reports_user_id", "user_id"),
        Index("idx_usage_reports_next_at", "next_at"),
    )
