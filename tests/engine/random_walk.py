"""A run under everything that may befall it, in any order: people, models, and workers that die, hang and come back.

The walks are the engine's own, on the real database; only the models are made up: they answer when the test says so.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
import psycopg
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from psycopg.rows import dict_row

from lib.db.logins import Login
from lib.engine.segment import Segment
from lib.engine.store import RunKey, Store
from lib.errors import Conflict
from lib.models.review import Decision
from lib.models.run import PhaseStatus, RunStatus
from lib.providers.base import ModelAnswer, ModelCall, ModelChoice
from lib.providers.errors import ErrorKind, ModelCallError
from lib.reviews.service import decide_review, get_review
from lib.runs.service import cancel_run, resume_run
from lib.runs.states import COST_STOPS, FINAL_RUN_STATUSES, PAUSABLE_RUN_STATUSES, PHASE_MOVES, RUN_MOVES
from lib.runs.steering import finish_run, pause_run, raise_cost_limit
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_runs import admit_run, make_run
from tests.records import Record

#: What an answer costs, and what a run with a limit may spend: two answers.
COST_USD, LIMIT_USD = Decimal("0.01"), Decimal("0.02")
FINAL_PHASES = {status.value for status, moves in PHASE_MOVES.items() if not moves}
#: Every move of a status is noted, by whomever it was made.
NOTE_MOVES = """
CREATE TABLE public.moves_of_the_test (of text, id uuid, before text, after text);
CREATE FUNCTION public.note_move() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO public.moves_of_the_test VALUES (TG_TABLE_NAME, NEW.id, OLD.status, NEW.status);
    RETURN NULL;
