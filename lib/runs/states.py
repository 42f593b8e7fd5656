"""The legal moves of a run and of a phase: the one table. PostgreSQL refuses leaving a final state (api.guard_run)."""

from collections.abc import Mapping

from lib.models.run import PhaseStatus, RunStatus

_R, _P = RunStatus, PhaseStatus

RUN_MOVES: Mapping[RunStatus, frozenset[RunStatus]] = {
    _R.QUEUED: frozenset({_R.RUNNING, _R.PAUSED, _R.FAILED, _R.CANCELLED}),
    _R.RUNNING: frozenset({_R.WAITING_REVIEW, _R.PAUSED, _R.COMPLETED, _R.FAILED, _R.CANCELLED}),
    # a review decides: on with it, or the end; while it is paused too
    _R.WAITING_REVIEW: frozenset({_R.QUEUED, _R.PAUSED, _R.FAILED, _R.CANCELLED}),
    # completed: somebody ends it where it is
    _R.PAUSED: frozenset({_R.QUEUED, _R.COMPLETED, _R.FAILED, _R.CANCELLED}),
    _R.COMPLETED: frozenset(),
    _R.FAILED: frozenset(),
    _R.CANCELLED: frozenset(),
}

PHASE_MOVES: Mapping[PhaseStatus, frozenset[PhaseStatus]] = {
    # back to pending: the quota had no call left for it
    _P.PENDING: frozenset({_P.RUNNING, _P.SKIPPED, _P.CANCELLED}),
    _P.RUNNING: frozenset({_P.PENDING, _P.WAITING_REVIEW, _P.COMPLETED, _P.FAILED, _P.CANCELLED}),
    _P.WAITING_REVIEW: frozenset({_P.COMPLETED, _P.REJECTED, _P.CANCELLED}),
    _P.COMPLETED: frozenset(),
    _P.FAILED: frozenset(),
    _P.SKIPPED: frozenset(),
    _P.CANCELLED: frozenset(),
    _P.REJECTED: frozenset(),
}

FINAL_RUN_STATUSES = frozenset(status for status, moves in RUN_MOVES.items() if not moves)
#: A run that did not come to its end, and is worth another try; one that was completed can be run again as well.
RETRYABLE_RUN_STATUSES = frozenset({_R.FAILED, _R.CANCELLED})
#: A run that may still change by itself: what a live view goes on asking about.
LIVE_RUN_STATUSES = frozenset({_R.QUEUED, _R.RUNNING})
#: A run that a person can pause.
PAUSABLE_RUN_STATUSES = frozenset({_R.QUEUED, _R.RUNNING, _R.WAITING_REVIEW})
#: Why a run is paused for its cost, as its error says it: it does not go on before its limit is another one.
COST_STOPS = frozenset({"cost_limit", "cost_bound", "cost_unknown"})
#: The same of a completed run that somebody ended half-way.
ENDED_HERE = "ended_here"
