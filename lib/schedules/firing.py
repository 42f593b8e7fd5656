"""Launching what is due, as its person and by the rules of a click: a worker's part of a schedule.

The worker has claimed the schedule (`api.claim_schedule`) and learned of it who the person is at that moment. Either a
run is launched, in one transaction with the move to the next time (`api.fire_schedule`), or a `Settled` says why not,
which the worker notes down (`api.settle_schedule`).
"""

import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.access.speaking import Spoken, speak_for
from lib.budgets.gauges import refuse_used_up
from lib.db.constraints import sqlstate_of
from lib.db.session import tenant_session
from lib.errors import (
    BudgetUsedUp,
    ConfigurationError,
    Conflict,
    DatabaseFull,
    DatabaseUnavailable,
    NotFound,
    NotPermitted,
    NotSignedIn,
    OrchestratorError,
    QuotaUsedUp,
)
from lib.models.run import RunPriority, RunStatus
from lib.models.schedule import CatchUp, Overlap, ScheduleResult
from lib.organizations.queries import read_quota
from lib.providers.errors import RETRYABLE, ModelCallError
from lib.runs.launch import LaunchRequest, launch_run
from lib.runs.service import cancel_within
from lib.schedules import queries
from lib.schedules.due import Turn, take_turn
from lib.schedules.timetable import Timetable, refuse_too_often

log = logging.getLogger(__name__)

#: Where what is scheduled comes from, in the trail.
USER_AGENT: Final = "engine/schedule"
#: How long a schedule waits between two looks whether the run before has ended: a tenth of what it has waited so far.
LOOK_AGAIN_SECONDS, SELDOM_SECONDS = 10, 600
#: When one whose times can't be read is due again: another worker may know its zone.
UNREAD_AGAIN: Final = timedelta(hours=1)
#: SQLSTATE -> why the transaction of a launch is undone with nothing wrong about the schedule.
_IN_THE_WAY: Final = {
    "40001": "its time was settled by somebody else",
    "40P01": "the end of the run before was in the way, and it is due again when its claim runs out",
}
#: Of a run before that stands still, and may for weeks: what it waits for.
_STANDS_STILL: Final = {
    RunStatus.PAUSED: "The run before is paused, and holds this up until somebody continues or cancels it.",
    RunStatus.WAITING_REVIEW: "The run before waits for somebody's word, and holds this up until it is given.",
}
_FAULT: Final = "Something went wrong on our side, and nothing was launched. The log of the workers says more."


@dataclass(frozen=True, slots=True, kw_only=True)
class DueSchedule(Spoken):
    """A schedule that a worker has claimed, as `api.claim_schedule` tells of it."""

    schedule_id: UUID
    due_at: datetime
    #: The database's time.
    asked_at: datetime
    cron: str
    time_zone: str
    starts_at: datetime | None
    ends_at: datetime | None
    catch_up: str
    overlap: str
    #: When somebody was there for this time first, if it had to wait.
    waiting_since: datetime | None
    project_id: UUID
    template_id: UUID
    title: str
    topic: str | None
    inputs: Mapping[str, Any]
    model: str | None
    cost_limit_usd: Decimal | None
    priority: str
    integration_enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of a time at which nothing was launched."""

    next_at: datetime | None
    result: ScheduleResult
    message: str | None = None
    #: Whether it is one of the refusals in a row that switch a schedule off.
    counts: bool = False
    #: When to look again, where the time stays due.
    again_seconds: int = 0


def launch_due(due: DueSchedule) -> Settled | None:
    """Launch it, or say why not; None where it is launched, somebody else has settled it, or it stays due.

    Raises `DatabaseUnavailable` and `DatabaseFull`: then it stays due, and is claimed again.
    """
    turn = Turn(due.asked_at + UNREAD_AGAIN)
    try:
        turn = _take_turn(due)
        if turn.is_missed:
            message = "No worker was there at that time, and missed times are not made up for."
            return Settled(next_at=turn.next_at, result=ScheduleResult.MISSED, message=message)
        return _launch(due, turn)
    except (DatabaseUnavailable, DatabaseFull):
        raise
    except OrchestratorError as error:
        return _refused(turn, _say(due, error), counts=not _is_passing(error))
    except Exception:  # whatever it is: the schedule says so, and the next one is not to wait for it
        log.exception("schedule %s could not be launched", due.schedule_id)
        return _refused(turn, _FAULT, counts=True)


def _take_turn(due: DueSchedule) -> Turn:
    """What is to be done at this time. Raises `InvalidInput` where the schedule's times can't be read."""
    table = Timetable(cron=due.cron, time_zone=due.time_zone, starts_at=due.starts_at, ends_at=due.ends_at)
    return take_turn(
        table,
        due_at=due.due_at,
        now=due.asked_at,
        catch_up=CatchUp(due.catch_up),
        is_waiting=due.waiting_since is not None,
    )


def _launch(due: DueSchedule, turn: Turn) -> Settled | None:
    actor = _speak_for(due)
    refuse_too_often(due.cron)
    open_runs = _look_around(actor, due.schedule_id)
    refuse_used_up(actor, due.project_id)
    if open_runs and (held := _find_hold(due, turn, open_runs.values())):
        return held
    request = LaunchRequest(
        project_id=due.project_id,
        template_id=due.template_id,
        model=due.model,
        title=due.title,
        topic=due.topic,
        inputs=due.inputs,
        cost_limit_usd=due.cost_limit_usd,
        priority=RunPriority(due.priority),
        integration_enabled=due.integration_enabled,
        schedule_id=due.schedule_id,
    )

    def move_on(session: Session, run_id: UUID) -> None:
        session.execute(select(func.api.fire_schedule(due.schedule_id, due.due_at, turn.next_at, run_id)))
        for earlier_id in open_runs:
            with suppress(Conflict):  # it has ended by itself
                cancel_within(session, actor, earlier_id)

    try:
        run_id = launch_run(actor, request, also=move_on)
    except OperationalError as error:
        reason = _IN_THE_WAY.get(sqlstate_of(error))
        if not reason:
            raise
        log.info("schedule %s: nothing was launched: %s", due.schedule_id, reason)
        return None
    log.info("schedule %s launched run %s", due.schedule_id, run_id)
    return None


def _speak_for(due: DueSchedule) -> Actor:
    """The schedule's person, with the rights of this moment. Raises `Conflict` for one who could not sign in."""
    if not due.is_there:
        message = f"{due.full_name}, as whom it launches, is deactivated. Somebody else can take it over by editing it."
        raise Conflict(message)
    if due.lacks_second_factor:
        message = (
            f"{due.full_name}, as whom it launches, has to set up a second factor first, as the organization asks."
        )
        raise Conflict(message)
    return speak_for(due, user_agent=USER_AGENT)


