"""What may befall a run: events, each a move of people, models, workers or the database between them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any, Final
from uuid import UUID

from lib.engine.segment import Segment
from lib.engine.store import RunKey
from lib.errors import Conflict
from lib.models.review import Decision
from lib.models.run import PhaseStatus, RunStatus
from lib.providers.base import ModelChoice
from lib.providers.errors import ErrorKind, ModelCallError
from lib.reviews.service import decide_review, get_review
from lib.runs.service import cancel_run, resume_run
from lib.runs.states import COST_STOPS, FINAL_RUN_STATUSES, PAUSABLE_RUN_STATUSES
from lib.runs.steering import finish_run, pause_run, raise_cost_limit
from tests.engine.random_stage import COST_USD, Models, Question, Stage
from tests.made_runs import admit_run, make_run
from tests.records import Record

#: Of workers on one run: one that walks it, and those that believe so.
_MOST_WORKERS: Final = 3


@dataclass(slots=True, eq=False)
class Worker:
    """One that walks the run, or believes that it does."""

    segment: Segment
    task: asyncio.Task[str]


@dataclass(slots=True)
class RandomWalk:
    """One run of alice's. Mona decides about its answers.

    Each event takes a number to choose by, and does nothing where there is nothing to choose from: how far workers have
    come is a matter of moments.
    """

    stage: Stage
    run_id: UUID
    models: Models = field(default_factory=Models)
    workers: list[Worker] = field(default_factory=list)

    @classmethod
    def launch(cls, stage: Stage, data: Mapping[str, Any], *, cost_limit_usd: Decimal | None) -> "RandomWalk":
        """A run of a template, its first worker at work."""
        run = make_run(
            stage.installation.database,
            stage.cast.alice,
            project_id=stage.project_id,
            model="openai:gpt-4.1-mini",  # which costs something, so that nobody knows what a lost call did
            data=data,
        )
        limit = "UPDATE orchestration_runs SET cost_limit_usd = %s WHERE id = %s RETURNING 1"
        stage.rows(limit, cost_limit_usd, run.id)
        walk = cls(stage, run.id)
        walk.a_worker_takes_it()
        return walk

    # workers

    def a_worker_takes_it(self, _: int = 0) -> None:
        if len(self.workers) == _MOST_WORKERS:
            return
        organization_id = self.stage.cast.organization_a
        admit_run(self.stage.installation.database, organization_id, self.run_id)

        async def find_provider(_: ModelChoice) -> Models:
            return self.models

        async def start() -> Worker:
            segment = Segment(RunKey(organization_id, self.run_id), self.stage.store, provider=find_provider)
            return Worker(segment, asyncio.create_task(segment.walk()))

        self.workers.append(self._do(start()))
        self._settle()

    def a_worker_looks_what_people_want(self, number: int) -> None:
        async def look(segment: Segment) -> None:
            if await self.stage.listener.list_cancel_requests([self.run_id]):
                segment.cancel.set()
            if await self.stage.listener.list_steered([self.run_id], segment.waiting):
                segment.look.set()

        if worker := _pick(self.workers, number):
            self._do(look(worker.segment))
            self._settle()

    def a_worker_is_killed(self, number: int, *, seconds: float = 0.0) -> None:
        async def kill(task: asyncio.Task[str]) -> None:
            await asyncio.sleep(seconds)
            task.cancel()
            await asyncio.wait([task])

        if worker := _pick(self.workers, number):
            self._do(kill(worker.task))
            self._settle()

    def a_worker_is_told_to_stop(self, number: int) -> None:
        if worker := _pick(self.workers, number):
            worker.segment.release.set()
            self._settle()

    # the database

    def the_database_gets_slow(self, _: int) -> None:
        """From here on people are quicker than the workers' next statements."""
        self.stage.store.is_slow = True

    def the_database_is_quick_again(self, _: int = 0) -> None:
        self.stage.store.is_slow = False
        while self.stage.store.held:
            self.a_statement_arrives(0)

    def a_statement_arrives(self, number: int) -> None:
        if held := _pick(self.stage.store.held, number):
            held.set_result(None)
            self._settle()

    def the_quota_is_used_up(self, _: int) -> None:
        self._set_calls_left(0)

    def the_quota_is_raised(self, _: int = 0) -> None:
        self._set_calls_left(1000)

    # models

    def a_model_answers(self, number: int, *, fits: bool = True, and_at_once: bool = False) -> None:
        """With JSON where that is asked for and it `fits`; what comes next comes in the same moment or later."""
        if question := self._pick_question(number):
            text = self.stage.say()
            question.answer.set_result(f'"{text}"' if fits and question.call.json else text)
            if not and_at_once:
                self._settle()

    def a_model_fails(self, number: int, *, kind: ErrorKind) -> None:
        if question := self._pick_question(number):
            error = ModelCallError("No.", kind=kind, provider="openai", model=question.call.model, status=500)
            question.answer.set_exception(error)
            self._settle()

    # people, who are refused in words what makes no sense

    def somebody_pauses(self, _: int) -> None:
        run = self.look()
        is_legal = run["status"] in PAUSABLE_RUN_STATUSES and run["cancel_requested_at"] is None
        after = RunStatus.RUNNING if run["status"] == RunStatus.RUNNING else RunStatus.PAUSED
        self._ask(partial(pause_run, self.stage.cast.alice, self.run_id), is_legal=is_legal, after=after)

    def somebody_continues(self, _: int = 0) -> None:
        run = self.look()
        is_pausing = run["pause_requested_at"] is not None and run["cancel_requested_at"] is None
        takes_back = run["status"] == RunStatus.RUNNING and is_pausing
        goes_on = run["status"] == RunStatus.PAUSED and run["error_details"].get("kind") not in COST_STOPS
        self._ask(
            partial(resume_run, self.stage.cast.alice, self.run_id),
            is_legal=takes_back or goes_on,
            after=RunStatus.RUNNING if takes_back else RunStatus.QUEUED,
        )

    def somebody_cancels(self, _: int) -> None:
        status = self.look()["status"]
        after = RunStatus.RUNNING if status == RunStatus.RUNNING else RunStatus.CANCELLED
        cancel = partial(cancel_run, self.stage.cast.alice, self.run_id)
        self._ask(cancel, is_legal=status not in FINAL_RUN_STATUSES, after=after)

    def somebody_ends_it_here(self, _: int) -> None:
        finish = partial(finish_run, self.stage.cast.alice, self.run_id)
        self._ask(finish, is_legal=self.look()["status"] == RunStatus.PAUSED, after=RunStatus.COMPLETED)

    def somebody_lets_it_spend(self, _: int = 0, *, amount: Decimal | None = None) -> None:
        run = self.look()
        is_stopped = run["status"] == RunStatus.PAUSED and run["error_details"].get("kind") in COST_STOPS
        self._ask(
            partial(raise_cost_limit, self.stage.cast.alice, self.run_id, amount, seen=run["cost_limit_usd"]),
            is_legal=run["status"] not in FINAL_RUN_STATUSES,
            after=RunStatus.QUEUED if is_stopped else run["status"],
        )

    def somebody_decides(self, number: int, *, decision: Decision) -> None:
        query = """
            SELECT q.id, q.decided_at IS NULL AND p.status = %s AS is_open
              FROM review_requests q JOIN phase_executions p ON p.id = q.phase_execution_id
             WHERE q.run_id = %s ORDER BY 2 DESC, 1
        """
        if review := _pick(self.stage.rows(query, PhaseStatus.WAITING_REVIEW, self.run_id), number):
            mona = self.stage.cast.mona
            seen, edited = get_review(mona, review["id"]), None
            if decision is Decision.APPROVE_WITH_EDITS:
                text = self.stage.say()
                edited = f'"{text}"' if seen.answer.startswith('"') else text
            say = partial(decide_review, mona, review["id"], decision, comment="Because.")
            decide = partial(say, seen=seen.seen, edited=edited)
            self._ask(decide, is_legal=review["is_open"])

    # the end

    def come_to_an_end(self) -> None:
        """Whatever has happened: with a living worker, patient people and models that answer, the run ends."""
        self.the_database_is_quick_again()
        self.the_quota_is_raised()
        for _ in range(40):
            if self.look()["status"] in FINAL_RUN_STATUSES:
                self._settle()
                return
            self._help_on(self.look())
        raise AssertionError(f"it never ends: {self.look()}")

    def kill_everybody(self) -> None:
        """Leave no worker to the next run."""
        self.stage.store.is_slow = False
        while self.workers:
            self.a_worker_is_killed(0)

    def _help_on(self, run: Record) -> None:
        match run["status"]:
            case RunStatus.PAUSED if run["error_details"].get("kind") in COST_STOPS:
                self.somebody_lets_it_spend()
            case RunStatus.PAUSED:
                self.somebody_continues()
            case RunStatus.WAITING_REVIEW:
                self.somebody_decides(0, decision=Decision.APPROVE)
            case _ if not self.workers:
                self.a_worker_takes_it()
            case _:
                self.a_worker_looks_what_people_want(-1)
                while self.models.questions:
                    self.a_model_answers(0)
                if self.look() == run:  # it waits before another attempt, or another worker holds it
                    self._do(asyncio.sleep(0.01))
                    self.a_worker_is_killed(0)

    def look(self) -> Record:
        """The run's row."""
        (run,) = self.stage.rows("SELECT * FROM orchestration_runs WHERE id = %s", self.run_id)
        return run

    def _settle(self) -> None:
        """Let everybody go on, and forget the workers that have come to their end."""
        self.stage.settle()
        for worker in [each for each in self.workers if each.task.done() or each.segment.is_released.is_set()]:
            self.workers.remove(worker)
            worker.task.cancel()
            if worker.task.done() and not worker.task.cancelled() and (error := worker.task.exception()):
                raise error

    def _do(self, what: Awaitable[Any]) -> Any:
        async def wait() -> Any:
            return await what

        return self.stage.loop.run_until_complete(wait())

    def _pick_question(self, number: int) -> Question | None:
        return _pick([question for question in self.models.questions if not question.answer.done()], number)

    def _set_calls_left(self, calls: int) -> None:
        query = "UPDATE organizations SET api_quota_limit = api_quota_used + %s WHERE id = %s RETURNING 1"
        self.stage.rows(query, calls, self.stage.cast.organization_a)

    def _ask(self, act: Callable[[], object], *, is_legal: bool, after: str | None = None) -> None:
        """Do it where it makes sense, and see how the run stands then; else be refused, with nothing changed."""
        before = self.look()
        try:
            act()
        except Conflict:
            assert not is_legal
            assert self.look() == before
        else:
            assert is_legal
            assert after is None or self.look()["status"] == after


