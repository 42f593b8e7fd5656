from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from lib.db.base import Base, CreatedAt, Dollars, Key, Moment, Str50, Str100, Str255, reference, tenant_reference


class ApiUsage(Base):
    """One call, for billing: to a model, of an operation, or to the HTTP API."""

    __tablename__ = "api_usage"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(reference("organizations", name="api_usage_organization_id_fkey"))
    user_id: Mapped[UUID | None] = mapped_column(reference("users", name="api_usage_user_id_fkey"))
    endpoint: Mapped[Str255]
    method: Mapped[str] = mapped_column(String(10))
    tokens_used: Mapped[int] = mapped_column(server_default=text("0"))
    response_time_ms: Mapped[int | None]
    status_code: Mapped[int | None]
    created_at: Mapped[CreatedAt]
    project_id: Mapped[UUID | None]
    #: Calls outlive their runs: this one may name one that was removed, and so may the phase.
    run_id: Mapped[UUID | None]
    phase_execution_id: Mapped[UUID | None]
    provider: Mapped[Str100 | None]
    model: Mapped[Str255 | None]
    prompt_tokens: Mapped[int | None]
    completion_tokens: Mapped[int | None]
    #: None where the price is unknown, never 0.
    cost_usd: Mapped[Dollars | None]
    error_kind: Mapped[Str50 | None]
    #: Whose template it was, once its run was removed; until then its run says it.
    template_id: Mapped[UUID | None]

    __table_args__ = (
        UniqueConstraint(
            "organization_id", "phase_execution_id", name="api_usage_organization_id_phase_execution_id_key"
        ),
        tenant_reference("user_id", "users", name="api_usage_person_fkey"),
        tenant_reference("project_id", "projects", name="api_usage_project_fkey"),
        Index("idx_api_usage_organization_id", "organization_id"),
        Index("idx_api_usage_created_at", "created_at"),
        Index("idx_api_usage_organization_created", "organization_id", "created_at", "id"),
        Index("idx_api_usage_user_id", "user_id"),
        Index("idx_api_usage_project", "organization_id", "project_id"),
        Index("idx_api_usage_run", "organization_id", "run_id"),
    )


class Cut(StrEnum):
    """By which columns calls are summed up; the others are NULL in that row."""

    ALL = "all"
    NONE = "none"
    PROJECT = "project"
    PERSON = "person"
    TEMPLATE = "template"
    MODEL = "model"
    ENDPOINT = "endpoint"
    ERROR = "error"


class _Summed:
    """Calls of an hour or a day, summed up by `api.sum_up_usage`."""

    id: Mapped[Key]
    cut: Mapped[Str50]
    #: A call of an operation otherwise.
    is_model: Mapped[bool]
    project_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None]
    template_id: Mapped[UUID | None]
    provider: Mapped[Str100 | None]
    model: Mapped[Str255 | None]
    endpoint: Mapped[Str255 | None]
    error_kind: Mapped[Str50 | None]
    calls: Mapped[int] = mapped_column(BigInteger)
    #: Those that were cancelled are not among them.
    failed_calls: Mapped[int] = mapped_column(BigInteger)
    #: Calls to models that succeeded, for a price that nobody knows.
    unpriced_calls: Mapped[int] = mapped_column(BigInteger)
    prompt_tokens: Mapped[int] = mapped_column(BigInteger)
    completion_tokens: Mapped[int] = mapped_column(BigInteger)
    cost_usd: Mapped[Decimal] = mapped_column(Numeric(18, 6))
    #: How long they took: the buckets of `api.latency_bucket` that have any, and how many each has.
    latency_buckets: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    latency_calls: Mapped[list[int]] = mapped_column(ARRAY(Integer))

    @declared_attr
    def organization_id(cls) -> Mapped[UUID]:  # noqa: N805 - SQLAlchemy calls it with the class
        return mapped_column(_of_organization(cls.__tablename__))  # type: ignore[attr-defined] # of the table's class


def _of_organization(table: str) -> ForeignKey:
    return ForeignKey("organizations.id", name=f"{table}_organization_id_fkey", ondelete="CASCADE")


def _summed_indexes(table: str, moment: str) -> tuple[Index, ...]:
    is_all = text(f"cut = '{Cut.ALL}'")
    return (
        Index(f"idx_{table}_kind", "organization_id", "cut", "is_model", moment),
        Index(f"idx_{table}_project", "organization_id", "project_id", moment, postgresql_where=is_all),
        Index(f"idx_{table}_person", "organization_id", "user_id", moment, postgresql_where=is_all),
    )


class UsageHourly(_Summed, Base):
    """The calls of an hour that has ended."""

    __tablename__ = "usage_hourly"
    hour: Mapped[Moment]
    __table_args__ = _summed_indexes("usage_hourly", "hour")


class UsageDaily(_Summed, Base):
    """The calls of a day, by UTC, of which every hour is summed up."""

    __tablename__ = "usage_daily"
    day: Mapped[Moment]
    __table_args__ = _summed_indexes("usage_daily", "day")


class UsageOpenHour(Base):
    """Somebody has written usage of that hour since it was summed up: its rows are read, and not its sums."""

    __tablename__ = "usage_open_hours"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(_of_organization(__tablename__))
    hour: Mapped[Moment]

    __table_args__ = (
        Index("idx_usage_open_hours_organization", "organization_id", "hour"),
        Index("idx_usage_open_hours_hour", "hour"),
    )


class UsageOpenDay(Base):
    """An hour of that day was summed up since the day was."""

    __tablename__ = "usage_open_days"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(_of_organization(__tablename__))
    day: Mapped[Moment]

    __table_args__ = (
        Index("idx_usage_open_days_organization", "organization_id", "day"),
        Index("idx_usage_open_days_day", "day"),
    )
