"""Why a run lies still, or ends, that is not its phases' doing: in words that a person may act on."""

from collections.abc import Mapping
from typing import Any, Final

from lib.budgets.telling import STOP, say_stop
from lib.engine.steps import End
from lib.models.run import RunStatus

#: Kind -> message. Figures stand beside it on the run's page.
_MESSAGES: Final = {
    # who it was, and since when, the run's row says: api.end_run
    "person": "The run was paused by hand. It goes on when somebody continues it.",
    "cost_limit": "The run has spent as much as its cost limit allows. Nothing further begins before that is raised.",
    "cost_bound": (
        "The run may have spent as much as its cost limit allows: nobody knows what one of its attempts has cost, so "
        "it counts as the most that it can have been. Nothing further begins before the limit is raised."
    ),
    "cost_unknown": (
        "Nobody knows what the run has cost so far, and it has a cost limit. Nothing further begins before somebody "
        "says how much more it may spend, or lets it go on without a limit."
    ),
    "organization_quota": (
        "The organization's calls for this month are used up. The run goes on by itself when the quota is raised or "
        "the next month begins."
    ),
}


def find_pause(
    *, is_pausing: bool, cost_stop: str | None, budget: Mapping[str, Any] | None, is_quota_exhausted: bool
) -> End | None:
    """What lets a run lie still that could go on; a person's wish comes first, then money, then the quota."""
    kind = "person" if is_pausing else cost_stop
    if kind is None and budget:
        return End(RunStatus.PAUSED, {"kind": STOP, "message": say_stop(budget), "budget": budget["id"]})
    kind = kind or ("organization_quota" if is_quota_exhausted else None)
    return End(RunStatus.PAUSED, {"kind": kind, "message": _MESSAGES[kind]}) if kind else None


def own_fault() -> End:
    """A run that can't be walked, through nobody's fault but ours."""
    message = "Something went wrong on our side, not at the model. Whoever runs this installation finds it in the log."
    return End(RunStatus.FAILED, {"kind": "internal", "message": message})
