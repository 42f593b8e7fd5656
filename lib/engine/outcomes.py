"""How a phase stands after an attempt, and whether another one follows."""

from dataclasses import replace
from uuid import UUID

from lib.engine.attempt import Outcome
from lib.engine.follow_up import decide_follow_up
from lib.engine.steps import Misfit, PhaseState
from lib.models.run import PhaseStatus
from lib.templates.plan import PlannedPhase


def take_outcome(run_id: UUID, phase: PlannedPhase, state: PhaseState, outcome: Outcome) -> tuple[PhaseState, Outcome]:
    """The phase's state after that attempt; and the outcome, which says what follows where it is a failure."""
    error = outcome.error
    if error is None:
        if outcome.answer is not None:
            status = outcome.attempt.phase.status_when_answered
            state = replace(state, status=status, response=outcome.answer.text)
        return state, outcome
    if outcome.answer is not None:
        misfit = Misfit(outcome.answer.text, outcome.faults)
        state = replace(state, misfit=misfit, asked=replace(state.asked, misfits=state.asked.misfits + 1))
    follow_up = outcome.follow_up or decide_follow_up(
        run_id, phase, state, error.kind, retry_after_seconds=error.retry_after_seconds
    )
    outcome = replace(outcome, follow_up=follow_up)
    return replace(state, status=PhaseStatus.FAILED, error=outcome.as_finish()["error"]), outcome
