"""What follows a failed attempt: another one by the same model, one by the next, or nothing. Pure."""

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from lib.engine.steps import Asked, PhaseState
from lib.models.run import PhaseStatus
from lib.providers import retry
from lib.providers.errors import ErrorKind, read_kind
from lib.providers.retry import RetryDecision
from lib.templates.plan import PlannedPhase

#: A phase whose workers ended so often while they wrote it is taken for what ends them.
MOST_LOST_ATTEMPTS = 5
#: A model that has answered with what does not fit is told what is wrong once.
_MOST_MISFITS: Final = 2
#: Nothing that another model would do better.
_OUR_OWN: Final = frozenset({ErrorKind.LOST, ErrorKind.INTERNAL})


@dataclass(frozen=True, slots=True)
class FollowUp:
    """When the next attempt begins (`wait_seconds` is None: never), why, and who is asked then."""

    wait_seconds: float | None
    reason: str
    model: str

    def told(self, left: str) -> str:
        """Why, as the attempt keeps it; `left` is the model that has failed."""
        return self.reason if self.model == left else f"{self.reason}; {self.model} is asked next"


def decide_follow_up(
    run_id: UUID, phase: PlannedPhase, state: PhaseState, kind: ErrorKind, *, retry_after_seconds: float | None = None
) -> FollowUp:
    """What follows the attempt that `state` counts among the model's, and that failed as `kind`.

    Each model has the phase's most attempts for itself, and one more where its answer did not fit. A model that fails
    for good is followed by the next of the phase, at once, unless the fault is ours.
    """
    model = state.model or phase.model
    decided = _decide(run_id, phase, state, kind, retry_after_seconds)
    following = phase.model_after(model)
    if decided.wait_seconds is not None or following is None or kind in _OUR_OWN:
        return FollowUp(decided.wait_seconds, decided.reason, model)
    return FollowUp(0.0, decided.reason, following)


def read_follow_up(run_id: UUID, phase: PlannedPhase, state: PhaseState) -> FollowUp:
    """What was decided to follow an attempt that had failed before; where nobody had, its worker was lost."""
    error = state.error
    if reason := error.get("retry_reason"):
        return FollowUp(error.get("retry_seconds"), reason, error.get("retry_model") or state.model)
    return decide_follow_up(run_id, phase, state, read_kind(error.get("kind")))


def _decide(
    run_id: UUID, phase: PlannedPhase, state: PhaseState, kind: ErrorKind, retry_after_seconds: float | None
) -> RetryDecision:
    if kind is ErrorKind.INVALID_OUTPUT:
        if state.asked.misfits < _MOST_MISFITS:
            return RetryDecision(0.0, "asked once more, and told what is wrong")
        return RetryDecision(None, "it was told once what is wrong")
    is_lost = kind is ErrorKind.LOST
    return retry.decide(
        kind,
        attempt=state.asked.lost if is_lost else state.asked.failures,
        max_attempts=MOST_LOST_ATTEMPTS if is_lost else phase.max_attempts,
        retry_after_seconds=retry_after_seconds,
        jitter=retry.jitter_of(run_id, phase.code, state.attempt),
    )


def next_attempt(state: PhaseState, model: str) -> PhaseState:
    """The phase as it is to be asked once more, by that model."""
    following = replace(state, attempt=state.attempt + 1, status=PhaseStatus.PENDING, model=model)
    return following if model == state.model else replace(following, asked=Asked(), misfit=None)
