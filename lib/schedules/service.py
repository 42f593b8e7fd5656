"""What people do with schedules: make, read, edit, switch on and off, run at once, delete."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.paging import Page
from lib.db.session import tenant_session
from lib.errors import Conflict, NotFound
from lib.models.run import RunPriority, RunStatus
from lib.models.schedule import CatchUp, Overlap, Schedule, ScheduleResult
from lib.projects.queries import load_project
from lib.runs.launch import LaunchRequest, launch_run, preview_launch
from lib.schedules import queries
from lib.schedules.queries import ScheduleFilter
from lib.schedules.timetable import Timetable, make_timetable
from lib.schedules.views import ScheduleDetail, ScheduledRun, ScheduleSummary, StoppedSchedule
from lib.users.views import Person

#: So many stopped schedules the Overview names.
_STOPPED_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When a person wants a schedule to run, and what if something comes in between, not yet checked."""

    cron: str
    time_zone: str
    #: In `time_zone`.
    first_day: date | None = None
    last_day: date | None = None
    catch_up: CatchUp = CatchUp.LATEST
    overlap: Overlap = Overlap.SKIP

    def check(self, *, now: datetime) -> Timetable:
        """The timetable, or `InvalidInput`."""
        day_after = self.last_day + timedelta(days=1) if self.last_day else None
        return make_timetable(
            self.cron,
            self.time_zone,
            now=now,
            starts_at=clock.start_of_day(self.first_day, zone=self.time_zone) if self.first_day else None,
            ends_at=clock.start_of_day(day_after, zone=self.time_zone) if day_after else None,
        )


def list_schedules(
    actor: Actor, chosen: ScheduleFilter | None = None, *, cursor: str | None = None, limit: int = 25
) -> Page[ScheduleSummary]:
    """A page of the organization's schedules. Raises `InvalidInput` for a cursor that is none of this order."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        page = queries.list_schedules(
            session, actor.organization_id, chosen=chosen or ScheduleFilter(), cursor=cursor, limit=limit
        )
        return Page(tuple(_summary(actor, row) for row in page.rows), page.newer, page.older)


def get_schedule(actor: Actor, schedule_id: UUID) -> ScheduleDetail:
    """One schedule. Raises `NotFound`."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        row = queries.find_schedule(session, actor.organization_id, schedule_id)
        if row is None:
            raise NotFound("schedule")
        schedule: Schedule = row.Schedule
        return ScheduleDetail(
            summary=_summary(actor, row),
            timetable=timetable_of(schedule),
            catch_up=CatchUp(schedule.catch_up),
            overlap=Overlap(schedule.overlap),
            topic=schedule.topic,
            inputs=dict(schedule.inputs),
            model=schedule.model,
            cost_limit_usd=schedule.cost_limit_usd,
            priority=RunPriority(schedule.priority),
            integration_enabled=schedule.integration_enabled,
            updated_at=schedule.updated_at,
        )


def create_schedule(actor: Actor, request: LaunchRequest, timing: Timing) -> UUID:
    """Have a run launched at these times, as the person who asks, and return the schedule's id.

    Raises what `preview_launch` raises for what is to be launched, and `InvalidInput` for the times.
    """
    columns = _check(actor, request)
    with tenant_session(actor) as session:
        schedule = Schedule(
            organization_id=actor.organization_id,
            created_by=actor.user_id,
            user_id=actor.user_id,
            **_follow_project(session, request, columns),
            **_time_columns(session, timing),
        )
        session.add(schedule)
        session.flush()
        return schedule.id


def update_schedule(actor: Actor, schedule_id: UUID, request: LaunchRequest, timing: Timing, *, seen: datetime) -> None:
    """Change what a schedule launches, and when; from then on it launches as whoever has changed it.

    `seen` is its `updated_at` as the person read it: `Conflict` where somebody else was faster. Raises `NotFound`,
    `NotPermitted`, and what `create_schedule` raises.
    """
    with tenant_session(actor) as session:
        _require_editor(actor, _get(session, schedule_id))
    columns = _check(actor, request)
    with tenant_session(actor) as session:
        schedule = _get(session, schedule_id, for_update=True)
        _require_editor(actor, schedule)
        if schedule.updated_at != seen:
            message = "Somebody else has edited this schedule meanwhile, so nothing was saved. Look at it again."
            raise Conflict(message)
        changes = _follow_project(session, request, columns) | _time_columns(session, timing)
        for name, value in changes.items():
            setattr(schedule, name, value)
        schedule.user_id = actor.user_id


def set_active(actor: Actor, schedule_id: UUID, *, is_active: bool) -> None:
    """Switch a schedule off; or on, from its next time on, from when on it launches as whoever has switched it on.

    Raises `NotFound`, `NotPermitted`, `Conflict`, and `InvalidInput` where its times can't be read.
    """
    with tenant_session(actor) as session:
        _require_editor(actor, _get(session, schedule_id))
        schedule = _get(session, schedule_id, for_update=True)
        if is_active and not schedule.is_active:
            next_run_at = timetable_of(schedule).after(_now(session))
            if next_run_at is None:
                message = "This schedule has no time to come any more. Edit it, and give it other times first."
                raise Conflict(message)
            schedule.next_run_at = next_run_at
            schedule.user_id = actor.user_id
        schedule.is_active = is_active


