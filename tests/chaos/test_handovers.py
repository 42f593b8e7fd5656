"""A run changes hands: its worker is told to stop, is stopped and comes back, or forgets that it holds it."""

import signal

import pytest
from llmock.scenarios import Delay, Match

from lib.engine.follow_up import MOST_LOST_ATTEMPTS
from lib.models.run import RunStatus
from tests.engine.conftest import bench, chain
from tests.made_runs import answer, beginning, open_run
from tests.records import row, rows
from tests.workers import endpoint, until, workers

__all__ = ["bench", "endpoint", "workers"]

CHAT = Match(path="*completions")


def test_worker_that_is_told_to_stop_closes_its_calls_with_the_time_they_took(bench, workers, endpoint, installation):
    endpoint.state.scenarios.add(Delay(seconds=60, match=CHAT))
    worker = workers.start("first")
    run_id = bench.launch(chain("a", "b"))
    until(lambda: endpoint.state.journal.in_flight == 1)
    worker.terminate()
    assert worker.wait(30) == 0
    (lost,) = rows(installation, "SELECT * FROM phase_executions WHERE run_id = %s AND phase_code = 'a'", run_id)
    assert (lost["status"], lost["finish_reason"], lost["error_details"]["kind"]) == ("failed", "interrupted", "lost")
    took_ms = (lost["completed_at"] - lost["started_at"]).total_seconds() * 1000
    assert abs(lost["execution_time_ms"] - took_ms) < 100
    (usage,) = rows(installation, "SELECT * FROM api_usage WHERE run_id = %s", run_id)
    assert (usage["error_kind"], usage["response_time_ms"]) == ("lost", lost["execution_time_ms"])

    workers.start("second")
    assert bench.wait_for_end(run_id).summary.status is RunStatus.COMPLETED
    assert bench.statuses(run_id) == {"a": ["failed", "completed"], "b": ["completed"]}
    assert len(rows(installation, "SELECT * FROM api_usage WHERE run_id = %s", run_id)) == 3


def test_stopped_worker_that_comes_back_tries_to_write_and_is_refused(bench, workers, endpoint, installation):
    endpoint.state.scenarios.add(Delay(seconds=2, match=CHAT))
    first = workers.start("first")
    run_id = bench.launch(chain("a", "b"))
    until(lambda: endpoint.state.journal.in_flight == 1)
    first.send_signal(signal.SIGSTOP)
    workers.start("second")
    assert bench.wait_for_end(run_id).summary.status is RunStatus.COMPLETED
    until(lambda: endpoint.state.journal.in_flight == 0)
    kept = "SELECT * FROM {} WHERE run_id = %s ORDER BY id"
    before = [rows(installation, kept.format(table), run_id) for table in ("phase_executions", "api_usage")]
    asked = [record for record in endpoint.state.journal.records() if "completions" in record.path]
    assert [record.completed for record in asked] == [True] * 3, "the first worker's answer waits for it in its socket"

    first.send_signal(signal.SIGCONT)
    until(lambda: f"run {run_id}: another worker holds it" in workers.log.read_text())
    assert [rows(installation, kept.format(table), run_id) for table in ("phase_executions", "api_usage")] == before
    assert bench.statuses(run_id) == {"a": ["failed", "completed"], "b": ["completed"]}
    until(lambda: workers.live() == 2)


def test_run_that_the_queue_gave_to_a_worker_which_never_began_it_is_walked(
    bench, workers, endpoint, installation, monkeypatch: pytest.MonkeyPatch
):
    """As when the database goes away between the queue's taking it and its beginning."""
    monkeypatch.setenv("ORCHESTRATOR_WORKER_CONCURRENCY", "1")
    endpoint.state.scenarios.add(Delay(seconds=3, match=CHAT))
    workers.start()
    first = bench.launch(chain("a"))
    until(lambda: endpoint.state.journal.in_flight == 1)
    second = bench.launch(chain("a"))
    taken = (
        "SET status = 'PENDING', executor_id = (SELECT executor_id FROM dbos.workflow_status WHERE status = 'PENDING')"
    )
    assert rows(installation, f"UPDATE dbos.workflow_status {taken} WHERE status = 'ENQUEUED' RETURNING 1")
    assert bench.wait_for_end(first).summary.status is RunStatus.COMPLETED
    assert bench.wait_for_end(second).summary.status is RunStatus.COMPLETED
    assert bench.statuses(second) == {"a": ["completed"]}


def test_run_whose_workflow_failed_in_an_outage_is_walked_without_waiting(bench, workers, installation):
    run_id = bench.launch(chain("a"))
    rows(installation, "UPDATE dbos.workflow_status SET status = 'ERROR', deduplication_id = NULL RETURNING 1")
    workers.start()
    assert bench.wait_for_end(run_id).summary.status is RunStatus.COMPLETED


def test_what_a_lost_worker_wrote_last_is_swept(bench, workers, installation):
    write = "INSERT INTO phase_streams VALUES (gen_random_uuid(), %s, 'x', now() - %s::interval) RETURNING 1"
    for age in ("2 hours", "1 minute"):
        rows(installation, write, bench.cast.organization_a, age)
    workers.start()
    until(lambda: row(installation, "SELECT count(*) AS left FROM phase_streams")["left"] == 1)


def test_phase_whose_workers_were_told_to_stop_again_and_again_is_still_written(bench, workers, installation):
    run_id = bench.launch(chain("Phase 0", max_attempts=1))
    held = open_run(installation.database, bench.cast.organization_a, run_id)
    stopped = {"kind": "lost", "message": "Stopped.", "retry_seconds": 0.0, "retry_reason": "its worker was stopped"}
    for attempt in range(1, MOST_LOST_ATTEMPTS + 2):
        (begun,) = held.advance(begin=[beginning("Phase 0", attempt=attempt)])["begun"]
        ended = {"status": "failed", "response": None, "finish_reason": "interrupted", "error": stopped}
        held.advance(finish=[answer(begun["id"], **ended)])
    workers.start()
    assert bench.wait_for_end(run_id).summary.status is RunStatus.COMPLETED
