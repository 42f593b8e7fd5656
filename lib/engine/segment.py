"""One worker's walk of one run, from where it stands to its end, its pause, or another worker's takeover."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg_pool import PoolClosed

from lib.engine.attempt import Attempt, Outcome, interrupted, make_attempt
from lib.engine.steps import End, NextStep, PhaseState, decide_step
from lib.engine.store import Advanced, OpenedRun, RunKey, Store
from lib.errors import PlanInvalid
from lib.models.run import PhaseStatus, RunStatus
from lib.providers import retry
from lib.providers.base import ModelChoice, Provider
from lib.providers.errors import ErrorKind, read_kind
from lib.providers.retry import RetryDecision
from lib.runs.structures import RunInputs
from lib.templates.plan import Plan, read_plan
from lib.templates.rendering import PhaseAnswer, PromptContext, render_prompt
from lib.validation import read_stored

log = logging.getLogger(__name__)

#: A phase whose workers ended so often while they wrote it is taken for what ends them.
MOST_LOST_ATTEMPTS = 5

#: An answer that was paid for is kept this long while the database is away.
DATABASE_PATIENCE_SECONDS = 120.0
_DATABASE_WAIT_SECONDS = 0.5


@dataclass(slots=True)
class Segment:
    """The walk. `cancel` may be set from outside at any time; the model calls under way end within moments."""

    key: RunKey
    store: Store
    provider: Callable[[ModelChoice], Awaitable[Provider]]
    cancel: asyncio.Event = field(default_factory=asyncio.Event)
    #: Set from outside when the worker is to stop: the attempts under way are given up, and `is_released` says so.
    release: asyncio.Event = field(default_factory=asyncio.Event)
    is_released: asyncio.Event = field(default_factory=asyncio.Event)
    token: UUID = field(default_factory=uuid4)
    _plan: Plan = field(init=False)
    _context: PromptContext = field(init=False)
    _states: dict[str, PhaseState] = field(init=False)
    #: Model calls under way, and waits before another attempt.
    _calls: dict[asyncio.Task[Outcome], Attempt] = field(default_factory=dict)
    _waits: dict[asyncio.Task[None], str] = field(default_factory=dict)
    #: Why the run ends once the calls under way have.
    _fault: End | None = None

    async def walk(self) -> str:
        """Walk as far as it goes and say where that was: a final status, `paused`, `lost` or `gone`."""
        opened = await self.store.open_segment(self.key, self.token)
        if opened is None:
            return "gone"
        try:
            self._load(opened)
            if opened.is_cancelling:
                return await self._stop(End(RunStatus.CANCELLED))
            self._schedule_failed()
            return await self._go_on()
        except psycopg.OperationalError:
            raise  # the database is away: the run is taken up again as it stands
        except Exception:
            log.exception("run %s can't be walked", self.key.run_id)
            return await self._stop(_own_fault())
        finally:
            for task in (*self._calls, *self._waits):
                task.cancel()

    def _load(self, opened: OpenedRun) -> None:
        self._plan = read_plan(opened.plan)
        inputs = read_stored(RunInputs, opened.inputs, what="What the run was launched with")
        self._context = PromptContext(
            topic=opened.topic,
            project_name=inputs.project.name,
            project_description=inputs.project.description,
            inputs=inputs.values,
        )
        self._states = dict(opened.states)

    async def _go_on(self) -> str:
        finished: list[Outcome] = []
        while True:
            advanced = await self._step(finished)
            if advanced.is_quota_exhausted and not self._calls and not self._waits:
                advanced = await self._advance(end=_quota_pause())
            if advanced.state == "cancelling":
                return await self._stop(End(RunStatus.CANCELLED))
            if advanced.state != RunStatus.RUNNING:
                return advanced.state
            finished = await self._wait()
            if self.cancel.is_set():
                return await self._stop(End(RunStatus.CANCELLED), finished)
            if self.release.is_set():
                await self._release(finished)

    async def _step(self, finished: Sequence[Outcome]) -> Advanced:
        """Close what ended and begin what is ready: one round trip."""
        finished = [self._note(outcome) for outcome in finished]
        step = NextStep() if self._fault else self._decide_step()
        begin: list[dict[str, Any]] = []
        try:
            # beside this loop: other runs, and whoever cancels this one, don't wait for a prompt that takes its time
            begin = [await asyncio.to_thread(self._render, code) for code in step.begin]
        except PlanInvalid as error:
            self._fault = End(RunStatus.FAILED, {"kind": "prompt", "message": error.message})
            for wait in self._waits:
                wait.cancel()
            self._waits.clear()
        if self._fault and not self._calls:
            return await self._advance(finished, end=self._fault)
        advanced = await self._advance(finished, begin=begin, end=step.end)
        rows = {row["code"]: row for row in begin}
        for begun in advanced.begun:
            row = rows[begun.code]
            attempt = Attempt(begun.id, begun.attempt, self._plan.get_phase(begun.code), row["prompt"])
            state = self._states[begun.code]
            self._states[begun.code] = replace(state, attempt=begun.attempt, status=PhaseStatus.RUNNING)
            self._calls[self._call(attempt)] = attempt
        return advanced

    def _call(self, attempt: Attempt) -> asyncio.Task[Outcome]:
        async def write(attempt_id: UUID, text: str) -> None:
            await self.store.write_stream(self.key, self.token, attempt_id, text)

        return asyncio.create_task(make_attempt(attempt, provider=self.provider, write_stream=write))

    async def _wait(self) -> list[Outcome]:
        """Until a call ends, a wait is over, somebody cancels or the worker stops."""
        told = [asyncio.create_task(event.wait()) for event in (self.cancel, self.release)]
        try:
            done, _ = await asyncio.wait({*self._calls, *self._waits, *told}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in told:
                task.cancel()
        for wait in [task for task in self._waits if task in done]:
            code = self._waits.pop(wait)
            state = self._states[code]
            self._states[code] = replace(state, attempt=state.attempt + 1, status=PhaseStatus.PENDING)
        outcomes = []
        for call in [task for task in self._calls if task in done]:
            del self._calls[call]
            outcomes.append(call.result())
        return outcomes

    def _note(self, outcome: Outcome) -> Outcome:
        """Take an outcome into the states; a failure that is worth it gets another attempt, and says when."""
        code = outcome.attempt.phase.code
        state = self._states[code]
        if outcome.answer is not None:
            self._states[code] = replace(state, status=PhaseStatus.COMPLETED, response=outcome.answer.text)
        elif outcome.error is not None:
            error = outcome.error
            follow_up = outcome.follow_up or self._decide_retry(
                code, error.kind, retry_after_seconds=error.retry_after_seconds
            )
            outcome = replace(outcome, follow_up=follow_up)
            self._states[code] = replace(state, status=PhaseStatus.FAILED, error=outcome.as_finish()["error"])
            self._wait_for_retry(code, follow_up.wait_seconds)
        return outcome

    def _schedule_failed(self) -> None:
        """Attempts that failed before this segment get their next one when it was due: a wait outlives its worker."""
        for state in list(self._states.values()):
            if state.status is not PhaseStatus.FAILED:
                continue
            if state.error.get("retry_reason"):
                wait_seconds = state.error.get("retry_seconds")
            else:  # nobody has decided yet: its worker was lost
                wait_seconds = self._decide_retry(state.code, read_kind(state.error.get("kind"))).wait_seconds
            self._wait_for_retry(state.code, wait_seconds, passed_seconds=state.ended_seconds_ago)

    def _decide_retry(self, code: str, kind: ErrorKind, *, retry_after_seconds: float | None = None) -> RetryDecision:
        state = self._states[code]
        is_lost = kind is ErrorKind.LOST
        return retry.decide(
            kind,
            attempt=state.lost if is_lost else state.attempt - state.lost - state.handed_over,
            max_attempts=MOST_LOST_ATTEMPTS if is_lost else self._plan.get_phase(code).max_attempts,
            retry_after_seconds=retry_after_seconds,
            jitter=retry.jitter_of(self.key.run_id, code, state.attempt),
        )

    def _wait_for_retry(self, code: str, wait_seconds: float | None, *, passed_seconds: float = 0.0) -> None:
        if wait_seconds is not None:
            self._waits[asyncio.create_task(asyncio.sleep(max(wait_seconds - passed_seconds, 0)))] = code

    def _decide_step(self) -> NextStep:
        writing = {attempt.phase.code for attempt in self._calls.values()}
        return decide_step(self._plan, self._states, busy=writing, waiting=set(self._waits.values()))

    def _render(self, code: str) -> dict[str, Any]:
        """The row of `api.advance_run`'s `begin`."""
        phase, state = self._plan.get_phase(code), self._states[code]
        answers = {
            other.code: PhaseAnswer(other.code, self._plan.get_phase(other.code).name, other.response or "")
            for other in self._states.values()
            if other.status is PhaseStatus.COMPLETED
        }
        return {
            "code": phase.code,
            "name": phase.name,
            "position": phase.position,
            "depends_on": list(phase.depends_on),
            "attempt": state.attempt,
            "model": phase.model,
            "prompt": render_prompt(phase, replace(self._context, answers=answers)),
        }

    async def _stop(self, end: End, finished: Sequence[Outcome] = ()) -> str:
        """End the calls under way and the run with them; answers that came in the same moment are kept."""
        outcomes = await self._end_calls(Outcome)
        return (await self._advance([*finished, *outcomes], end=end)).state

    async def _release(self, finished: Sequence[Outcome]) -> None:
        """Give up the calls under way, so that another worker goes on at once. This walk ends with its loop."""
        outcomes = [self._note(outcome) for outcome in (*finished, *await self._end_calls(interrupted))]
        if outcomes:
            await self._advance(outcomes)
        self.is_released.set()
        await asyncio.Event().wait()

    async def _end_calls(self, as_outcome: Callable[[Attempt], Outcome]) -> list[Outcome]:
        calls = dict(self._calls)
        for task in calls:
            task.cancel()
        results = await asyncio.gather(*calls, return_exceptions=True)
        outcomes = [
            result if isinstance(result, Outcome) else as_outcome(attempt)
            for attempt, result in zip(calls.values(), results, strict=True)
        ]
        self._calls.clear()
        return outcomes

    async def _advance(
        self, finished: Sequence[Outcome] = (), *, begin: Sequence[dict[str, Any]] = (), end: End | None = None
    ) -> Advanced:
        """`Store.advance`, asked again while the database is away: the answers in hand were paid for.

        An outage can swallow the reply to a step that was written. Asked again, it is refused, because its attempts
        stand elsewhere by now; then the run is taken up again as it stands, as after any outage.
        """
        clock = asyncio.get_running_loop()
        give_up = clock.time() + DATABASE_PATIENCE_SECONDS
        is_asked_again = False
        while True:
            try:
                return await self.store.advance(
                    self.key, self.token, finish=[o.as_finish() for o in finished], begin=begin, end=end
                )
            except PoolClosed:
                await asyncio.Event().wait()  # the worker is stopping: this walk ends with its loop
            except psycopg.OperationalError as error:
                if clock.time() > give_up:
                    raise
                log.warning("run %s: the database does not answer, trying again: %s", self.key.run_id, error)
                is_asked_again = True
                await asyncio.sleep(_DATABASE_WAIT_SECONDS)
            except psycopg.Error as error:
                if is_asked_again:
                    raise psycopg.OperationalError(f"the step was written before the outage: {error}") from error
                raise


def _quota_pause() -> End:
    message = (
        "The organization's calls for this month are used up. The run goes on by itself when the quota is raised or "
        "the next month begins."
    )
    return End(RunStatus.PAUSED, {"kind": "organization_quota", "message": message})


def _own_fault() -> End:
    message = "Something went wrong on our side, not at the model. Whoever runs this installation finds it in the log."
    return End(RunStatus.FAILED, {"kind": "internal", "message": message})
