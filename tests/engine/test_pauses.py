"""Runs that people pause, and continue."""

import pytest
from llmock.scenarios import Delay, Fail

from lib.errors import Conflict
from lib.models.run import PhaseStatus, RunStatus
from lib.runs.service import cancel_run, resume_run
from lib.runs.steering import pause_run
from tests.engine.conftest import CHAT, chain
from tests.engine.test_reviews import GATE, decide, wait_for_review
from tests.workers import until


def test_pause_lets_the_call_under_way_end_and_begins_nothing(bench, workers, endpoint):
    endpoint.state.scenarios.add(Delay(seconds=3, match=CHAT))
    workers.start()
    run_id = bench.launch(chain("a", "b"))
    until(lambda: bench.see(run_id).phases[0].status is PhaseStatus.RUNNING)
    pause_run(bench.cast.alice, run_id)
    assert bench.see(run_id).summary.status is RunStatus.RUNNING
    until(lambda: bench.see(run_id).summary.status is RunStatus.PAUSED)
    run = bench.see(run_id)
    assert bench.statuses(run_id) == {"a": ["completed"], "b": ["pending"]}
    assert run.error is not None
    assert run.error.kind == "person"
    assert run.pause is not None
    assert run.pause.by is not None
    assert run.pause.by.name == "Alice"
    resume_run(bench.cast.alice, run_id)
    assert bench.wait_for_end(run_id).summary.status is RunStatus.COMPLETED
    assert bench.see(run_id).pause is None


def test_pause_ends_the_wait_for_another_attempt_which_is_made_after_it(bench, workers, endpoint):
    endpoint.state.scenarios.add(Fail(status=429, retry_after=250, match=CHAT))
    workers.start()
    run_id = bench.launch(chain("a"))
    until(lambda: bench.see(run_id).phases[0].newest.next_attempt_at is not None)
    pause_run(bench.cast.alice, run_id)
    until(lambda: bench.see(run_id).summary.status is RunStatus.PAUSED)
    assert bench.statuses(run_id) == {"a": ["failed"]}
    resume_run(bench.cast.alice, run_id)
    until(lambda: bench.see(run_id).summary.status is RunStatus.RUNNING)
    assert bench.see(run_id).error is None, "it waits for its next attempt again"
    cancel_run(bench.cast.alice, run_id)


def test_run_that_nobody_has_taken_is_paused_at_once(bench):
    run_id = bench.launch(chain("a"))
    pause_run(bench.cast.alice, run_id)
    assert bench.see(run_id).summary.status is RunStatus.PAUSED
    with pytest.raises(Conflict):
        pause_run(bench.cast.alice, run_id)


def test_pause_outlives_the_worker_that_was_to_heed_it(bench, workers, endpoint):
    endpoint.state.scenarios.add(Delay(seconds=4, match=CHAT))
    workers.start()
    run_id = bench.launch(chain("a", "b"))
    until(lambda: bench.see(run_id).phases[0].status is PhaseStatus.RUNNING)
    pause_run(bench.cast.alice, run_id)
    workers.kill()
    workers.start("two")
    until(lambda: bench.see(run_id).summary.status is RunStatus.PAUSED, seconds=60)
    assert bench.statuses(run_id)["b"] == ["pending"]


def test_run_that_is_paused_at_a_gate_is_decided_and_goes_on_when_it_is_continued(bench, workers):
    workers.start()
    run_id = bench.launch([{"code": "a", **GATE}, {"code": "b"}])
    wait_for_review(bench, run_id)
    pause_run(bench.cast.alice, run_id)
    decide(bench, run_id)
    assert bench.see(run_id).summary.status is RunStatus.PAUSED
    resume_run(bench.cast.alice, run_id)
    assert bench.wait_for_end(run_id).summary.status is RunStatus.COMPLETED