def _pick(things: list[Any], number: int) -> Any:
    return things[number % len(things)] if things else None


Event = Callable[[RandomWalk, int], None]
#: What may happen, and how often beside the others.
EVENTS: Final[Mapping[Event, int]] = {
    RandomWalk.a_worker_takes_it: 4,
    RandomWalk.a_worker_looks_what_people_want: 4,
    RandomWalk.a_worker_is_killed: 1,
    partial(RandomWalk.a_worker_is_killed, seconds=0.002): 1,
    RandomWalk.a_worker_is_told_to_stop: 1,
    RandomWalk.the_database_gets_slow: 2,
    RandomWalk.the_database_is_quick_again: 1,
    RandomWalk.a_statement_arrives: 6,
    RandomWalk.the_quota_is_used_up: 1,
    RandomWalk.the_quota_is_raised: 2,
    RandomWalk.a_model_answers: 6,
    partial(RandomWalk.a_model_answers, and_at_once=True): 3,
    partial(RandomWalk.a_model_answers, fits=False): 1,
    partial(RandomWalk.a_model_fails, kind=ErrorKind.SERVER): 1,
    partial(RandomWalk.a_model_fails, kind=ErrorKind.RATE_LIMIT): 1,
    partial(RandomWalk.a_model_fails, kind=ErrorKind.AUTH): 1,
    RandomWalk.somebody_pauses: 2,
    RandomWalk.somebody_continues: 2,
    RandomWalk.somebody_cancels: 1,
    RandomWalk.somebody_ends_it_here: 1,
    partial(RandomWalk.somebody_lets_it_spend, amount=COST_USD): 1,
    RandomWalk.somebody_lets_it_spend: 1,
    partial(RandomWalk.somebody_decides, decision=Decision.APPROVE): 4,
    partial(RandomWalk.somebody_decides, decision=Decision.APPROVE_WITH_EDITS): 1,
    partial(RandomWalk.somebody_decides, decision=Decision.REDO): 2,
    partial(RandomWalk.somebody_decides, decision=Decision.REJECT): 1,
}
