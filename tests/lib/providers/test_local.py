"""The tiny local model: what is said without it, and its process, for real."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import pytest

from lib.config import ROOT
from lib.providers.base import ModelParameters
from lib.providers.errors import RETRYABLE, ErrorKind, ModelCallError
from lib.providers.local import CHOICE, LocalModel
from lib.providers.local_process import LocalProcess, StartFailed, find_weights
from tests.lib.providers.connecting import compatible
from tests.local_model import needs_local_model

Talk = Callable[..., Any]
SHORT = ModelParameters(max_tokens=12)
LONG = ModelParameters(max_tokens=3_000)


class TestWithoutTheModel:
    def test_it_says_that_it_is_not_installed(self, run_async: Talk) -> None:
        with pytest.raises(ModelCallError) as caught:
            run_async(LocalModel(package="no_such_package").check(CHOICE.model))
        assert caught.value.kind is ErrorKind.NOT_CONFIGURED
        assert caught.value.message == (
            "The tiny local demo model is not installed. Run “make run” again, or choose another model."
        )

    def test_it_offers_nothing(self, run_async: Talk) -> None:
        assert run_async(LocalModel(package="no_such_package").models()) == ()

    def test_a_call_says_so_too(self, conversation: Talk) -> None:
        error = conversation(LocalModel(package="no_such_package"), CHOICE.model).fail()
        assert error.kind is ErrorKind.NOT_CONFIGURED

    def test_it_can_be_switched_off(self, run_async: Talk) -> None:
        model = LocalModel(is_offered=False)
        assert run_async(model.models()) == ()
        with pytest.raises(ModelCallError, match="switched off"):
            run_async(model.check(CHOICE.model))

    def test_another_name_is_no_local_model(self, run_async: Talk) -> None:
        with pytest.raises(ModelCallError, match="local:smollm2-135m") as caught:
            run_async(LocalModel().check("smollm2-999b"))
        assert caught.value.kind is ErrorKind.MODEL_NOT_FOUND

    def test_a_file_that_is_no_model_fails_to_start(self, tmp_path: Path) -> None:
        weights = tmp_path / "broken.gguf"
        weights.write_bytes(b"no model")
        process = LocalProcess("broken")
        with pytest.raises(StartFailed):
            process.start(weights)
        assert process.pid is None


@pytest.fixture(scope="module")
def local() -> Iterator[LocalModel]:
    model = LocalModel()
    yield model
    model.stop()


@pytest.fixture
def talk(local: LocalModel, conversation: Talk) -> Any:
    return conversation(local, CHOICE.model)


@needs_local_model
@pytest.mark.model
class TestForReal:
    def test_it_answers_for_nothing_under_its_own_name(self, talk: Any) -> None:
        answer = talk.ask("List three fruits.", parameters=SHORT, timeout_seconds=60)
        assert answer.text
        assert answer.text == "".join(talk.pieces).strip()
        assert answer.model == CHOICE.model
        assert answer.cost_usd == Decimal(0)
        assert answer.completion_tokens <= 12
        assert talk.provider.endpoint_of(CHOICE.model) == "/v1/chat/completions"

    def test_a_prompt_that_is_too_long_is_said(self, talk: Any) -> None:
        error = talk.fail(prompt="much too long " * 3_000, timeout_seconds=60)
        assert error.kind is ErrorKind.CONTEXT

    def test_one_call_waits_for_the_other_without_losing_time(self, talk: Any, run_async: Talk) -> None:
        async def two_at_once() -> list[Any]:
            first = talk.answer("List fruits.", parameters=ModelParameters(max_tokens=100), timeout_seconds=60)
            second = talk.answer("List colours.", parameters=SHORT, timeout_seconds=60)
            return await asyncio.gather(first, second)

        first, second = run_async(two_at_once())
        assert second.execution_time_ms < first.execution_time_ms

    def test_cancelling_frees_it_for_the_next(self, talk: Any, run_async: Talk) -> None:
        async def cancel_then_ask() -> Any:
            task = asyncio.create_task(talk.answer("Write a novel.", parameters=LONG, timeout_seconds=60))
            await asyncio.wait_for(talk.has_begun.wait(), 60)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            assert task.cancelled()
            return await talk.answer("Say hello.", parameters=SHORT, timeout_seconds=10)

        assert run_async(cancel_then_ask()).text

    def test_killed_in_the_middle_it_is_started_again(self, local: LocalModel, talk: Any, run_async: Talk) -> None:
        async def kill_in_the_middle() -> None:
            task = asyncio.create_task(talk.answer("Write a novel.", parameters=LONG, timeout_seconds=60))
            await asyncio.wait_for(talk.has_begun.wait(), 60)
            assert local.pid is not None
            os.kill(local.pid, signal.SIGKILL)
            await task

        with pytest.raises(ModelCallError) as caught:
            run_async(kill_in_the_middle())
        assert caught.value.kind is ErrorKind.LOCAL_MODEL
        assert caught.value.kind in RETRYABLE
        assert talk.ask(parameters=SHORT, timeout_seconds=60).text

    def test_killed_between_calls_nobody_notices(self, local: LocalModel, talk: Any) -> None:
        talk.ask(parameters=SHORT, timeout_seconds=60)
        first = local.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(first)] if psutil.pid_exists(first) else [], timeout=5)
        assert talk.ask(parameters=SHORT, timeout_seconds=60).text
        assert local.pid not in {None, first}

    def test_it_asks_others_on_this_machine_for_its_key(self, local: LocalModel, talk: Any, conversation: Talk) -> None:

        talk.ask(parameters=SHORT, timeout_seconds=60)
        weights = find_weights()
        assert weights is not None
        address = local._process.start(weights)
        stranger = conversation(compatible(f"{address.url}/v1", name="local", api_key="guess"), CHOICE.model)
        assert stranger.fail().kind is ErrorKind.AUTH

    def test_it_does_not_see_our_settings(
        self, monkeypatch: pytest.MonkeyPatch, conversation: Talk, wait_until: Talk
    ) -> None:
        monkeypatch.setenv("ORCHESTRATOR_SECRET_KEY", "do not tell")
        monkeypatch.setenv("DATABASE_URL", "do not tell")
        model = LocalModel()
        conversation(model, CHOICE.model).ask(parameters=SHORT, timeout_seconds=60)
        try:
            assert "do not tell" not in psutil.Process(model.pid).environ().values()
        finally:
            model.stop()
        assert model.pid is None


#: A parent that starts the model, says its process id, and waits.
PARENT = """
import os, sys, threading, time
from lib.providers.local_process import LocalProcess, find_weights

