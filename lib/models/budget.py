from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from sqlalchemy import (
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import Base, CreatedAt, Dollars, Key, Moment, Str50, Str100

#: A sum of many amounts.
_Sum = Annotated[Decimal, mapped_column(Numeric(18, 6))]
_LIVING = text("ended_at IS NULL")


class BudgetScope(StrEnum):
    """What a budget is about."""

    ORGANIZATION = "organization"
    PROJECT = "project"
    USER = "user"


class BudgetPeriod(StrEnum):
    """For how long a budget lasts until it begins anew."""

    #: A calendar month in UTC, as the quota's.
    MONTH = "month"
    #: Never.
    TOTAL = "total"


def _organization(table: str) -> ForeignKey:
    return ForeignKey("organizations.id", name=f"{table}_organization_id_fkey", ondelete="CASCADE")


def _reference(column: str, table: str, *, name: str) -> ForeignKeyConstraint:
    """As `tenant_reference`, and what is about something goes with it."""
    there = [f"{table}.organization_id", f"{table}.id"]
    return ForeignKeyConstraint(["organization_id", column], there, name=name, ondelete="CASCADE")


class Budget(Base):
    """What may be spent on something. At most one for each thing and period that has not ended."""

    __tablename__ = "budgets"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(_organization("budgets"))
    name: Mapped[Str100]
    scope: Mapped[Str50]
    project_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None]
    #: The organization, the project or the person.
    about_id: Mapped[UUID] = mapped_column(Computed("coalesce(project_id, user_id, organization_id)", persisted=True))
    period: Mapped[Str50]
    #: Without raises.
    limit_usd: Mapped[Dollars]
    #: Percent, each told once a period; 100 is told whatever stands here.
    thresholds: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=text("'{50,80,95}'::integer[]"))
    #: Whether nothing begins any more once it is used up.
    is_hard: Mapped[bool] = mapped_column(server_default=text("false"))
    note: Mapped[str | None]
    created_by: Mapped[UUID]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    ended_at: Mapped[Moment | None]

    __table_args__ = (
        UniqueConstraint("organization_id", "id", name="budgets_organization_id_id_key"),
        _reference("project_id", "projects", name="budgets_project_fkey"),
        _reference("user_id", "users", name="budgets_person_fkey"),
        _reference("created_by", "users", name="budgets_creator_fkey"),
        Index("idx_budgets_about", "about_id", "period", unique=True, postgresql_where=_LIVING),
        *(
            Index(f"idx_budgets_{column}", "organization_id", column)
            for column in ("project_id", "user_id", "created_by")
        ),
    )


class BudgetSpending(Base):
    """What one period of a budget has cost so far. Triggers write it, with the usage and in its transaction."""

    __tablename__ = "budget_periods"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(_organization("budget_periods"))
    budget_id: Mapped[UUID]
    #: 1970 where the budget is for all time.
    starts_at: Mapped[Moment]
    spent_usd: Mapped[_Sum] = mapped_column(server_default=text("0"))
    #: Calls of which nobody knows the price: they are in no sum.
    unknown_calls: Mapped[int] = mapped_column(server_default=text("0"))

    __table_args__ = (
        UniqueConstraint("organization_id", "budget_id", "starts_at", name="budget_periods_budget_starts_at_key"),
        _reference("budget_id", "budgets", name="budget_periods_budget_fkey"),
    )


class BudgetRaise(Base):
    """What a budget allows beyond its limit for a while. Nobody has to end it once that is over."""

    __tablename__ = "budget_raises"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(_organization("budget_raises"))
    budget_id: Mapped[UUID]
    amount_usd: Mapped[Dollars]
    reason: Mapped[str] = mapped_column(String(500))
    starts_at: Mapped[CreatedAt]
    expires_at: Mapped[Moment]
    created_by: Mapped[UUID]
    created_at: Mapped[CreatedAt]

    __table_args__ = (
        _reference("budget_id", "budgets", name="budget_raises_budget_fkey"),
        _reference("created_by", "users", name="budget_raises_creator_fkey"),
        Index("idx_budget_raises_budget", "organization_id", "budget_id"),
        Index("idx_budget_raises_current", "budget_id", "expires_at"),
        Index("idx_budget_raises_created_by", "organization_id", "created_by"),
    )


class BudgetAlert(Base):
    """A share of a budget that its period has come to, told."""

    __tablename__ = "budget_alerts"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(_organization("budget_alerts"))
    budget_id: Mapped[UUID]
    starts_at: Mapped[Moment]
    #: Percent.
    threshold: Mapped[int]
    #: Both as they stood then; the limit with its raises.
    spent_usd: Mapped[_Sum]
    limit_usd: Mapped[_Sum]
    told_at: Mapped[Moment] = mapped_column(server_default=text("clock_timestamp()"))

    __table_args__ = (
        UniqueConstraint(
            "organization_id", "budget_id", "starts_at", "threshold", name="budget_alerts_budget_threshold_key"
        ),
        _reference("budget_id", "budgets", name="budget_alerts_budget_fkey"),
    )


class SpendingWatch(Base):
    """“Tell me when a person spends more than so much within so many hours.” At most one for each number of hours."""

    __tablename__ = "spending_watches"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(_organization("spending_watches"))
    limit_usd: Mapped[Dollars]
    hours: Mapped[int]
    created_by: Mapped[UUID]
    created_at: Mapped[CreatedAt]
    ended_at: Mapped[Moment | None]
    #: When a worker looks the next time.
    looks_at: Mapped[CreatedAt]

    __table_args__ = (
        UniqueConstraint("organization_id", "id", name="spending_watches_organization_id_id_key"),
        _reference("created_by", "users", name="spending_watches_creator_fkey"),
        Index("idx_spending_watches_hours", "organization_id", "hours", unique=True, postgresql_where=_LIVING),
        Index("idx_spending_watches_looks_at", "looks_at", postgresql_where=_LIVING),
        Index("idx_spending_watches_created_by", "organization_id", "created_by"),
    )


class SpendingNotice(Base):
    """A person who has spent more than a watch lets them, told."""

    __tablename__ = "spending_notices"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(_organization("spending_notices"))
    watch_id: Mapped[UUID]
    user_id: Mapped[UUID]
    #: As it stood then.
    spent_usd: Mapped[_Sum]
    told_at: Mapped[CreatedAt]

    __table_args__ = (
        _reference("watch_id", "spending_watches", name="spending_notices_watch_fkey"),
        _reference("user_id", "users", name="spending_notices_person_fkey"),
        Index("idx_spending_notices_watch", "organization_id", "watch_id", "user_id", "told_at"),
        Index("idx_spending_notices_person", "organization_id", "user_id"),
    )
