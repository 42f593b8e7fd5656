"""What people do to a run on its way: pause it, let it spend more, end it where it is."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import Numeric, func, literal, select
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.cost_limit import clean_dollars
from lib.db.session import tenant_session
from lib.errors import Conflict, NotFound
from lib.models.run import RunStatus
from lib.runs import queries
from lib.runs.states import FINAL_RUN_STATUSES, PAUSABLE_RUN_STATUSES


def pause_run(actor: Actor, run_id: UUID) -> None:
    """Have a run go no further. What no worker holds lies still at once; calls under way end first, and are paid for.

    Raises `NotFound`, `NotPermitted`, and `Conflict` when it has ended, lies still already or is being cancelled.
    """
    with tenant_session(actor) as session:
        _require(session, actor, run_id)
        status = _found(session.scalar(select(func.api.pause_run(run_id))))
        if status not in PAUSABLE_RUN_STATUSES:
            message = f"This run can't be paused: it is {status} by now. Reload to see it."
            raise Conflict(message)


def raise_cost_limit(actor: Actor, run_id: UUID, amount_usd: Decimal | None, *, seen: Decimal | None) -> None:
    """Let a run spend that much more than it has, or without a limit where that is None; a stopped one goes on.

    `seen` is the limit that the person looked at: two who see one run stopped raise it once. An attempt of unknown cost
    counts as the most that it can have been. Where nobody knows that either, what it has spent by now is counted as far
    as it is known. Raises `InvalidInput`, `NotFound`, `NotPermitted`, and `Conflict` when it has ended or has another
    limit by now.
    """
    actor.require(Permission.ORCHESTRATIONS_RUN)
    amount = None if amount_usd is None else clean_dollars(amount_usd, field="Amount")
    with tenant_session(actor) as session:
        _require(session, actor, run_id)
        limits = literal(amount, Numeric()), literal(seen, Numeric())
        status = _found(session.scalar(select(func.api.raise_cost_limit(run_id, *limits))))
        if status == "changed":
            message = "The limit is another one since you opened the page: somebody was first. Look at it as it is now."
            raise Conflict(message)
        if status in FINAL_RUN_STATUSES:
            message = f"This run has ended already: it is {status}."
            raise Conflict(message)


def finish_run(actor: Actor, run_id: UUID) -> None:
    """End a paused run where it is: completed, with the phases that are.

    Raises `NotFound`, `NotPermitted`, and `Conflict` when it is not paused any more.
    """
    with tenant_session(actor) as session:
        _require(session, actor, run_id)
        status = _found(session.scalar(select(func.api.finish_run(run_id))))
        if status != RunStatus.PAUSED:
            message = f"Only a paused run can be ended like this; this one is {status}. Reload to see it."
            raise Conflict(message)


def _require(session: Session, actor: Actor, run_id: UUID) -> None:
    """Whoever may cancel a run may steer it."""
    run = queries.load_run(session, run_id)
    if run is None:
        raise NotFound("run")
    actor.require(Permission.ORCHESTRATIONS_CANCEL, created_by=run.user_id)


def _found(status: str | None) -> str:
    """How the run stood before, as a function of the database says."""
    if status is None:
        raise NotFound("run")
    return status
