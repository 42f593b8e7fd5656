"""People who change their mind while a run is walked, and strangers who would like to."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from llmock.scenarios import Delay, Fail, Reply, StreamFault

from lib.config import get_settings
from lib.errors import Conflict
from lib.models.run import RunStatus
from lib.providers.errors import ErrorKind
from lib.providers.local import CHOICE
from lib.runs.service import cancel_run
from tests import doors
from tests.conftest import Installation
from tests.engine.conftest import CHAT, Bench, chain
from tests.local_model import needs_local_model
from tests.records import row, rows
from tests.workers import until


def test_cancel_ends_a_call_within_a_second(bench, workers, endpoint, installation):
    endpoint.state.scenarios.add(Delay(seconds=30, times=None, match=CHAT))
    workers.start()

    def begin() -> UUID:
        run_id = bench.launch(chain("a", "b"))
        until(lambda: bench.see(run_id).phases[0].status == "running")
        return run_id

    run_id = cancel_within_a_second(bench, installation, begin)
    assert bench.statuses(run_id) == {"a": ["cancelled"], "b": ["cancelled"]}
    (usage,) = rows(installation, "SELECT * FROM api_usage WHERE run_id = %s", run_id)
    assert usage["error_kind"] == "cancelled"
    assert usage["cost_usd"] is None


def cancel_within_a_second(bench: Bench, installation: Installation, begin: Callable[[], UUID]) -> UUID:
    """The run that was: of three that begin, for the cores may be somebody else's for the length of one."""
    for _ in range(3):
        run_id = begin()
        cancel_run(bench.cast.alice, run_id)
        until(lambda run_id=run_id: bench.see(run_id).summary.status is RunStatus.CANCELLED)
        statement = "SELECT completed_at - cancel_requested_at AS took FROM orchestration_runs WHERE id = %s"
        took = row(installation, statement, run_id)["took"]
        if took < timedelta(seconds=1):
            return run_id
    pytest.fail(f"three calls were not ended within a second, the last took {took}")


def test_cancel_ends_the_wait_for_another_attempt_within_a_second(bench, workers, endpoint, installation):
    endpoint.state.scenarios.add(Fail(status=429, retry_after=250, times=None, match=CHAT))
    workers.start()

    def begin() -> UUID:
        run_id = bench.launch(chain("a", "b"))
        until(lambda: bench.see(run_id).phases[0].newest.next_attempt_at is not None)
        return run_id

    run_id = cancel_within_a_second(bench, installation, begin)
    assert bench.statuses(run_id) == {"a": ["failed"], "b": ["cancelled"]}
    (usage,) = rows(installation, "SELECT error_kind FROM api_usage WHERE run_id = %s", run_id)
    assert usage["error_kind"] == ErrorKind.RATE_LIMIT


def test_cancel_ends_an_answer_that_has_stalled_within_a_second(bench, workers, endpoint, installation):
    workers.start()

    def begin() -> UUID:
        endpoint.state.scenarios.add(Reply(text="one two three four five six seven eight"))
        endpoint.state.scenarios.add(StreamFault("stall", after_chunks=4, stall_seconds=50))
        run_id = bench.launch(chain("a", "b"))
        until(lambda: bench.see(run_id).phases[0].newest.response != "")
        return run_id

    run_id = cancel_within_a_second(bench, installation, begin)
    assert bench.statuses(run_id) == {"a": ["cancelled"], "b": ["cancelled"]}


@pytest.mark.model
@needs_local_model
def test_cancel_ends_a_call_of_the_local_model_within_a_second(bench, workers, monkeypatch, installation):
    monkeypatch.setenv("ORCHESTRATOR_LOCAL_MODEL", "true")
    get_settings.cache_clear()
    workers.start()
    novel = {"code": "a", "prompt": "Write a novel.", "parameters": {"max_tokens": 3000}}

    def begin() -> UUID:
        run_id = bench.launch([novel], model=str(CHOICE))
        until(lambda: bench.see(run_id).phases[0].newest.response != "", seconds=90)
        return run_id

    run_id = cancel_within_a_second(bench, installation, begin)
    (usage,) = rows(installation, "SELECT * FROM api_usage WHERE run_id = %s", run_id)
    assert (usage["error_kind"], usage["cost_usd"]) == ("cancelled", 0)


def test_run_that_nobody_has_taken_is_cancelled_at_once(bench):
    run_id = bench.launch(chain("a"))
    cancel_run(bench.cast.alice, run_id)
    assert bench.see(run_id).summary.status is RunStatus.CANCELLED
    with pytest.raises(Conflict):
        cancel_run(bench.cast.alice, run_id)


def test_notice_of_a_stranger_cancels_nothing_and_ends_no_worker(bench, workers, endpoint, installation):
    endpoint.state.scenarios.add(Delay(seconds=1, match=CHAT))
    worker = workers.start()
    run_id = bench.launch(chain("a"))
    until(lambda: bench.see(run_id).phases[0].status == "running")
    with doors.person(installation.database, bench.cast.charlie) as connection:
        for payload in (str(run_id), "x", ""):
            connection.execute("SELECT pg_notify('orchestrator_cancel', %s)", [payload])
    assert bench.wait_for_end(run_id).summary.status is RunStatus.COMPLETED
    assert worker.poll() is None
