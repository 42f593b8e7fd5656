"""What a run does next: a pure function of its plan and of how each phase stands."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from lib.models.run import PhaseStatus, RunStatus
from lib.templates.plan import Plan
from lib.templates.rendering import Redo


@dataclass(frozen=True, slots=True)
class PhaseState:
    """How the newest attempt at a phase stands."""

    code: str
    attempt: int
    status: PhaseStatus
    response: str | None = None
    error: Mapping[str, Any] = field(default_factory=dict)
    #: Attempts so far that ended because their worker did: they are not the model's fault.
    lost: int = 0
    #: Those that ended because their worker was told to stop: nobody's fault at all.
    handed_over: int = 0
    #: How long ago that attempt had ended when the run was opened.
    ended_seconds_ago: float = 0.0
    #: Of that attempt.
    id: UUID | None = None
    #: The answer that somebody sent back, for the next one to heed.
    redo: Redo | None = None

    @property
    def tries(self) -> int:
        """Attempts whose failure the model answers for, since somebody last sent an answer back."""
        before = self.redo.attempt if self.redo else 0
        return max(self.attempt - before - self.lost - self.handed_over, 1)


@dataclass(frozen=True, slots=True)
class End:
    """The run ends here, or pauses."""

    status: RunStatus
    error: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NextStep:
    """Begin these phases, in the plan's order, or end; neither means: wait for what is running."""

    begin: tuple[str, ...] = ()
    end: End | None = None


def decide_step(
    plan: Plan, states: Mapping[str, PhaseState], *, busy: Collection[str] = (), waiting: Collection[str] = ()
) -> NextStep:
    """What follows from how the phases stand.

    `busy` are the codes that are being written, `waiting` those that failed and get another attempt. Once a phase has
    failed for good, or its answer was rejected, nothing new begins, no other attempt either; what is being written
    beside it may finish, and then the run fails with that phase's error. Where nothing but reviews can lead on, the
    run waits for those.
    """
    underway = {*busy, *waiting}
    failed = [
        state
        for state in states.values()
        if state.status in {PhaseStatus.FAILED, PhaseStatus.REJECTED} and state.code not in underway
    ]
    if failed:
        first = min(failed, key=lambda state: plan.get_phase(state.code).position)
        error = {**first.error, "phase": first.code, "attempt": first.attempt}
        return NextStep() if busy else NextStep(end=End(RunStatus.FAILED, error))
    completed = {code for code, state in states.items() if state.status is PhaseStatus.COMPLETED}
    if len(completed) == len(plan.phases):
        return NextStep(end=End(RunStatus.COMPLETED))
    begin = tuple(
        phase.code
        for phase in plan.phases
        if states[phase.code].status is PhaseStatus.PENDING
        and phase.code not in underway
        and completed.issuperset(phase.depends_on)
    )
    is_reviewed = any(state.status is PhaseStatus.WAITING_REVIEW for state in states.values())
    if is_reviewed and not begin and not underway:
        return NextStep(end=End(RunStatus.WAITING_REVIEW))
    return NextStep(begin=begin)