def run_now(actor: Actor, schedule_id: UUID) -> UUID:
    """Launch what the schedule launches, at once and as the person who asks, and return the run's id.

    The schedule goes on as it would have. Raises `NotFound`, and what `launch_run` raises.
    """
    actor.require(Permission.ORCHESTRATIONS_RUN)
    with tenant_session(actor) as session:
        schedule = _get(session, schedule_id)
        request = LaunchRequest(
            project_id=schedule.project_id,
            template_id=schedule.template_id,
            model=schedule.model,
            title=schedule.title,
            topic=schedule.topic,
            inputs=dict(schedule.inputs),
            cost_limit_usd=schedule.cost_limit_usd,
            priority=RunPriority(schedule.priority),
            integration_enabled=schedule.integration_enabled,
            schedule_id=schedule.id,
        )
    return launch_run(actor, request)


def delete_schedule(actor: Actor, schedule_id: UUID) -> None:
    """Delete a schedule; the runs that it launched stay. Raises `NotFound`, `NotPermitted`."""
    with tenant_session(actor) as session:
        _require_editor(actor, _get(session, schedule_id))
        schedule = _get(session, schedule_id, for_update=True)
        schedule.is_active = False
        schedule.deleted_at = clock.now()


def list_stopped(actor: Actor) -> tuple[StoppedSchedule, ...]:
    """The person's own schedules that were switched off because too many launches were refused, the last first."""
    if not actor.may_some(Permission.ORCHESTRATIONS_RUN):
        return ()
    with tenant_session(actor) as session:
        rows = queries.list_stopped(session, actor.organization_id, actor.user_id, limit=_STOPPED_SHOWN)
        return tuple(StoppedSchedule(*row) for row in rows)


def timetable_of(schedule: Schedule) -> Timetable:
    """The times of a row."""
    return Timetable(
        cron=schedule.cron, time_zone=schedule.time_zone, starts_at=schedule.starts_at, ends_at=schedule.ends_at
    )


def _summary(actor: Actor, row: Row[*tuple[Any, ...]]) -> ScheduleSummary:
    values = dict(zip(queries.SUMMARY, row, strict=False))  # pages have their key behind it
    result = values["last_result"]
    may_run = actor.may_some(Permission.ORCHESTRATIONS_RUN)
    return ScheduleSummary(
        **values
        | {
            # a template or a project may be gone from what the reader sees
            "project_name": values["project_name"] or "",
            "template_name": values["template_name"] or "",
            "person": Person(**values["person"]),
            "last_result": ScheduleResult(result) if result else None,
            "last_run": _scheduled_run(values["last_run"]),
            "held_by": _scheduled_run(values["held_by"]),
        },
        may_edit=may_run and actor.may(Permission.ORCHESTRATIONS_CANCEL, created_by=values["user_id"]),
        may_run=may_run,
    )


def _scheduled_run(found: Mapping[str, Any] | None) -> ScheduledRun | None:
    if found is None:
        return None
    return ScheduledRun(
        id=UUID(found["id"]),
        status=RunStatus(found["status"]),
        launched_at=datetime.fromisoformat(found["launched_at"]),
        is_by_hand=found["is_by_hand"],
    )


def _check(actor: Actor, request: LaunchRequest) -> dict[str, Any]:
    """What is launched, as it is stored. Raises what `preview_launch` raises."""
    prepared = preview_launch(actor, request)
    return {
        "project_id": request.project_id,
        "template_id": request.template_id,
        "title": prepared.title,
        "topic": prepared.topic,
        "inputs": dict(prepared.inputs),
        "model": request.model,
        "cost_limit_usd": prepared.cost_limit_usd,
        "priority": prepared.priority,
        "integration_enabled": request.integration_enabled is not False,
    }


def _follow_project(session: Session, request: LaunchRequest, columns: Mapping[str, Any]) -> dict[str, Any]:
    """A topic that is the project's own is not kept: the schedule goes on with whatever becomes of that."""
    project = load_project(session, request.project_id)
    is_own = project is not None and columns["topic"] == project.topic
    return {**columns, "topic": None if is_own else columns["topic"]}


def _time_columns(session: Session, timing: Timing) -> dict[str, Any]:
    """When, as it is stored. The next time is counted from the database's time, as workers do."""
    now = _now(session)
    table = timing.check(now=now)
    return {
        "cron": table.cron,
        "time_zone": timing.time_zone,
        "starts_at": table.starts_at,
        "ends_at": table.ends_at,
        "catch_up": timing.catch_up,
        "overlap": timing.overlap,
        "next_run_at": table.after(now),
    }


def _now(session: Session) -> datetime:
    now: datetime = session.execute(select(func.now())).scalar_one()
    return now


def _get(session: Session, schedule_id: UUID, *, for_update: bool = False) -> Schedule:
    schedule = queries.load_schedule(session, schedule_id, for_update=for_update)
    if schedule is None:
        raise NotFound("schedule")
    return schedule


def _require_editor(actor: Actor, schedule: Schedule) -> None:
    """Raise `NotPermitted` unless this person may steer it: their own, or anybody's where they steer runs."""
    actor.require(Permission.ORCHESTRATIONS_RUN)
    actor.require(Permission.ORCHESTRATIONS_CANCEL, created_by=schedule.user_id)
