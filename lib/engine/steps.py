"""What a run does next: a pure function of its plan and of how each phase stands."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from lib.models.run import PhaseStatus, RunStatus
from lib.runs.structures import NotAsked
from lib.templates.plan import Plan, PlannedPhase
from lib.templates.rendering import Redo

_DONE: Final = frozenset({PhaseStatus.COMPLETED, PhaseStatus.SKIPPED})


@dataclass(frozen=True, slots=True)
class Asked:
    """How often one model was asked by a phase, the attempt under way among it, and how often that was no failure."""

    times: int = 0
    #: Attempts that ended because their worker did: they are not the model's fault.
    lost: int = 0
    #: Those that ended because their worker was told to stop: nobody's fault at all.
    handed_over: int = 0
    #: Answers that were not what the phase asks for.
    misfits: int = 0

    @property
    def failures(self) -> int:
        """Attempts that count against the phase's most; a misfit has a limit of its own."""
        return self.times - self.lost - self.handed_over - self.misfits


@dataclass(frozen=True, slots=True)
class Misfit:
    """An answer that was not what the phase asks for, and the faults in words."""

    response: str
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PhaseState:
    """How the newest attempt at a phase stands."""

    code: str
    attempt: int
    status: PhaseStatus
    #: Who is, was or will be asked by it; empty is the phase's first model.
    model: str = ""
    response: str | None = None
    error: Mapping[str, Any] = field(default_factory=dict)
    #: Of that model, since somebody last sent an answer back.
    asked: Asked = field(default_factory=Asked)
    #: That model's last one, for the next prompt to hold.
    misfit: Misfit | None = None
    #: How long ago that attempt had ended when the run was opened.
    ended_seconds_ago: float = 0.0
    #: Of that attempt.
    id: UUID | None = None
    #: The answer that somebody sent back, for the next one to heed.
    redo: Redo | None = None


@dataclass(frozen=True, slots=True)
class End:
    """The run ends here, or pauses."""

    status: RunStatus
    error: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skip:
    """A phase that is not asked, and why."""

    code: str
    error: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OperationsStand:
    """How the operations of the phases stand."""

    #: One is being performed.
    is_busy: bool = False
    #: One is being performed, or is to be, without anybody's word.
    is_going_on: bool = False
    #: One waits for a person's word.
    is_waiting: bool = False
    #: The error of one that has failed for good.
    failed: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class NextStep:
    """Skip and begin these phases, in the plan's order, then end; nothing of it means: wait for what is running."""

    begin: tuple[str, ...] = ()
    skip: tuple[Skip, ...] = ()
    end: End | None = None
    #: Something has failed for good: nothing begins any more, no operation either.
    is_failing: bool = False


#: Whether the condition of a phase is true, where these phases are skipped besides those that the states say.
IsMet = Callable[[PlannedPhase, Collection[str]], bool]


def _always(_phase: PlannedPhase, _skipped: Collection[str]) -> bool:
    return True


def decide_step(
    plan: Plan,
    states: Mapping[str, PhaseState],
    *,
    busy: Collection[str] = (),
    waiting: Collection[str] = (),
    is_met: IsMet = _always,
    operations: OperationsStand = OperationsStand(),
) -> NextStep:
    """What follows from how the phases stand, whole chains of skipped ones at once.

    `busy` are the codes that are being written, `waiting` those that failed and get another attempt, or have to wait
    for their first. Once a phase has failed for good, or its answer was rejected, or an operation has failed, nothing
    new begins, no other attempt either; what is under way beside it may finish, and then the run fails with that error.
    Where nothing but reviews and approvals of operations can lead on, the run waits for those, and it is not completed
    before all operations have ended. A phase begins when all that it waits for is completed or skipped, and is skipped
    where all of that was skipped or its condition is not met; what `is_met` raises goes through. Only a phase that was
    never begun is skipped.
    """
    underway = {*busy, *waiting}
    if error := _find_failure(plan, states, underway, operations):
        is_ending = not busy and not operations.is_busy
        return NextStep(end=End(RunStatus.FAILED, error) if is_ending else None, is_failing=True)
    statuses = {code: state.status for code, state in states.items()}
    begin: list[str] = []
    skip: list[Skip] = []
    for phase in plan.phases:  # each comes after what it waits for
        if statuses[phase.code] is not PhaseStatus.PENDING or phase.code in underway:
            continue
        before = [statuses[code] for code in phase.depends_on]
        if not _DONE.issuperset(before):
            continue
        why = _why_skipped(phase, states[phase.code], before, is_met, [each.code for each in skip])
        if why is None:
            begin.append(phase.code)
        else:
            skip.append(Skip(phase.code, why))
            statuses[phase.code] = PhaseStatus.SKIPPED
    return NextStep(
        tuple(begin),
        tuple(skip),
        None if begin or underway or operations.is_going_on else _find_end(statuses.values(), operations),
    )


def _find_failure(
    plan: Plan, states: Mapping[str, PhaseState], underway: Collection[str], operations: OperationsStand
) -> Mapping[str, Any] | None:
    """The error of the first phase, or else of an operation, that has failed for good."""
    failed = [
        state
        for state in states.values()
        if state.status in {PhaseStatus.FAILED, PhaseStatus.REJECTED} and state.code not in underway
    ]
    if not failed:
        return operations.failed
    first = min(failed, key=lambda state: plan.get_phase(state.code).position)
    return {**first.error, "phase": first.code, "attempt": first.attempt}


def _find_end(statuses: Collection[PhaseStatus], operations: OperationsStand) -> End | None:
    """How the run ends where nothing is to begin and nothing under way."""
    if operations.is_waiting or PhaseStatus.WAITING_REVIEW in statuses:
        return End(RunStatus.WAITING_REVIEW)
    return End(RunStatus.COMPLETED) if _DONE.issuperset(statuses) else None


def _why_skipped(
    phase: PlannedPhase,
    state: PhaseState,
    before: Collection[PhaseStatus],
    is_met: IsMet,
    skipped: Collection[str],
) -> Mapping[str, Any] | None:
    """The error of a phase that is to be skipped; None where it begins."""
    if state.attempt > 1:
        return None
    if before and PhaseStatus.COMPLETED not in before:
        message = "Skipped, because everything that it waits for was skipped."
        return {"kind": NotAsked.SKIPPED_BEFORE, "message": message}
    if is_met(phase, skipped):
        return None
    return {"kind": NotAsked.CONDITION, "message": f"Skipped, because its condition is not true: {phase.condition}"}
