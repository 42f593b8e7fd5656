"""Where runs are walked by accident: the engine's own walks on the real database, its statements held back at will, and
models that answer when the test says so.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from lib.db.logins import Login
from lib.engine.store import Store
from lib.providers.base import ModelAnswer, ModelCall
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.records import Record

#: What an answer costs.
COST_USD: Final = Decimal("0.01")
#: Every move of a status is noted, by whomever it was made.
_NOTE_MOVES: Final = """
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
#: Moments in a row in which nothing was under way.
_SETTLED: Final = 3


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

    def endpoint_of(self, model: str) -> str:
        return "/v1/chat/completions"

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
            connection.execute(_NOTE_MOVES.encode())
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
