"""One walk inside the test's own process, where the moment of a fault can be chosen."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest
from llmock.scenarios import Delay, Match

from lib.config import get_settings
from lib.db.logins import Login
from lib.engine.segment import Segment
from lib.engine.store import Advanced, RunKey, Store
from lib.models.run import RunStatus
from lib.providers.base import ModelAnswer, ModelCall, ModelChoice, Provider
from lib.providers.catalog import close_providers, get_provider
from lib.providers.errors import ErrorKind, ModelCallError
from lib.templates.rendering import render_prompt
from tests.engine.conftest import chain
from tests.records import row


class ReplyLost(Store):
    """Writes the first step that closes an attempt, and loses the reply to it."""

    has_lost = False

    async def advance(self, *arguments: Any, **step: Any) -> Advanced:
        advanced = await super().advance(*arguments, **step)
        if step["finish"] and not self.has_lost:
            self.has_lost = True
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        return advanced


class TellsToWait:
    """A model that asks to wait 200 seconds, in the very moment in which its worker is told to stop."""

    is_free = True
    stop: Callable[[], None]

    def endpoint_of(self, model: str) -> str:
        return "/v1/chat/completions"

    async def answer(self, call: ModelCall, *, on_text: Callable[[str], object]) -> ModelAnswer:
        self.stop()
        raise ModelCallError(
            "Too many calls.", kind=ErrorKind.RATE_LIMIT, provider="openai", model=call.model, retry_after_seconds=200
        )


def test_step_whose_reply_was_lost_in_an_outage_does_not_fail_the_run(bench, workers, endpoint, installation):
    endpoint.state.scenarios.add(Delay(seconds=1, match=Match(path="*completions", model="gpt-4o")))
    run_id = bench.launch([{"code": "a", "depends_on": []}, {"code": "b", "depends_on": [], "model": "openai:gpt-4o"}])

    async def walk() -> None:
        async with ReplyLost(installation.database.url(Login.WORKER)) as store:
            key = RunKey(bench.cast.organization_a, run_id)
            segment = Segment(key, store, provider=_find_provider)
            try:
                await segment.walk()
            finally:
                await close_providers(settings=get_settings())

    with pytest.raises(psycopg.OperationalError, match="written before the outage"):
        asyncio.run(walk())
    workers.start()
    run = bench.wait_for_end(run_id)
    assert run.summary.status is RunStatus.COMPLETED
    assert [bench.statuses(run_id)[code][-1] for code in "ab"] == ["completed", "completed"]


def test_other_runs_go_on_while_a_prompt_is_rendered(bench, installation, monkeypatch):
    """The prompt waits for another task of the same loop, as a slow one would have all others wait for it."""
    run_id = bench.launch(chain("a"))
    is_rendering, is_alive = threading.Event(), threading.Event()

    def render(*arguments: Any) -> str:
        is_rendering.set()
        assert is_alive.wait(20)
        return render_prompt(*arguments)

    async def other_run() -> None:
        assert await asyncio.to_thread(is_rendering.wait, 20)
        is_alive.set()

    async def walk() -> str:
        async with Store(installation.database.url(Login.WORKER)) as store:
            segment = Segment(RunKey(bench.cast.organization_a, run_id), store, provider=_find_provider)
            try:
                state, _ = await asyncio.gather(segment.walk(), other_run())
                return state
            finally:
                await close_providers(settings=get_settings())

    monkeypatch.setattr("lib.engine.prompts.render_prompt", render)
    assert asyncio.run(walk()) == RunStatus.COMPLETED


def test_wait_that_is_asked_for_while_the_worker_stops_is_kept(bench, installation):
    run_id = bench.launch(chain("a"))
    model = TellsToWait()

    async def walk() -> None:
        async with Store(installation.database.url(Login.WORKER)) as store:
            segment = Segment(RunKey(bench.cast.organization_a, run_id), store, provider=_always(_as_provider(model)))
            model.stop = segment.release.set
            walking = asyncio.create_task(segment.walk())
            await segment.is_released.wait()
            walking.cancel()

    asyncio.run(walk())
    assert _error_of(installation, run_id)["retry_seconds"] >= 200


async def _find_provider(choice: ModelChoice) -> Provider:
    return get_provider(choice.provider, settings=get_settings())


def _always(provider: Provider) -> Callable[[ModelChoice], Awaitable[Provider]]:
    async def find(_: ModelChoice) -> Provider:
        return provider

    return find


def _as_provider(model: Any) -> Provider:
    provider: Provider = model
    return provider


def _error_of(installation: Any, run_id: UUID) -> Any:
    return row(installation, "SELECT error_details FROM phase_executions WHERE run_id = %s", run_id)["error_details"]
