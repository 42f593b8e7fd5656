"""A worker that is told to stop lets its calls end, hands its runs over between phases, and does not wait for ever."""

import signal
import time
from collections.abc import Callable

import pytest
from llmock.scenarios import Delay
from llmock.testing import LLMockServer

from lib.models.run import RunStatus
from tests.chaos.conftest import Installed
from tests.conftest import Installation
from tests.engine.conftest import CHAT, Bench, bench, chain
from tests.records import rows
from tests.supervised import alive
from tests.workers import MODEL, Workers, endpoint, until, workers

__all__ = ["bench", "endpoint", "workers"]

LONG_SECONDS = 60.0
_WALKERS = "SELECT DISTINCT executor_id FROM dbos.workflow_status"


def test_run_whose_call_ends_in_time_is_handed_over_without_a_lost_attempt(
    bench: Bench, workers: Workers, endpoint: LLMockServer, installation: Installation
) -> None:
    endpoint.state.scenarios.add(Delay(seconds=2, match=CHAT), Delay(seconds=25, match=CHAT))
    first = workers.start("first", drain_seconds=LONG_SECONDS)
    short = bench.launch(chain("a", "b"))
    until(lambda: endpoint.state.journal.in_flight == 1)
    long = bench.launch(chain("a", "b"))
    until(lambda: endpoint.state.journal.in_flight == 2)
    [before] = rows(installation, _WALKERS)
    first.terminate()
    workers.start("second")
    assert bench.wait_for_end(short).summary.status is RunStatus.COMPLETED
    assert first.poll() is None, "the other run's call goes on meanwhile, and nobody has waited for it"
    assert first.wait(60) == 0
    assert bench.wait_for_end(long).summary.status is RunStatus.COMPLETED
    for run_id in (short, long):
        assert bench.statuses(run_id) == {"a": ["completed"], "b": ["completed"]}
    assert rows(installation, "SELECT 1 FROM api_usage WHERE error_kind IS NOT NULL") == []
    [after] = rows(installation, _WALKERS)
    assert after != before, "each run's second phase is another worker's"
    asked = [record for record in endpoint.state.journal.records() if "completions" in record.path]
    assert len(asked) == 4
    assert "run" not in workers.log.read_text(), "nothing was taken over or refused"


def test_run_that_ends_meanwhile_has_ended(bench: Bench, workers: Workers, endpoint: LLMockServer) -> None:
    endpoint.state.scenarios.add(Delay(seconds=2, match=CHAT))
    worker = workers.start(drain_seconds=LONG_SECONDS)
    run_id = bench.launch(chain("a"))
    until(lambda: endpoint.state.journal.in_flight == 1)
    worker.terminate()
    assert worker.wait(30) == 0
    assert bench.see(run_id).summary.status is RunStatus.COMPLETED


@pytest.mark.parametrize("way", ["its time is up", "it is told again"])
def test_call_that_takes_longer_is_given_up(bench: Bench, workers: Workers, endpoint: LLMockServer, way: str) -> None:
    endpoint.state.scenarios.add(Delay(seconds=LONG_SECONDS, match=CHAT))
    worker = workers.start(drain_seconds={"its time is up": 2, "it is told again": LONG_SECONDS}[way])
    run_id = bench.launch(chain("a"))
    until(lambda: endpoint.state.journal.in_flight == 1)
    worker.terminate()
    time.sleep(0.5)  # a signal that comes while the same one is pending is none
    assert worker.poll() is None
    if way == "it is told again":
        worker.send_signal(signal.SIGINT)
    assert worker.wait(20) == 0
    assert bench.statuses(run_id) == {"a": ["failed"]}
    assert bench.see(run_id).phases[0].newest.finish_reason == "interrupted"


def test_worker_that_writes_nothing_ends_at_once(bench: Bench, workers: Workers, endpoint: LLMockServer) -> None:
    worker = workers.start(drain_seconds=LONG_SECONDS)
    bench.wait_for_end(bench.launch(chain("a")))
    worker.terminate()
    assert worker.wait(15) == 0


def test_ctrl_c_waits_for_what_is_being_written_and_a_second_one_does_not(
    install: Callable[..., Installed], model: LLMockServer
) -> None:
    model.state.scenarios.add(Delay(seconds=LONG_SECONDS, match=CHAT))
    installed = install(ORCHESTRATOR_DRAIN_SECONDS=str(LONG_SECONDS))
    installed.launch(installed.template([{"code": "a", "prompt": "{{ topic }}"}]), model=MODEL)
    until(lambda: model.state.journal.in_flight == 1, 60)
    family = installed.up.family()
    installed.up.process.send_signal(signal.SIGINT)
    installed.up.read_until("What is being written may end, for 60 s at most. Ctrl-C again ends it at once.")
    installed.up.process.send_signal(signal.SIGINT)
    assert installed.up.wait() == 0
    assert alive(family) == []
