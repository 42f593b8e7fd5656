"""What the pages see of a schedule."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from lib.models.run import RunPriority, RunStatus
from lib.models.schedule import CatchUp, Overlap, ScheduleResult
from lib.runs.duplicating import Draft
from lib.schedules.timetable import Timetable
from lib.templates.inputs import InputValue
from lib.users.views import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledRun:
    """A run of a schedule, and how it stands."""

    id: UUID
    status: RunStatus
    launched_at: datetime
    #: Launched by somebody, and not by the schedule itself.
    is_by_hand: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSummary:
    """A schedule in a list."""

    id: UUID
    title: str
    project_id: UUID
    project_name: str
    template_id: UUID
    template_name: str
    #: As whom it launches.
    user_id: UUID
    person: Person
    cron: str
    time_zone: str
    is_active: bool
    #: None where no time is to come.
    next_run_at: datetime | None
    #: None before its first time.
    last_result: ScheduleResult | None
    last_result_at: datetime | None
    #: Why nothing was launched.
    last_message: str
    #: Its newest run that the reader can see.
    last_run: ScheduledRun | None
    #: The newest because of which its last time was left out, or waits, where the reader can see it.
    held_by: ScheduledRun | None
    #: The times between which it launches; None is no bound.
    starts_at: datetime | None
    ends_at: datetime | None
    #: When it was switched off because too many launches in a row were refused.
    stopped_at: datetime | None
    may_edit: bool
    may_run: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDetail:
    """A schedule with everything that its form asks for."""

    summary: ScheduleSummary
    timetable: Timetable
    catch_up: CatchUp
    overlap: Overlap
    #: None is the project's.
    topic: str | None
    inputs: Mapping[str, InputValue]
    #: None is the default of the moment.
    model: str | None
    #: None is no limit.
    cost_limit_usd: Decimal | None
    priority: RunPriority
    #: Whether operations are done, where the organization allows it.
    integration_enabled: bool
    updated_at: datetime

    @property
    def draft(self) -> Draft:
        """What it launches, as the beginning of a choice."""
        return Draft(
            id=self.summary.id,
            project_id=self.summary.project_id,
            template_id=self.summary.template_id,
            title=self.summary.title,
            topic=self.topic,
            model=self.model,
            values=self.inputs,
            cost_limit_usd=self.cost_limit_usd,
            priority=self.priority,
            integration_enabled=self.integration_enabled,
        )


@dataclass(frozen=True, slots=True)
class StoppedSchedule:
    """One of the reader's own that was switched off, and why."""

    id: UUID
    title: str
    reason: str
    stopped_at: datetime