def _look_around(actor: Actor, schedule_id: UUID) -> dict[UUID, RunStatus]:
    """Those of the schedule's runs that have not ended, and how they stand.

    Raises `QuotaUsedUp` where another would only stand paused.
    """
    actor.require(Permission.ORCHESTRATIONS_RUN)
    with tenant_session(actor) as session:
        quota = read_quota(session, actor.organization_id)
        open_runs = queries.list_open_runs(session, actor.organization_id, schedule_id)
    if quota.limit is not None and quota.is_used_up:
        raise QuotaUsedUp(quota.limit, quota.resets_at)
    return open_runs


def _find_hold(due: DueSchedule, turn: Turn, statuses: Iterable[RunStatus]) -> Settled | None:
    """What is said where nothing is launched because an earlier run has not ended; None where that is cancelled."""
    stands_still = next((_STANDS_STILL[status] for status in statuses if status in _STANDS_STILL), None)
    match Overlap(due.overlap):
        case Overlap.SKIP:
            message = stands_still or "The run before had not ended."
            return Settled(next_at=turn.next_at, result=ScheduleResult.SKIPPED, message=message)
        case Overlap.QUEUE:
            return Settled(
                next_at=due.due_at,
                result=ScheduleResult.WAITING,
                message=stands_still or "It is launched as soon as the run before has ended.",
                again_seconds=_look_again(due),
            )
        case Overlap.CANCEL_PREVIOUS:
            return None


def _look_again(due: DueSchedule) -> int:
    """In how many seconds, by how long it has waited: a review may take weeks, and each look is written down."""
    waited = due.asked_at.timestamp() - due.waiting_since.timestamp() if due.waiting_since else 0
    return min(max(int(waited / 10), LOOK_AGAIN_SECONDS), SELDOM_SECONDS)


def _refused(turn: Turn, message: str, *, counts: bool) -> Settled:
    return Settled(next_at=turn.next_at, result=ScheduleResult.REFUSED, message=message, counts=counts)


def _is_passing(error: OrchestratorError) -> bool:
    """Whether it may be over by the next time without anybody's doing."""
    is_passing_fault = isinstance(error, ModelCallError) and error.kind in RETRYABLE
    return is_passing_fault or isinstance(error, ConfigurationError | NotSignedIn | BudgetUsedUp)


def _say(due: DueSchedule, error: OrchestratorError) -> str:
    """Why nothing was launched, to whoever reads it later and elsewhere."""
    match error:
        case NotFound():
            return f"The {error.what} is not there any more, or is not {due.full_name}'s to use. Edit the schedule."
        case NotPermitted():
            return f"{due.full_name}, as whom it launches, may not do this any more. Somebody who may can take it over."
        case NotSignedIn():
            return f"{due.full_name}, or the organization, was kept out a moment ago."
        case ConfigurationError():
            log.error("schedule %s: %s", due.schedule_id, error.message)
            return "The workers lack a setting. Whoever runs this installation finds it in their log."
        case _:
            return error.message
