"""Every select on schedules."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from lib.db.paging import Order, Rows, read_page
from lib.models.project import Project
from lib.models.readable_templates import readable_templates
from lib.models.run import OrchestrationRun, RunStatus
from lib.models.schedule import Schedule, ScheduleResult
from lib.runs.states import FINAL_RUN_STATUSES
from lib.users.queries import person

#: The last run that it launched by itself, where the reader can see it.
_noted = aliased(OrchestrationRun)
_SEES_NOTED: Final = (
    exists()
    .where(_noted.organization_id == Schedule.organization_id, _noted.id == Schedule.last_run_id)
    .correlate(Schedule)
)
#: The last one by itself is noted down in its launch: a newer one was launched by hand. Who can't see the noted one
#: can't tell whether another is newer.
_IS_BY_HAND: Final = Schedule.last_run_id.is_(None) | ((OrchestrationRun.id != Schedule.last_run_id) & _SEES_NOTED)
#: Whether a time of the schedule was left out, or waits, because of the run.
_HOLDS: Final = (
    Schedule.last_result.in_([ScheduleResult.SKIPPED, ScheduleResult.WAITING])
    & (OrchestrationRun.created_at <= Schedule.last_result_at)
    & (OrchestrationRun.status.not_in(FINAL_RUN_STATUSES) | (OrchestrationRun.completed_at >= Schedule.last_result_at))
)


def _newest_run(*conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    """The schedule's newest run of that kind, launched by itself or by hand, as `ScheduledRun` takes it."""
    run = OrchestrationRun
    found = select(
        func.jsonb_build_object(
            *("id", run.id, "status", run.status, "launched_at", run.created_at),
            *("is_by_hand", func.coalesce(_IS_BY_HAND, False)),
        )
    ).where(run.organization_id == Schedule.organization_id, run.schedule_id == Schedule.id, *conditions)
    return found.order_by(run.created_at.desc(), run.id.desc()).limit(1).correlate(Schedule).scalar_subquery()


SUMMARY = {
    "id": Schedule.id,
    "title": Schedule.title,
    "project_id": Schedule.project_id,
    "project_name": select(Project.name).where(Project.id == Schedule.project_id).scalar_subquery(),
    "template_id": Schedule.template_id,
    "template_name": select(readable_templates.c.name)
    .where(readable_templates.c.id == Schedule.template_id)
    .scalar_subquery(),
    "user_id": Schedule.user_id,
    "person": person(Schedule.user_id).label("person"),
    "cron": Schedule.cron,
    "time_zone": Schedule.time_zone,
    "is_active": Schedule.is_active,
    "next_run_at": Schedule.next_run_at,
    "last_result": Schedule.last_result,
    "last_result_at": Schedule.last_result_at,
    "last_message": func.coalesce(Schedule.last_message, ""),
    "last_run": _newest_run().label("last_run"),
    "held_by": _newest_run(_HOLDS).label("held_by"),
    "starts_at": Schedule.starts_at,
    "ends_at": Schedule.ends_at,
    "stopped_at": Schedule.stopped_at,
}
ORDER: Final = Order("newest", Schedule.created_at, Schedule.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleFilter:
    """Which schedules a list shows; None is all."""

    project_id: UUID | None = None
    template_id: UUID | None = None


def _summaries(organization_id: UUID) -> Select[*tuple[Any, ...]]:
    """The columns of `SUMMARY`, in that order. The condition is the planner's, as in lib.runs.queries."""
    return select(*SUMMARY.values()).where(Schedule.organization_id == organization_id, Schedule.deleted_at.is_(None))


def list_schedules(
    session: Session, organization_id: UUID, *, chosen: ScheduleFilter, cursor: str | None, limit: int
) -> Rows:
    """A page of schedules, the newest first."""
    statement = _summaries(organization_id)
    if chosen.project_id is not None:
        statement = statement.where(Schedule.project_id == chosen.project_id)
    if chosen.template_id is not None:
        statement = statement.where(Schedule.template_id == chosen.template_id)
    return read_page(session, statement, order=ORDER, cursor=cursor, limit=limit)


def find_schedule(session: Session, organization_id: UUID, schedule_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """One schedule as `list_schedules` lists it, and the row behind it."""
    statement = _summaries(organization_id).add_columns(Schedule)
    return session.execute(statement.where(Schedule.id == schedule_id)).one_or_none()


def load_schedule(session: Session, schedule_id: UUID, *, for_update: bool = False) -> Schedule | None:
    """The row, to change it; with `for_update` as it stands once it is locked."""
    statement = select(Schedule).where(Schedule.id == schedule_id, Schedule.deleted_at.is_(None))
    if for_update:
        # without populate_existing a row that the session has read before would stay as it was then
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalar(statement)


def list_stopped(
    session: Session, organization_id: UUID, user_id: UUID, *, limit: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """A person's own that were switched off for refusals, and stand so: id, title, why and since when."""
    statement = (
        select(Schedule.id, Schedule.title, func.coalesce(Schedule.last_message, ""), Schedule.stopped_at)
        .where(Schedule.organization_id == organization_id, Schedule.user_id == user_id)
        .where(Schedule.stopped_at.is_not(None), Schedule.deleted_at.is_(None))
        .order_by(Schedule.stopped_at.desc())
    )
    return session.execute(statement.limit(limit)).all()


def list_open_runs(session: Session, organization_id: UUID, schedule_id: UUID) -> dict[UUID, RunStatus]:
    """Those runs of a schedule that have not ended, and how they stand."""
    statement = select(OrchestrationRun.id, OrchestrationRun.status).where(
        OrchestrationRun.organization_id == organization_id,
        OrchestrationRun.schedule_id == schedule_id,
        OrchestrationRun.status.not_in(FINAL_RUN_STATUSES),
    )
    return {run_id: RunStatus(status) for run_id, status in session.execute(statement)}
