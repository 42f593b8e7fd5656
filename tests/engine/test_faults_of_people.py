"""People who change their mind while a run is walked, and strangers who would like to."""

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

#: A second and no more where a core is free; none may be for a while. Nobody who waits for the call is done so soon.
AT_ONCE = timedelta(seconds=3)


def test_cancel_ends_a_call_at_once(bench, workers, endpoint, installation):
    endpoint.state.scenarios.add(Delay(seconds=30, match=CHAT))
    workers.start()
    run_id = bench.launch(chain("a", "b"))
    until(lambda: bench.see(run_id).phases[0].status == "running")
    cancel_at_once(bench, installation, run_id)
    assert bench.statuses(run_id) == {"a": ["cancelled"], "b": ["cancelled"]}
    (usage,) = rows(installation, "SELECT * FROM api_usage WHERE run_id = %s", run_id)
    assert usage["error_kind"] == "cancelled"
    assert usage["cost_usd"] is None


def cancel_at_once(bench: Bench, installation: Installation, run_id: UUID) -> None:
    cancel_run(bench.cast.alice, run_id)
    until(lambda: bench.see(run_id).summary.status is RunStatus.CANCELLED)
    took = "SELECT completed_at - cancel_requested_at AS took FROM orchestration_runs WHERE id = %s"
    assert row(installation, took, run_id)["took"] < AT_ONCE


def test_cancel_ends_the_wait_for_another_attempt_at_once(bench, workers, endpoint, installation):
    endpoint.state.scenarios.add(Fail(status=429, retry_after=250, times=None, match=CHAT))
    workers.start()
    run_id = bench.launch(chain("a", "b"))
    until(lambda: bench.see(run_id).phases[0].newest.next_attempt_at is not None)
    cancel_at_once(bench, installation, run_id)
    assert bench.statuses(run_id) == {"a": ["failed"], "b": ["cancelled"]}
    (usage,) = rows(installation, "SELECT error_kind FROM api_usage WHERE run_id = %s", run_id)
    assert usage["error_kind"] == ErrorKind.RATE_LIMIT


def test_cancel_ends_an_answer_that_has_stalled_at_once(bench, workers, endpoint, installation):
    endpoint.state.scenarios.add(Reply(text="one two three four five six seven eight"))
    endpoint.state.scenarios.add(StreamFault("stall", after_chunks=4, stall_seconds=50))
    workers.start()
    run_id = bench.launch(chain("a", "b"))
    until(lambda: bench.see(run_id).phases[0].newest.response != "")
    cancel_at_once(bench, installation, run_id)
    assert bench.statuses(run_id) == {"a": ["cancelled"], "b": ["cancelled"]}


@pytest.mark.model
@needs_local_model
def test_cancel_ends_a_call_of_the_local_model_at_once(bench, workers, monkeypatch, installation):
    monkeypatch.setenv("ORCHESTRATOR_LOCAL_MODEL", "true")
    get_settings.cache_clear()
    workers.start()
    novel = {"code": "a", "prompt": "Write a novel.", "parameters": {"max_tokens": 3000}}
    run_id = bench.launch([novel], model=str(CHOICE))
    until(lambda: bench.see(run_id).phases[0].newest.response != "", seconds=90)
    cancel_at_once(bench, installation, run_id)
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
