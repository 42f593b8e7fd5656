"""The operations of one run's walk: which there are, which are being performed, and which wait."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from uuid import UUID

from lib.config import get_settings
from lib.engine.ending import put_an_end_to
from lib.engine.performing import Find, OperationOutcome, OperationState, perform_operation
from lib.engine.prompts import Prompts
from lib.engine.steps import OperationsStand, PhaseState
from lib.engine.store import OpenedRun, RunKey, Store
from lib.integrations.base import FailureKind, OperationFailed
from lib.integrations.registry import find_kinds
from lib.models.operation import OperationStatus
from lib.models.run import PhaseStatus
from lib.templates.operations import RunFacts, plan_operations
from lib.templates.plan import Plan
from lib.templates.rendering import PromptContext

_S = OperationStatus
_NOBODY: Final = UUID(int=0)
_NO_FACTS: Final = RunFacts("", "", "")
_NO_PLAN: Final = Plan(template_name="", template_version=1, phases=())


async def _find_nothing(_: str) -> None:
    return None


@dataclass(slots=True)
class Operations:
    """Those of one walk. Empty where the plan has none, and then nothing of it costs anything."""

    organization_id: UUID = _NOBODY
    run_id: UUID = _NOBODY
    plan: Plan = _NO_PLAN
    facts: RunFacts = _NO_FACTS
    find: Find = _find_nothing
    _states: dict[UUID, OperationState] = field(default_factory=dict)
    _calls: dict[asyncio.Task[OperationOutcome], OperationState] = field(default_factory=dict)
    #: Before another attempt: which it is of, and when it is due, by the loop's clock.
    _waits: dict[asyncio.Task[None], tuple[UUID, float]] = field(default_factory=dict)
    #: Outcomes that the database does not know yet.
    _ended: list[OperationOutcome] = field(default_factory=list)

    @classmethod
    def of(cls, key: RunKey, store: Store, opened: OpenedRun, plan: Plan) -> "Operations":
        """Those of a run as it was opened; what waits for its time waits on."""
        facts = RunFacts(str(key.run_id), opened.title or opened.topic, f"{get_settings().url}/run?run={key.run_id}")
        find = partial(store.find_integration, key.organization_id)
        operations = cls(key.organization_id, key.run_id, plan, facts, find)
        operations.take(opened.operations)
        return operations

    @property
    def tasks(self) -> tuple[asyncio.Task[Any], ...]:
        """What to wait for."""
        return (*self._calls, *self._waits)

    @property
    def is_busy(self) -> bool:
        """Whether one is being performed."""
        return bool(self._calls)

    @property
    def due(self) -> list[float]:
        """When those that wait for another attempt are to begin, by the loop's clock."""
        return [due for _, due in self._waits.values()]

    @property
    def waiting(self) -> list[UUID]:
        """Those that wait for a person."""
        return [each.id for each in self._states.values() if each.status is _S.WAITING_APPROVAL]

    def take(self, operations: Sequence[OperationState]) -> bool:
        """Take what the database says, begin what it has begun, and say whether there is anything else among it."""
        for each in operations:
            self._states[each.id] = each
            if each.status is _S.RUNNING:
                attempt = perform_operation(
                    each, organization_id=self.organization_id, run_id=self.run_id, find=self.find
                )
                self._calls[asyncio.create_task(attempt)] = each
            elif each.status is _S.PENDING and each.wait_seconds > 0:
                self._wait_for(each)
        return any(each.status is not _S.RUNNING for each in operations)

    def collect(self, done: Collection[asyncio.Task[Any]]) -> None:
        """Take the tasks that are done: attempts have outcomes, waits are over."""
        for wait in [task for task in self._waits if task in done]:
            del self._waits[wait]
        for call in [task for task in self._calls if task in done]:
            del self._calls[call]
            self._note(call.result())

    def _note(self, outcome: OperationOutcome) -> None:
        state = outcome.as_state()
        self._ended.append(outcome)
        self._states[state.id] = state
        if state.status is _S.PENDING and state.wait_seconds > 0:
            self._wait_for(state)

    def _wait_for(self, state: OperationState) -> None:
        due = asyncio.get_running_loop().time() + state.wait_seconds
        self._waits[asyncio.create_task(asyncio.sleep(state.wait_seconds))] = (state.id, due)

    def _find_owed(self, states: Mapping[str, PhaseState]) -> list[PhaseState]:
        """The completed phases whose operations are not made yet, in the plan's order."""
        made = {each.attempt_id for each in self._states.values()}
        return [
            states[phase.code]
            for phase in self.plan.phases
            if phase.operations
            and states[phase.code].status is PhaseStatus.COMPLETED
            and states[phase.code].id not in made
        ]

    async def plan_owed(self, states: Mapping[str, PhaseState], prompts: Prompts) -> list[Mapping[str, Any]]:
        """The rows of `api.make_operations` for what is to be done by now, rendered beside the event loop."""
        owed = self._find_owed(states)
        return await asyncio.to_thread(self._plan, owed, prompts.context_of(states)) if owed else []

    def _plan(self, owed: Sequence[PhaseState], context: PromptContext) -> list[Mapping[str, Any]]:
        return [
            {
                "attempt_id": str(state.id),
                "position": each.position,
                "type": each.type,
                "name": each.name,
                "params": dict(each.params),
                "requires_approval": each.requires_approval,
                "would": each.would,
                "ended": each.ended and dict(each.ended),
            }
            for state in owed
            for each in plan_operations(self.plan.get_phase(state.code), context, self.facts)
        ]

    def find_ready(self) -> list[UUID]:
        """Those that may begin now."""
        waiting = {operation_id for operation_id, _ in self._waits.values()}
        return [each.id for each in self._states.values() if each.status is _S.PENDING and each.id not in waiting]

    def stand(self, states: Mapping[str, PhaseState]) -> OperationsStand:
        """What a step is decided by."""
        return OperationsStand(
            is_busy=self.is_busy,
            is_going_on=bool(self._find_owed(states))
            or any(each.status in {_S.PENDING, _S.RUNNING} for each in self._states.values()),
            is_waiting=bool(self.waiting),
            failed=self._find_failed(states),
        )

    def _find_failed(self, states: Mapping[str, PhaseState]) -> Mapping[str, Any] | None:
        phases = {state.id: state for state in states.values()}
        for each in self._states.values():
            if each.status is _S.FAILED and each.attempt_id in phases:
                phase = phases[each.attempt_id]
                planned = self.plan.get_phase(phase.code)
                kind = find_kinds().get(each.type)  # of another version there may be none
                what = f"“{each.name or (kind.label if kind else each.type)}” after {planned.title} failed"
                message = f"{what}: {each.error.get('message', '')}"
                return {"kind": "operation", "message": message, "phase": phase.code, "attempt": phase.attempt}
        return None

    def as_step(self, make: Sequence[Mapping[str, Any]] = (), begin: Sequence[UUID] = ()) -> dict[str, Any] | None:
        """The `operate` of `api.advance_run`; None where there is nothing to say."""
        waiting = self.waiting
        if not (make or begin or self._ended or waiting):
            return None
        return {
            "make": list(make),
            "finish": [outcome.as_finish() for outcome in self._ended],
            "begin": [str(each) for each in begin],
            "waiting": [str(each) for each in waiting],
        }

    def note_told(self) -> None:
        """The database knows by now what has ended: it is said once."""
        self._ended = []

    def cancel(self) -> None:
        """Close what is under way, wait for nothing any more: whoever goes on waits again, as the database says."""
        for task in self.tasks:
            task.cancel()

    async def end_calls(self, *, is_handed_over: bool) -> bool:
        """End what is under way, as handed over to another worker or as cancelled; whether there was anything."""
        calls = dict(self._calls)
        await put_an_end_to(calls)
        results = await asyncio.gather(*calls, return_exceptions=True)
        self._calls.clear()
        message = "The worker was stopped in the middle of it: it may have happened."
        lost = OperationFailed(message, kind=FailureKind.LOST) if is_handed_over else None
        for operation, result in zip(calls.values(), results, strict=True):
            self._note(result if isinstance(result, OperationOutcome) else OperationOutcome(operation, failed=lost))
        return bool(self._ended)
