"""Tasks end though a cancellation of theirs is lost, as `asyncio.wait_for` of Python 3.11 loses one."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import pytest

from lib.engine import ending
from lib.engine.attempt import STREAM_SECONDS, Attempt, Outcome, make_attempt
from lib.engine.ending import put_an_end_to
from lib.providers.base import ModelAnswer, ModelCall, ModelChoice, Provider
from tests.lib.engine.test_follow_up import phase

ANSWER = ModelAnswer(
    text="It folds.",
    model="a",
    prompt_tokens=1,
    completion_tokens=1,
    cost_usd=Decimal(0),
    finish_reason="stop",
    first_token_ms=1,
    execution_time_ms=2,
    status=200,
)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "_AGAIN_SECONDS", 0.01)


class Loses:
    """Work that takes an hour, and that so many cancellations only end, as if they had never been."""

    def __init__(self, times: int) -> None:
        self.left = times

    async def work(self, *_: object) -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            if not self.left:
                raise
            self.left -= 1


async def _for_ever(work: Callable[[], Any]) -> None:
    while True:
        await work()


def test_task_ends_that_loses_cancellations() -> None:
    async def run() -> None:
        losing = [asyncio.create_task(_for_ever(Loses(times).work)) for times in (0, 1, 3)]
        done = asyncio.create_task(asyncio.sleep(0))
        await asyncio.sleep(0.01)
        await asyncio.wait_for(put_an_end_to([*losing, done]), timeout=10)
        assert [task.cancelled() for task in losing] == [True] * 3
        assert not done.cancelled()
        await put_an_end_to([])

    asyncio.run(run())


class _Answers:
    """Writes one piece, and ends once that is being shown."""

    is_free = True

    def endpoint_of(self, _model: str) -> str:
        return "/v1/chat/completions"

    async def answer(self, _call: ModelCall, *, on_text: Callable[[str], None]) -> ModelAnswer:
        on_text(ANSWER.text)
        await asyncio.sleep(STREAM_SECONDS * 2)
        return ANSWER


def test_answer_is_had_though_who_shows_it_goes_on() -> None:
    """Else the run would be at work for ever: its worker is alive, and waits."""

    async def ask(_choice: ModelChoice) -> Provider:
        return cast("Provider", _Answers())

    async def run() -> Outcome:
        attempt = Attempt(UUID(int=1), 1, phase(), "x")
        asking = asyncio.create_task(make_attempt(attempt, provider=ask, write_stream=Loses(1).work))
        done, _ = await asyncio.wait([asking], timeout=10)
        assert done, "it waits for who shows it"
        return await asking

    assert asyncio.run(run()).answer == ANSWER