END
$$;
CREATE TRIGGER note_move AFTER UPDATE OF status ON orchestration_runs FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION public.note_move();
CREATE TRIGGER note_move AFTER UPDATE OF status ON phase_executions FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION public.note_move();
"""
_SETTLED = 3


@dataclass(slots=True, eq=False)
class Question:
    """A call of a model that nobody has answered yet."""

    call: ModelCall
    answer: asyncio.Future[str]


@dataclass(slots=True)
class Models:
    """Every model there is. It costs something, and answers when the test says so."""

    questions: list[Question] = field(default_factory=list)
    name = "openai"
    is_free = False

    def find_price_usd(self, model: str, *, prompt_tokens: int, completion_tokens: int) -> Decimal | None:
        return COST_USD

    async def answer(self, call: ModelCall, *, on_text: Callable[[str], object]) -> ModelAnswer:
        question = Question(call, asyncio.get_running_loop().create_future())
        self.questions.append(question)
        try:
            text = await question.answer
        finally:
            self.questions.remove(question)
        return ModelAnswer(
            text=text,
            model=call.model,
            prompt_tokens=10,
            completion_tokens=20,
            cost_usd=COST_USD,
            finish_reason="stop",
            first_token_ms=1,
            execution_time_ms=2,
            status=200,
            endpoint="/v1/chat/completions",
        )


class SlowStore(Store):
    """Knows how many of its statements are under way, and holds each back while it `is_slow`, until it is let go."""

    busy = 0
    is_slow = False

    def __init__(self, url: str, *, connections: int) -> None:
        super().__init__(url, connections=connections)
        self.held: list[asyncio.Future[None]] = []

    async def _call(self, query: str, *arguments: object) -> Any:
        if self.is_slow:
            held = asyncio.get_running_loop().create_future()
            self.held.append(held)
            try:
                await held
            finally:
                self.held.remove(held)
        self.busy += 1
        try:
            return await super()._call(query, *arguments)
        finally:
            self.busy -= 1


@dataclass(slots=True)
class Stage:
    """What all walks share: an organization, a project, the loop that workers live in, and their connections."""

    installation: Installation
    cast: Cast
    loop: asyncio.AbstractEventLoop
    store: SlowStore
    #: What hears of people's wishes: it is never held back.
    listener: Store
    project_id: UUID
    #: Past everybody's rules.
    eyes: psycopg.Connection[Record]
    answers: int = 0

    @classmethod
    def build(cls, installation: Installation, cast: Cast, loop: asyncio.AbstractEventLoop) -> "Stage":
        with doors.admin(installation.database) as connection:
            connection.execute(NOTE_MOVES.encode())
        url = installation.database.url(Login.WORKER)
        store, listener = SlowStore(url, connections=4), Store(url, connections=1)
        for each in (store, listener):
            loop.run_until_complete(each.__aenter__())
        eyes = psycopg.connect(installation.database.admin_url, row_factory=dict_row, autocommit=True)
        return cls(installation, cast, loop, store, listener, make_project(installation.database, cast.alice), eyes)

    def close(self) -> None:
        self.eyes.close()
        for store in (self.store, self.listener):
            self.loop.run_until_complete(store.__aexit__(None, None, None))

    def settle(self) -> None:
        """Let the workers go on until each of them waits for something outside."""

        async def wait() -> None:
            quiet = 0
            while quiet < _SETTLED:
                await asyncio.sleep(0.003)
                quiet = 0 if self.store.busy else quiet + 1

        self.loop.run_until_complete(wait())

    def rows(self, query: str, *arguments: object) -> list[Record]:
        return self.eyes.execute(query.encode(), arguments).fetchall()

    def say(self) -> str:
        """Words that no answer had before."""
        self.answers += 1
        return f"Answer {self.answers}."


@dataclass(slots=True, eq=False)
class Walk:
    """A worker that walks the run, or believes that it does."""

    segment: Segment
    task: asyncio.Task[str]


class RandomWalk(RuleBasedStateMachine):
    """One run of alice's. Mona decides about its answers.

    No rule has a precondition: how far workers have come is a matter of moments, and hypothesis draws the same twice.
    """

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage, self.models = stage, Models()
        self.walks: list[Walk] = []
        self.run_id: UUID | None = None
        #: Id -> what it was when it was seen to be final.
        self.ended: dict[UUID, Record] = {}

    @initialize(data=st.data(), has_limit=st.booleans())
    def launch(self, data: st.DataObject, has_limit: bool) -> None:
        count = data.draw(st.integers(1, 4), label="phases")
        run = make_run(
            self.stage.installation.database,
            self.stage.cast.alice,
            project_id=self.stage.project_id,
            model="openai:gpt-4.1-mini",
            data={"phases": [data.draw(phases(number), label="phase") for number in range(count)]},
        )
        self.run_id = run.id
        if has_limit:
            self.stage.rows(
                "UPDATE orchestration_runs SET cost_limit_usd = %s WHERE id = %s RETURNING 1", LIMIT_USD, run.id
            )

    # workers

    @rule()
    def a_worker_takes_it(self) -> None:
        if len(self.walks) == 3:
            return
        organization_id = self.stage.cast.organization_a
        admit_run(self.stage.installation.database, organization_id, self.id)

        async def start() -> Walk:
            segment = Segment(RunKey(organization_id, self.id), self.stage.store, provider=self._find_provider)
            return Walk(segment, asyncio.create_task(segment.walk()))

        self.walks.append(self.stage.loop.run_until_complete(start()))
        self._settle()

    @rule(number=st.integers(0, 2))
    def a_worker_looks_what_people_want(self, number: int) -> None:
        if not self.walks:
            return
        walk, listener = self._walk(number), self.stage.listener

        async def look() -> None:
            if await listener.list_cancel_requests([self.id]):
                walk.segment.cancel.set()
            if await listener.list_steered([self.id], walk.segment.waiting):
                walk.segment.look.set()

        self.stage.loop.run_until_complete(look())
        self._settle()

    @rule(number=st.integers(0, 2), seconds=st.sampled_from([0.0, 0.001, 0.003]))
    def a_worker_is_killed(self, number: int, seconds: float) -> None:
        if not self.walks:
            return
        walk = self._walk(number)

        async def kill() -> None:
            await asyncio.sleep(seconds)
            walk.task.cancel()
            await asyncio.wait([walk.task])

        self.stage.loop.run_until_complete(kill())
        self._settle()

    @rule(number=st.integers(0, 2))
    def a_worker_is_told_to_stop(self, number: int) -> None:
        if self.walks:
            self._walk(number).segment.release.set()
        self._settle()

    @rule(is_slow=st.booleans())
    def the_database_gets_slow(self, is_slow: bool) -> None:
        """From here on people are quicker than the workers' next statements."""
        self.stage.store.is_slow = is_slow
        if not is_slow:
            while self.stage.store.held:
                self.a_statement_arrives(0)

    @rule(number=st.integers(0, 2))
    def a_statement_arrives(self, number: int) -> None:
        if held := self.stage.store.held:
            held[number % len(held)].set_result(None)
            self._settle()

    # models

    @rule(number=st.integers(0, 9), fits=st.booleans(), at_once=st.booleans())
    def a_model_answers(self, number: int, fits: bool, at_once: bool) -> None:
        if not (question := self._find_question(number)):
            return
        text = self.stage.say()
        question.answer.set_result(f'"{text}"' if fits and question.call.json else text)
        if not at_once:  # else what comes next comes in the same moment
            self._settle()

    @rule(
        number=st.integers(0, 9),
        kind=st.sampled_from([ErrorKind.SERVER, ErrorKind.RATE_LIMIT, ErrorKind.AUTH, ErrorKind.TIMEOUT]),
    )
    def a_model_fails(self, number: int, kind: ErrorKind) -> None:
        if not (question := self._find_question(number)):
            return
        error = ModelCallError("Not this time.", kind=kind, provider="openai", model=question.call.model, status=500)
        question.answer.set_exception(error)
        self._settle()

    # people

    @rule()
    def somebody_pauses(self) -> None:
        run = self._run()
        is_legal = run["status"] in PAUSABLE_RUN_STATUSES and run["cancel_requested_at"] is None
        if self._try(is_legal, lambda: pause_run(self.stage.cast.alice, self.id)) and run["status"] != "running":
            assert self._run()["status"] == RunStatus.PAUSED

    @rule()
    def somebody_continues(self) -> None:
        run = self._run()
        is_legal = run["status"] == RunStatus.PAUSED and run["error_details"].get("kind") not in COST_STOPS
        if self._try(is_legal, lambda: resume_run(self.stage.cast.alice, self.id)):
            assert self._run()["status"] == RunStatus.QUEUED

    @rule()
    def somebody_cancels(self) -> None:
        run = self._run()
        is_legal = run["status"] not in FINAL_RUN_STATUSES
        if self._try(is_legal, lambda: cancel_run(self.stage.cast.alice, self.id)) and run["status"] != "running":
            assert self._run()["status"] == RunStatus.CANCELLED

    @rule()
    def somebody_ends_it_here(self) -> None:
        is_legal = self._run()["status"] == RunStatus.PAUSED
        if self._try(is_legal, lambda: finish_run(self.stage.cast.alice, self.id)):
            assert self._run()["status"] == RunStatus.COMPLETED

    @rule(amount=st.sampled_from([None, COST_USD]))
    def somebody_lets_it_spend_more(self, amount: Decimal | None) -> None:
        run = self._run()
        is_unknown = amount is not None and run["cost_limit_usd"] is not None and run["cost_usd"] is None
        is_legal = run["status"] not in FINAL_RUN_STATUSES and not is_unknown
        is_stopped = run["status"] == RunStatus.PAUSED and run["error_details"].get("kind") in COST_STOPS
        if self._try(is_legal, lambda: raise_cost_limit(self.stage.cast.alice, self.id, amount)) and is_stopped:
            assert self._run()["status"] == RunStatus.QUEUED

    @rule(number=st.integers(0, 9), decision=st.sampled_from(Decision))
    def somebody_decides(self, number: int, decision: Decision) -> None:
        found = self.stage.rows("SELECT * FROM review_requests WHERE run_id = %s ORDER BY id", self.id)
        if not found:
            return
        review = found[number % len(found)]
        (phase,) = self.stage.rows("SELECT * FROM phase_executions WHERE id = %s", review["phase_execution_id"])
        is_legal = review["decided_at"] is None and phase["status"] == PhaseStatus.WAITING_REVIEW
        edited = self.stage.say() if decision is Decision.APPROVE_WITH_EDITS else None
        mona = self.stage.cast.mona
        seen = get_review(mona, review["id"]).seen
        self._try(
            is_legal,
            lambda: decide_review(mona, review["id"], decision, seen=seen, comment="Because.", edited=edited),
        )

    @rule(is_used_up=st.booleans())
    def the_quota_changes(self, is_used_up: bool) -> None:
        self.stage.rows(
            "UPDATE organizations SET api_quota_limit = api_quota_used + %s WHERE id = %s RETURNING 1",
            0 if is_used_up else 1000,
            self.stage.cast.organization_a,
        )

    # what always holds

    @invariant()
    def all_of_it_holds(self) -> None:
        run, attempts = self._run(), self._phases()
        self._see_what_has_ended(run, attempts)
        self._see_moves()
        self._see_costs(run, attempts)
        _see_answers(run, attempts)
        _see_statuses(run, attempts)

    def _see_what_has_ended(self, run: Record, attempts: Sequence[Record]) -> None:
        """Final is final, in every column."""
        for each, final in ((run, FINAL_RUN_STATUSES), *((attempt, FINAL_PHASES) for attempt in attempts)):
            if each["status"] in final:
                assert self.ended.setdefault(each["id"], each) == each
            else:
                assert each["id"] not in self.ended

    def _see_moves(self) -> None:
        """Every status was left for one that may follow it."""
        for move in self.stage.rows("DELETE FROM moves_of_the_test RETURNING *"):
            if move["of"] == "orchestration_runs":
                assert RunStatus(move["after"]) in RUN_MOVES[RunStatus(move["before"])], move
            else:
                assert PhaseStatus(move["after"]) in PHASE_MOVES[PhaseStatus(move["before"])], move

    def _see_costs(self, run: Record, attempts: Sequence[Record]) -> None:
        """Each call is counted once, and the run has cost what its attempts have."""
        asked = [each for each in attempts if each["started_at"] is not None and each["status"] != "running"]
        usage = self.stage.rows("SELECT * FROM api_usage WHERE run_id = %s", self.id)
        assert sorted(each["phase_execution_id"] for each in usage) == sorted(each["id"] for each in asked)
        for costs in ([each["cost_usd"] for each in asked], [each["cost_usd"] for each in usage]):
            assert run["cost_usd"] == (None if None in costs else sum(costs, Decimal(0)))
        tokens = sum(each["token_usage"].get("total_tokens", 0) for each in asked)
        assert run["total_tokens"] == tokens == sum(each["tokens_used"] for each in usage)

    def teardown(self) -> None:
        """Whatever has happened: with a living worker, patient people and models that answer, the run ends."""
        if self.run_id is None:
            return
        try:
            self.the_database_gets_slow(is_slow=False)
            self.the_quota_changes(is_used_up=False)
            for _ in range(40):
                status = self._run()["status"]
                if status in FINAL_RUN_STATUSES:
                    break
                self._help(status)
            else:
                raise AssertionError(f"it never ends: {self._run()}, {self._phases()}")
            self._settle()
            self.all_of_it_holds()
        finally:
            for number in reversed(range(len(self.walks))):
                self.a_worker_is_killed(number, 0.0)

    def _help(self, status: str) -> None:
        if status == RunStatus.PAUSED:
            if self._run()["error_details"].get("kind") in COST_STOPS:
                self.somebody_lets_it_spend_more(None)
            else:
                self.somebody_continues()
        elif status == RunStatus.WAITING_REVIEW:
            for number in range(len(self.stage.rows("SELECT 1 FROM review_requests WHERE run_id = %s", self.id))):
                self.somebody_decides(number, Decision.APPROVE)
        elif not self.walks:
            self.a_worker_takes_it()
        else:
            self.a_worker_looks_what_people_want(len(self.walks) - 1)
            while self.models.questions:
                self.a_model_answers(0, fits=True, at_once=False)
            if self._run()["status"] == status and self.walks:  # it hangs, or another one holds the run
                self.stage.loop.run_until_complete(asyncio.sleep(0.01))
                self.a_worker_is_killed(0, 0.0)

    @property
    def id(self) -> UUID:
        assert self.run_id is not None
        return self.run_id

    async def _find_provider(self, _: ModelChoice) -> Models:
        return self.models

    def _settle(self) -> None:
        """Let everybody go on, and forget the workers that have come to their end."""
        self.stage.settle()
        for walk in [walk for walk in self.walks if walk.task.done() or walk.segment.is_released.is_set()]:
            self.walks.remove(walk)
            walk.task.cancel()
            if walk.task.done() and not walk.task.cancelled() and (error := walk.task.exception()):
                raise error

    def _walk(self, number: int) -> Walk:
        return self.walks[number % len(self.walks)]

    def _find_question(self, number: int) -> Question | None:
        open_ = [question for question in self.models.questions if not question.answer.done()]
        return open_[number % len(open_)] if open_ else None

    def _try(self, is_legal: bool, act: Callable[[], object]) -> bool:
        """Whether it was done: where it is not legal it is refused in words."""
        try:
            act()
        except Conflict:
            assert not is_legal
            return False
        assert is_legal
        return True

    def _run(self) -> Record:
        (run,) = self.stage.rows("SELECT * FROM orchestration_runs WHERE id = %s", self.id)
        return run

    def _phases(self) -> Sequence[Record]:
        return self.stage.rows("SELECT * FROM phase_executions WHERE run_id = %s ORDER BY phase_code, attempt", self.id)


