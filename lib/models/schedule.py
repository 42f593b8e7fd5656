from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lib.db.base import (
    Base,
    CreatedAt,
    Dollars,
    JsonObject,
    Key,
    Moment,
    Str20,
    Str50,
    Str100,
    Str255,
    reference,
    tenant_reference,
)


class CatchUp(StrEnum):
    """What becomes of the times at which no worker was there."""

    #: Nothing is launched for them.
    NONE = "none"
    #: One run, for all of them.
    LATEST = "latest"
    #: A run each, of the last 24.
    ALL = "all"


class Overlap(StrEnum):
    """What happens at a time at which the schedule's run before has not ended."""

    #: Nothing is launched.
    SKIP = "skip"
    #: The new run waits until it has.
    QUEUE = "queue"
    #: It is cancelled.
    CANCEL_PREVIOUS = "cancel_previous"


class ScheduleResult(StrEnum):
    """What became of the last time."""

    LAUNCHED = "launched"
    #: The run before was under way still.
    SKIPPED = "skipped"
    #: No worker was there.
    MISSED = "missed"
    #: It is launched as soon as the run before has ended.
    WAITING = "waiting"
    #: The person could not have launched it by hand either; `last_message` says why.
    REFUSED = "refused"


class Schedule(Base):
    """Runs that launch by themselves, as `user_id`, at the times of `cron` in `time_zone`."""

    __tablename__ = "schedules"

    id: Mapped[Key]
    organization_id: Mapped[UUID] = mapped_column(reference("organizations", name="schedules_organization_id_fkey"))
    project_id: Mapped[UUID] = mapped_column(reference("projects", name="schedules_project_id_fkey"))
    template_id: Mapped[UUID] = mapped_column(reference("orchestration_templates", name="schedules_template_id_fkey"))
    #: As whom it launches: whoever said last what it launches and when.
    user_id: Mapped[UUID] = mapped_column(reference("users", name="schedules_user_id_fkey"))
    created_by: Mapped[UUID] = mapped_column(reference("users", name="schedules_created_by_fkey"))
    title: Mapped[Str255]
    #: None takes the project's.
    topic: Mapped[str | None]
    #: Answers to the template's questions.
    inputs: Mapped[JsonObject]
    #: None takes the default of the moment.
    model: Mapped[Str255 | None]
    #: Of each of its runs; None is no limit.
    cost_limit_usd: Mapped[Dollars | None]
    priority: Mapped[Str20] = mapped_column(server_default=text("'normal'"))
    #: Whether the operations of its runs are done, where the organization allows it; else they say what they would do.
    integration_enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    cron: Mapped[Str100]
    time_zone: Mapped[Str100]
    starts_at: Mapped[Moment | None]
    ends_at: Mapped[Moment | None]
    catch_up: Mapped[Str50] = mapped_column(server_default=text("'latest'"))
    overlap: Mapped[Str50] = mapped_column(server_default=text("'skip'"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    #: None where no time is to come.
    next_run_at: Mapped[Moment | None]
    claimed_until: Mapped[Moment | None]
    last_run_id: Mapped[UUID | None]
    last_result: Mapped[Str50 | None]
    last_result_at: Mapped[Moment | None]
    last_message: Mapped[str | None]
    #: In a row.
    refusals: Mapped[int] = mapped_column(server_default=text("0"))
    #: When it was switched off for them.
    stopped_at: Mapped[Moment | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    deleted_at: Mapped[Moment | None]

    __table_args__ = (
        UniqueConstraint("organization_id", "id", name="schedules_organization_id_id_key"),
        tenant_reference("project_id", "projects", name="schedules_project_fkey"),
        tenant_reference("user_id", "users", name="schedules_person_fkey"),
        tenant_reference("created_by", "users", name="schedules_creator_fkey"),
        tenant_reference("last_run_id", "orchestration_runs", name="schedules_last_run_fkey"),
        Index("idx_schedules_due", "next_run_at", postgresql_where=text("is_active")),
        Index("idx_schedules_organization_created", "organization_id", "created_at", "id"),
        Index("idx_schedules_project_created", "organization_id", "project_id", "created_at", "id"),
        Index("idx_schedules_template_created", "organization_id", "template_id", "created_at", "id"),
        Index("idx_schedules_project_id", "project_id"),
        Index("idx_schedules_template_id", "template_id"),
        Index("idx_schedules_user_id", "user_id"),
        Index("idx_schedules_created_by", "created_by"),
        Index("idx_schedules_last_run", "organization_id", "last_run_id"),
    )
