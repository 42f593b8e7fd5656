"""An organization's runs wait for their turn: who comes first, and how full it is."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.session import tenant_session
from lib.errors import Conflict, NotFound
from lib.models.project import Priority
from lib.models.run import RunPriority, RunStatus
from lib.runs import queries
from lib.runs.views import Turns

#: What a run has whose launch says nothing, by its project's priority.
USUAL_PRIORITY: Final[Mapping[Priority, RunPriority]] = {
    Priority.LOW: RunPriority.LOW,
    Priority.MEDIUM: RunPriority.NORMAL,
    Priority.HIGH: RunPriority.HIGH,
    Priority.URGENT: RunPriority.URGENT,
}


def read_turns(actor: Actor) -> Turns:
    """What a run would meet that is launched now. Raises `NotPermitted`."""
    actor.require(Permission.ORCHESTRATIONS_RUN)
    with tenant_session(actor) as session:
        return queries.read_turns(session)


def change_priority(actor: Actor, run_id: UUID, priority: RunPriority) -> None:
    """Give a run that has not begun another place in its organization's line.

    Raises `NotFound`, `NotPermitted`, and `Conflict` when it has begun or ended.
    """
    with tenant_session(actor) as session:
        run = queries.load_run(session, run_id)
        if run is None:
            raise NotFound("run")
        actor.require(Permission.ORCHESTRATIONS_CANCEL, created_by=run.user_id)
        run = queries.load_run(session, run_id, for_update=True)
        if run is None:
            raise NotFound("run")
        if run.status != RunStatus.QUEUED:
            message = f"The priority counts until a run begins, and this one is {run.status} by now."
            raise Conflict(message)
        run.priority = priority