def _see_answers(run: Record, attempts: Sequence[Record]) -> None:
    """No phase is completed twice, and no answer is found in two places."""
    completed = [each["phase_code"] for each in attempts if each["status"] == PhaseStatus.COMPLETED]
    assert len(set(completed)) == len(completed) == run["completed_phases"]
    texts = [each["original_response"] or each["response_text"] for each in attempts if each["response_text"]]
    assert len(set(texts)) == len(texts)


def _see_statuses(run: Record, attempts: Sequence[Record]) -> None:
    """A run stands as its phases do."""
    statuses = {each["phase_code"]: each["status"] for each in attempts}.values()  # the newest comes last
    if run["status"] != RunStatus.RUNNING:
        assert PhaseStatus.RUNNING not in statuses
        assert run["worker_token"] is None
    if run["status"] == RunStatus.WAITING_REVIEW:
        assert PhaseStatus.WAITING_REVIEW in statuses
    if run["status"] in FINAL_RUN_STATUSES:
        assert FINAL_PHASES.issuperset(statuses)
    if run["status"] == RunStatus.COMPLETED and run["error_details"] == {}:
        assert {PhaseStatus.COMPLETED, PhaseStatus.SKIPPED}.issuperset(statuses)


@st.composite
def phases(draw: st.DrawFn, number: int) -> dict[str, Any]:
    """A phase of a template, with what it waits for, perhaps with a gate, perhaps answered in JSON."""
    before = [f"Phase {earlier}" for earlier in range(number)]
    return {
        "code": f"Phase {number}",
        "name": f"Step {number}",
        "prompt": "Ideas for {{ topic }}",
        "depends_on": draw(st.lists(st.sampled_from(before), unique=True)) if before else [],
        "review": {} if draw(st.booleans()) else None,
        "output": {"kind": draw(st.sampled_from(["text", "json"]))},
        "max_attempts": 2,
    }
