"""Cancelling and retrying many runs at once: those that the filters chose when they were counted, and no others."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.session import tenant_session
from lib.errors import (
    BudgetUsedUp,
    Conflict,
    InvalidInput,
    ModelError,
    NotFound,
    NotPermitted,
    OrchestratorError,
    QuotaUsedUp,
    RetriedAlready,
)
from lib.models.run import OrchestrationRun, RunStatus
from lib.providers.base import ModelChoice
from lib.runs import queries
from lib.runs.lists import queries as list_queries
from lib.runs.queries import RunFilter
from lib.runs.retry import find_begin, retry_run
from lib.runs.retry_views import RetryRequest
from lib.runs.service import watch_run
from lib.runs.states import FINAL_RUN_STATUSES, RETRYABLE_RUN_STATUSES

#: At once.
MOST: Final = 500
_EXAMPLES: Final = 3


class BulkAction(StrEnum):
    """What is done to all of them."""

    CANCEL = "cancel"
    RETRY = "retry"


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOffer:
    """What would be done to which runs."""

    action: BulkAction
    #: The newest first: at most `MOST`.
    run_ids: tuple[UUID, ...]
    #: Titles of the first of them; of those that somebody ticked, of all.
    examples: tuple[str, ...]
    #: Whether there are more than `MOST`.
    is_cut: bool
    #: Of those that somebody ticked: why -> how many can't be among them.
    left: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkResult:
    """What came of it."""

    done: int
    #: Why -> how many were left as they were.
    left: Mapping[str, int]


def preview_bulk(actor: Actor, chosen: RunFilter, action: BulkAction) -> BulkOffer:
    """Those of the filters' runs that it makes sense for, and that the person may do it to.

    Cancelling is for what has not ended; retrying for what failed or was cancelled and was not run again yet: of a
    retry that failed as well, that one is tried again. Raises `NotPermitted`.
    """
    only_own = _own_only(actor, action)
    statuses = RETRYABLE_RUN_STATUSES if action is BulkAction.RETRY else frozenset(RunStatus) - FINAL_RUN_STATUSES
    with tenant_session(actor) as session:
        found = list_queries.list_for_bulk(
            session,
            actor.organization_id,
            chosen=chosen,
            statuses=statuses,
            made_by=actor.user_id if only_own else None,
            is_retry=action is BulkAction.RETRY,
            limit=MOST + 1,
        )
        left = set(chosen.ids or ()) - {row.id for row in found}
        standing = list_queries.list_standing(session, actor.organization_id, left) if left else ()
    return BulkOffer(
        action=action,
        run_ids=tuple(row.id for row in found[:MOST]),
        examples=tuple(row.title for row in found[: _EXAMPLES if chosen.ids is None else MOST]),
        is_cut=len(found) > MOST,
        left=Counter(
            _why_left(action, RunStatus(run.status), is_theirs=not only_own or run.user_id == actor.user_id)
            for run in standing
        ),
    )


def cancel_runs(actor: Actor, run_ids: Sequence[UUID]) -> BulkResult:
    """Ask for the end of all of them, in one transaction. Raises `NotPermitted`, `InvalidInput`."""
    _own_only(actor, BulkAction.CANCEL)
    _refuse_too_many(run_ids)
    left: Counter[str] = Counter()
    with tenant_session(actor) as session:
        # a policy lets nobody lock a run that they may not cancel: it is missing here
        locked = {run.id: run for run in queries.lock_runs(session, run_ids)}
        wanted = []
        for run_id in run_ids:
            run = locked.get(run_id)
            if why := _why_not_cancel(run):
                left[why] += 1
            elif run is not None:
                wanted.append(run)
        _cancel(session, wanted)
    return BulkResult(done=len(wanted), left=left)


def retry_runs(actor: Actor, run_ids: Sequence[UUID], *, on_progress: Callable[[int], None]) -> BulkResult:
    """Run each of them again where it stopped, in a transaction of its own; `on_progress` is told after each one.

    What was run again by then is left; without a call left the rest is not tried. Raises `NotPermitted`,
    `InvalidInput`.
    """
    only_own = _own_only(actor, BulkAction.RETRY)
    _refuse_too_many(run_ids)
    left: Counter[str] = Counter()
    checked: set[ModelChoice] = set()
    done = 0
    for number, run_id in enumerate(run_ids, 1):
        try:
            _retry(actor, run_id, only_own=only_own, checked=checked)
            done += 1
        except QuotaUsedUp:
            left["no calls left this month"] += len(run_ids) - number + 1
            break
        except BudgetUsedUp:
            left["stopped by a budget"] += 1
        except OrchestratorError as error:
            left[_say(error)] += 1
        on_progress(number)
    return BulkResult(done=done, left=left)


def _retry(actor: Actor, run_id: UUID, *, only_own: bool, checked: set[ModelChoice]) -> None:
    run = watch_run(actor, run_id)
    if only_own and run.summary.user_id != actor.user_id:
        raise NotPermitted(Permission.ORCHESTRATIONS_CANCEL, who=actor)
    if run.summary.status not in RETRYABLE_RUN_STATUSES:
        raise Conflict(run.summary.status)
    retry_run(actor, RetryRequest(run_id=run_id, begins_with=find_begin(run)), checked=checked, is_first=True)


def _why_left(action: BulkAction, status: RunStatus, *, is_theirs: bool) -> str:
    """Why a run that was ticked is not among those that it can be done to."""
    if not is_theirs:
        return f"not yours to {action}"
    if action is BulkAction.CANCEL:
        return "ended already" if status in FINAL_RUN_STATUSES else "being cancelled already"
    if status not in FINAL_RUN_STATUSES:
        return "not ended yet"
    return "retried already" if status in RETRYABLE_RUN_STATUSES else "completed"


def _why_not_cancel(run: OrchestrationRun | None) -> str | None:
    if run is None:
        return "not yours to cancel"
    if run.status in FINAL_RUN_STATUSES:
        return "ended meanwhile"
    return "being cancelled already" if run.cancel_requested_at is not None else None


def _cancel(session: Session, runs: Sequence[OrchestrationRun]) -> None:
    """As `cancel_run` does it to one."""
    now = clock.now()
    waiting = [run.id for run in runs if not run.is_held]
    for run in runs:
        run.cancel_requested_at = now
    session.flush()
    if waiting:
        queries.end_as_cancelled(session, waiting)
    if len(waiting) < len(runs):
        session.execute(select(func.pg_notify("orchestrator_cancel", "")))


def _own_only(actor: Actor, action: BulkAction) -> bool:
    """Whether it reaches one's own runs alone: a member's hand is not laid on others' by the dozen."""
    if action is BulkAction.RETRY:
        actor.require(Permission.ORCHESTRATIONS_RUN)
    actor.require(Permission.ORCHESTRATIONS_CANCEL, created_by=actor.user_id)
    return not actor.may(Permission.ORCHESTRATIONS_CANCEL)


def _refuse_too_many(run_ids: Sequence[UUID]) -> None:
    if len(run_ids) > MOST:
        message = f"{len(run_ids)} runs are too many at once; {MOST} is the most. Narrow the filters."
        raise InvalidInput(message)


def _say(error: OrchestratorError) -> str:
    match error:
        case NotPermitted():
            return "not yours to retry"
        case NotFound():
            return "not there any more"
        case ModelError():
            return "their model does not answer"
        case RetriedAlready():
            return "retried already"
        case Conflict():
            return "can't be retried now"
    return "can't be launched as they are"