process = LocalProcess("tiny")
start = threading.Thread(target=process.start, args=[find_weights()])
if "thread" in sys.argv:
    start.start()
    start.join()
else:
    start.run()
helper = 0
if "fork" in sys.argv:  # somebody who goes on holding the pipe through which the child sees its parent's end
    helper = os.fork()
    if helper == 0:
        time.sleep(60)
        os._exit(0)
time.sleep(0.3)
print(process.pid, helper, flush=True)
time.sleep(60)
"""


@needs_local_model
@pytest.mark.model
class TestProcess:
    @pytest.fixture
    def start_parent(self) -> Iterator[Callable[[str], tuple[subprocess.Popen[str], int]]]:
        started: list[subprocess.Popen[str]] = []
        helpers: list[int] = []

        def start(how: str) -> tuple[subprocess.Popen[str], int]:
            parent = subprocess.Popen([sys.executable, "-c", PARENT, how], stdout=subprocess.PIPE, text=True, cwd=ROOT)
            started.append(parent)
            assert parent.stdout is not None
            pid, helper = map(int, parent.stdout.readline().split())
            helpers.extend([helper] if helper else [])
            return parent, pid

        yield start
        for helper in helpers:
            os.kill(helper, signal.SIGKILL)
        for parent in started:
            parent.kill()
            parent.wait()
            assert parent.stdout is not None
            parent.stdout.close()

    @pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
    def test_it_ends_with_its_parent(self, start_parent: Talk, wait_until: Talk, end: int) -> None:
        parent, pid = start_parent("plainly")
        assert psutil.pid_exists(pid)
        parent.send_signal(end)
        parent.wait()
        wait_until(lambda: not is_running(pid))

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
    def test_it_ends_even_if_somebody_holds_its_input_open(self, start_parent: Talk, wait_until: Talk) -> None:
        parent, pid = start_parent("fork")
        parent.kill()
        parent.wait()
        wait_until(lambda: not is_running(pid))

    def test_it_outlives_the_thread_that_started_it(self, start_parent: Talk) -> None:
        _parent, pid = start_parent("thread")
        assert is_running(pid)


def is_running(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False
