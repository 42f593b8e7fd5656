"""One worker's walk of one run, from where it stands to its end, its pause, or another worker's takeover."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import psycopg

from lib.engine.attempt import Attempt, Outcome, interrupted, unwritable
from lib.engine.bounds import bound_costs
from lib.engine.calls import Calls
from lib.engine.follow_up import FollowUp, next_attempt, read_follow_up
from lib.engine.operations import Operations
from lib.engine.outcomes import take_outcome
from lib.engine.patience import advance_patiently
from lib.engine.pauses import find_pause, own_fault
from lib.engine.prompts import Prompts
from lib.engine.steps import Asked, End, NextStep, PhaseState, decide_step
from lib.engine.store import Advanced, RunKey, Store
from lib.engine.waits import Waits
from lib.errors import PlanInvalid
from lib.models.run import PhaseStatus, RunStatus
from lib.providers.base import ModelChoice, Provider

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Segment:
    """The walk. `cancel` may be set from outside at any time; the model calls under way end within moments.

    `look` says that somebody has steered the run otherwise: it is looked at anew, and what is being written goes on.
    """

    key: RunKey
    store: Store
    provider: Callable[[ModelChoice], Awaitable[Provider]]
    cancel: asyncio.Event = field(default_factory=asyncio.Event)
    look: asyncio.Event = field(default_factory=asyncio.Event)
    #: Set from outside when the worker is to stop: the attempts under way are given up, and `is_released` says so.
    release: asyncio.Event = field(default_factory=asyncio.Event)
    is_released: asyncio.Event = field(default_factory=asyncio.Event)
    token: UUID = field(default_factory=uuid4)
    #: After a walk that came to rest: when somebody is to go on.
    rest_seconds: float | None = None
    _prompts: Prompts = field(init=False)
    _operations: Operations = field(default_factory=Operations)
    _states: dict[str, PhaseState] = field(default_factory=dict)
    _calls: Calls = field(init=False)
    _waits: Waits = field(init=False)
    #: Outcomes that the database does not know yet.
    _untold: Sequence[Outcome] = ()
    #: Why the run ends once the calls under way have.
    _fault: End | None = None
    #: Nothing begins any more: there is no point in looking once a second what somebody wants.
    _is_pausing: bool = False
    #: What each attempt can cost at most is worked out before it begins.
    _is_limited: bool = False

    def __post_init__(self) -> None:
        self._calls = Calls(self.provider, partial(self.store.write_stream, self.key, self.token))
        self._waits = Waits(self.key.run_id)

    @property
    def waiting(self) -> list[UUID]:
        """The attempts that wait for a review, as far as this walk knows."""
        states = self._states.values()
        return [state.id for state in states if state.status is PhaseStatus.WAITING_REVIEW and state.id]

    @property
    def asked(self) -> list[UUID]:
        """The same, and the operations that wait for a person's word."""
        return [*self.waiting, *self._operations.waiting]

    async def walk(self) -> str:
        """Walk as far as it goes and say where that was: how the run ended or lies still, or `lost` or `gone`."""
        if (opened := await self.store.open_segment(self.key, self.token)) is None:
            return "gone"
        try:
            self._prompts = Prompts.of(opened)
            self._operations = Operations.of(self.key, self.store, opened, self._prompts.plan)
            self._states = dict(opened.states)
            self._is_limited = opened.has_cost_limit
            if opened.is_cancelling:
                return await self._stop(End(RunStatus.CANCELLED))
            self._schedule_failed()
            return await self._go_on()
        except psycopg.OperationalError:
            raise  # the database is away: the run is taken up again as it stands
        except Exception:
            log.exception("run %s can't be walked", self.key.run_id)
            return await self._give_up()
        finally:
            self._waits.drop()
            self._calls.cancel()
            self._operations.cancel()

    async def _go_on(self) -> str:
        finished: list[Outcome] = []
        while True:
            advanced = await self._step(finished)
            rest = None
            has_news = self._operations.take(advanced.operations)
            if self._operations.is_busy:
                self._waits.note_begun()
            if has_news and advanced.state == RunStatus.RUNNING and not advanced.decided:
                finished = []  # made or decided a moment ago: what may begin of it begins now
                continue
            if pause := self._find_pause(advanced):
                advanced = await self._advance(end=pause)
            elif rest := self._find_rest(advanced):
                advanced = await self._advance(rest_seconds=rest)
            if advanced.state == "cancelling":
                return await self._stop(End(RunStatus.CANCELLED))
            if advanced.state == "changed" or advanced.decided or (rest and advanced.state != "resting"):
                finished = []
                self._take_up(advanced)
                continue
            if advanced.state not in {RunStatus.RUNNING, "pausing"}:
                self.rest_seconds = rest
                return advanced.state
            self._is_pausing = advanced.state == "pausing"
            finished = await self._wait()
            if self.cancel.is_set():
                return await self._stop(End(RunStatus.CANCELLED), finished)
            if self.release.is_set():
                await self._release(finished)

    async def _step(self, finished: Sequence[Outcome]) -> Advanced:
        """Close what ended, skip what is not asked and begin what is ready: one round trip."""
        self._untold = finished = [self._note(outcome) for outcome in finished]
        step = NextStep(is_failing=self._fault is not None)
        begin, make = list[dict[str, Any]](), list[Mapping[str, Any]]()
        try:
            if self._fault is None:
                step = await self._find_step()
                skipped = [each.code for each in step.skip]
                # beside this loop: other runs, and whoever cancels this one, wait for no prompt that takes its time
                begin = [
                    await asyncio.to_thread(self._prompts.begin, code, self._states, skipped) for code in step.begin
                ]
                make = await self._operations.plan_owed(self._states, self._prompts)
        except PlanInvalid as error:
            self._take_fault(error)
            step, begin = NextStep(is_failing=True), []
        if self._fault and not self._calls and not self._operations.is_busy:
            return await self._advance(finished, end=self._fault)
        if self._is_limited:
            await bound_costs(begin, self._prompts.plan, provider=self.provider)
        operate = self._operations.as_step(make, () if step.is_failing else self._operations.find_ready())
        advanced = await self._advance(finished, skip=step.skip, begin=begin, end=step.end, operate=operate)
        if advanced.state == RunStatus.RUNNING:
            self._note_step(step, begin, advanced)
        return advanced

    def _take_fault(self, error: PlanInvalid) -> None:
        """A prompt or a condition that can't be used: the run ends once the calls under way have."""
        where = {"phase": error.field, "attempt": self._states[error.field].attempt} if error.field else {}
        self._fault = End(RunStatus.FAILED, {"kind": "prompt", "message": error.message} | where)
        self._waits.drop()

    def _note_step(self, step: NextStep, begin: Sequence[dict[str, Any]], advanced: Advanced) -> None:
        for skip in step.skip:
            self._states[skip.code] = replace(self._states[skip.code], status=PhaseStatus.SKIPPED, error=skip.error)
        rows = {row["code"]: row for row in begin}
        for begun in advanced.begun:
            row, state = rows[begun.code], self._states[begun.code]
            phase = self._prompts.plan.get_phase(begun.code).asking(row["model"])
            asked = replace(state.asked, times=state.asked.times + 1)
            self._states[begun.code] = replace(
                state, id=begun.id, attempt=begun.attempt, model=row["model"], status=PhaseStatus.RUNNING, asked=asked
            )
            self._calls.begin(Attempt(begun.id, begun.attempt, phase, row["prompt"]))
            self._waits.note_begun()
        for held in advanced.held:
            self._waits.hold(held)

    def _find_pause(self, advanced: Advanced) -> End | None:
        """Why the run lies still from here on; None while it goes on, or has something under way.

        Waits before another attempt are given up for it: whoever goes on begins them again.
        """
        is_waiting = self._waits and advanced.is_quota_exhausted
        if self._calls or self._operations.is_busy or is_waiting:
            return None
        pause = find_pause(
            is_pausing=advanced.state == "pausing",
            cost_stop=advanced.cost_stop,
            budget=advanced.budget,
            is_quota_exhausted=advanced.is_quota_exhausted,
        )
        if pause:
            self._waits.drop()
        return pause

    def _find_rest(self, advanced: Advanced) -> float | None:
        """For how long nobody has to hold the run: nothing is being written or done, and all that is left waits."""
        is_busy = self._calls or self._operations.is_busy or self._operations.find_ready() or self.release.is_set()
        is_idle = advanced.state == RunStatus.RUNNING and not is_busy and not advanced.decided
        return self._waits.find_rest(due=self._operations.due) if is_idle else None

    def _take_up(self, advanced: Advanced) -> None:
        """Take what people have decided into the states; other attempts wait for their time as they did."""
        for decided in advanced.decided:
            known = self._states[decided.code]
            is_anew = decided.attempt != known.attempt  # sent back: its models are asked as if for the first time
            self._states[decided.code] = replace(decided, asked=Asked() if is_anew else known.asked)
        if not self._calls and not self._waits:
            self._schedule_failed()

    async def _wait(self) -> list[Outcome]:
        """Until a call ends, a wait is over, somebody cancels or steers, or the worker stops."""
        tasks = (*self._calls.tasks, *self._waits.tasks, *self._operations.tasks)
        events = (self.cancel, self.release, *(() if self._is_pausing else (self.look,)))
        told = [asyncio.create_task(event.wait()) for event in events]
        try:
            done, _ = await asyncio.wait({*tasks, *told}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in told:
                task.cancel()
        self.look.clear()
        self._operations.collect(done)
        for state in self._waits.take_over(done):
            self._states[state.code] = state
        return self._calls.take_over(done)

    def _note(self, outcome: Outcome) -> Outcome:
        """Take an outcome into the states; a failure that is worth it gets another attempt, and says when."""
        code = outcome.attempt.phase.code
        phase = self._prompts.plan.get_phase(code)
        state, outcome = take_outcome(self.key.run_id, phase, self._states[code], outcome)
        self._states[code] = state
        if outcome.follow_up:
            self._wait_for_next(state, outcome.follow_up)
        return outcome

    def _schedule_failed(self) -> None:
        """Attempts that failed before this segment get their next one when it was due: a wait outlives its worker."""
        for state in [each for each in self._states.values() if each.status is PhaseStatus.FAILED]:
            follow_up = read_follow_up(self.key.run_id, self._prompts.plan.get_phase(state.code), state)
            self._wait_for_next(state, follow_up, passed_seconds=state.ended_seconds_ago)

    def _wait_for_next(self, state: PhaseState, follow_up: FollowUp, *, passed_seconds: float = 0.0) -> None:
        if follow_up.wait_seconds is not None:
            left = follow_up.wait_seconds - passed_seconds
            self._waits.add(next_attempt(state, follow_up.model), seconds=left)

    async def _find_step(self) -> NextStep:
        """What follows; beside the loop, as prompts are rendered, where that is by a condition."""
        pending = (code for code, state in self._states.items() if state.status is PhaseStatus.PENDING)
        if any(self._prompts.plan.get_phase(code).condition is not None for code in pending):
            return await asyncio.to_thread(self._decide_step)
        return self._decide_step()

    def _decide_step(self) -> NextStep:
        return decide_step(
            self._prompts.plan,
            self._states,
            busy=self._calls.codes,
            waiting=self._waits.codes,
            operations=self._operations.stand(self._states),
            is_met=lambda phase, skipped: self._prompts.is_met(phase, self._states, skipped),
        )

    async def _stop(self, end: End, finished: Sequence[Outcome] = ()) -> str:
        """End the calls under way and the run with them; answers that came in the same moment are kept."""
        outcomes = await self._calls.end(Outcome)
        await self._operations.end_calls(is_handed_over=False)
        self._untold = [*finished, *outcomes]
        return (await self._advance(self._untold, end=end)).state

    async def _give_up(self) -> str:
        """End a run that can't be walked, with what was answered; without it where that is what can't be written."""
        try:
            return await self._stop(own_fault(), self._untold)
        except psycopg.OperationalError:
            raise
        except psycopg.Error:
            log.exception("answers of run %s can't be written", self.key.run_id)
            return await self._stop(own_fault(), [unwritable(outcome.attempt) for outcome in self._untold])

    async def _release(self, finished: Sequence[Outcome]) -> None:
        """Give up the calls under way, so that another worker goes on at once. This walk ends with its loop."""
        outcomes = [self._note(outcome) for outcome in (*finished, *await self._calls.end(interrupted))]
        if await self._operations.end_calls(is_handed_over=True) or outcomes:
            await self._advance(outcomes)
        self.is_released.set()
        await asyncio.Event().wait()

    async def _advance(self, finished: Sequence[Outcome] = (), **step: Any) -> Advanced:
        """`Store.advance` with what has ended, and what waits, as far as this walk knows."""
        step["operate"] = step.get("operate") or self._operations.as_step()
        finish = [outcome.as_finish() for outcome in finished]
        told = await advance_patiently(self.store, self.key, self.token, finish=finish, waiting=self.waiting, **step)
        self._untold = ()
        self._operations.note_told()
        return told
