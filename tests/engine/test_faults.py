"""What goes wrong while a run is walked: models, workers, quotas, people who change their mind."""

import signal

import pytest
from llmock.scenarios import Delay, Fail, Match, Reply, StreamFault

from lib.errors import Conflict, ModelError
from lib.models.run import RunStatus
from lib.providers.errors import ErrorKind
from lib.runs.service import cancel_run, resume_run
from tests import doors
from tests.engine.conftest import chain
from tests.records import rows
from tests.workers import until

CHAT = Match(path="*completions")

#: Fine with the mark that a preview shows, and not with an answer.
PROMPT_THAT_BREAKS = "{% if '⟨' in previous[0].response %}fine{% else %}{{ previous[3].response }}{% endif %}"


def test_failed_attempt_is_kept_and_tried_again(bench, workers, endpoint, installation):
    endpoint.state.scenarios.add(Fail(status=503, match=CHAT))
    workers.start()
    run_id = bench.launch(chain("a", "b"))
    run = bench.wait_for_end(run_id)
    assert run.summary.status is RunStatus.COMPLETED
    assert bench.statuses(run_id) == {"a": ["failed", "completed"], "b": ["completed"]}
    assert run.phases[0].attempts[0].error.status == 503
    usage = rows(installation, "SELECT error_kind FROM api_usage WHERE run_id = %s ORDER BY created_at", run_id)
    assert [row["error_kind"] for row in usage] == [ErrorKind.UNAVAILABLE, None, None]


def test_phase_that_fails_for_good_ends_the_run_and_skips_the_rest(bench, workers, endpoint, installation):
    endpoint.state.scenarios.add(Reply(text="fine", match=CHAT))
    endpoint.state.scenarios.add(Fail(status=401, times=None, match=Match(path="*completions", model="gpt-4o")))
    workers.start()
    run_id = bench.launch([{"code": "a"}, {"code": "b", "model": "openai:gpt-4o"}, {"code": "c"}])
    run = bench.wait_for_end(run_id)
    assert run.summary.status is RunStatus.FAILED
    assert bench.statuses(run_id) == {"a": ["completed"], "b": ["failed"], "c": ["skipped"]}
    assert run.error.kind == ErrorKind.AUTH
    assert run.error.phase == "b"
    (row,) = rows(installation, "SELECT results, success_rate FROM orchestration_runs WHERE id = %s", run_id)
    assert row["results"]["metadata"] == {"total_phases": 3, "successful_phases": 1, "success_rate": "33.3%"}
    assert row["results"]["phases"]["a"]["response"] == "fine"


def test_stream_that_is_cut_short_is_no_answer(bench, workers, endpoint):
    endpoint.state.scenarios.add(Reply(text="one two three four five six"), StreamFault("truncate", after_chunks=2))
    workers.start()
    run_id = bench.launch(chain("a"))
    run = bench.wait_for_end(run_id)
    assert bench.statuses(run_id) == {"a": ["failed", "completed"]}
    assert run.phases[0].attempts[0].error.kind == ErrorKind.STREAM_CUT


def test_missing_endpoint_is_said_before_the_launch(bench, endpoint, installation):
    endpoint.stop()
    with pytest.raises(ModelError):
        bench.launch(chain("a"))
    assert rows(installation, "SELECT * FROM orchestration_runs") == []


def test_kill_9_in_the_middle_loses_nothing(bench, workers, endpoint, installation):
    endpoint.state.scenarios.add(Delay(seconds=0.6, times=None, match=CHAT))
    workers.start("first")
    run_id = bench.launch(chain(*(f"Phase {n}" for n in range(7))))
    until(lambda: bench.see(run_id).phases[3].status == "running")
    workers.kill("first")
    workers.start("second")
    run = bench.wait_for_end(run_id)
    assert run.summary.status is RunStatus.COMPLETED
    assert bench.statuses(run_id) == {
        f"Phase {n}": ["failed", "completed"] if n == 3 else ["completed"] for n in range(7)
    }
    usage = rows(installation, "SELECT * FROM api_usage WHERE run_id = %s", run_id)
    assert len(usage) == len({row["phase_execution_id"] for row in usage}) == 8
    assert [row["error_kind"] for row in usage if row["error_kind"]] == ["lost"]
    calls = [record for record in endpoint.state.journal.records(wait=5) if "completions" in record.path]
    assert len(calls) <= 8, "phases 0 to 2 were asked again; only the call that was lost may be there twice"


def test_stopped_worker_that_comes_back_writes_nothing(bench, workers, endpoint, installation):
    endpoint.state.scenarios.add(Delay(seconds=3, match=CHAT))
    first = workers.start("first")
    run_id = bench.launch(chain("a", "b"))
    until(lambda: bench.see(run_id).phases[0].status == "running")
    first.send_signal(signal.SIGSTOP)
    workers.start("second")
    until(lambda: len(bench.see(run_id).phases[0].attempts) == 2, seconds=20)
    bench.wait_for_end(run_id)
    before = rows(installation, "SELECT * FROM phase_executions WHERE run_id = %s ORDER BY id", run_id)
    first.send_signal(signal.SIGCONT)
    until(lambda: rows(installation, "SELECT 1 FROM pg_locks WHERE classid = 4711 AND granted OFFSET 1") != [])
    assert rows(installation, "SELECT * FROM phase_executions WHERE run_id = %s ORDER BY id", run_id) == before
    assert bench.statuses(run_id) == {"a": ["failed", "completed"], "b": ["completed"]}


def test_cancel_ends_a_call_within_a_second(bench, workers, endpoint, installation):
    endpoint.state.scenarios.add(Delay(seconds=30, match=CHAT))
    workers.start()
    run_id = bench.launch(chain("a", "b"))
    until(lambda: bench.see(run_id).phases[0].status == "running")
    cancel_run(bench.cast.alice, run_id)
    assert until(lambda: bench.see(run_id).summary.status is RunStatus.CANCELLED) < 1
    assert bench.statuses(run_id) == {"a": ["cancelled"], "b": ["cancelled"]}
    (usage,) = rows(installation, "SELECT * FROM api_usage WHERE run_id = %s", run_id)
    assert usage["error_kind"] == "cancelled"
    assert usage["cost_usd"] is None


def test_run_that_nobody_has_taken_is_cancelled_at_once(bench):
    run_id = bench.launch(chain("a"))
    cancel_run(bench.cast.alice, run_id)
    assert bench.see(run_id).summary.status is RunStatus.CANCELLED
    with pytest.raises(Conflict):
        cancel_run(bench.cast.alice, run_id)


def test_used_up_quota_pauses_the_run_which_goes_on_after_a_raise(bench, workers, installation):
    limit = "UPDATE organizations SET api_quota_limit = %s WHERE id = %s RETURNING 1"
    rows(installation, limit, 2, bench.cast.organization_a)
    workers.start()
    run_id = bench.launch(chain("a", "b", "c"))
    run = bench.wait_for_end(run_id)
    assert run.summary.status is RunStatus.PAUSED
    assert run.error.kind == "organization_quota"
    assert bench.statuses(run_id) == {"a": ["completed"], "b": ["completed"], "c": ["pending"]}
    rows(installation, limit, 3, bench.cast.organization_a)
    resume_run(bench.cast.alice, run_id)
    until(lambda: bench.see(run_id).summary.status is RunStatus.COMPLETED)
    (organization,) = rows(
        installation, "SELECT api_quota_used FROM organizations WHERE id = %s", bench.cast.organization_a
    )
    assert organization["api_quota_used"] == 3


def test_answer_that_breaks_the_next_prompt_ends_the_run_in_words(bench, workers):
    workers.start()
    run_id = bench.launch([{"code": "a"}, {"code": "b", "prompt": PROMPT_THAT_BREAKS}])
    run = bench.wait_for_end(run_id)
    assert run.summary.status is RunStatus.FAILED
    assert run.error.kind == "prompt"
    assert "b" in run.error.message


def test_run_without_a_workflow_is_found_and_walked(bench, workers, installation):
    run_id = bench.launch(chain("a"))
    rows(installation, "DELETE FROM dbos.workflow_status RETURNING 1")
    rows(installation, "UPDATE orchestration_runs SET created_at = now() - interval '2 minutes' RETURNING 1")
    workers.start()
    assert bench.wait_for_end(run_id).summary.status is RunStatus.COMPLETED


def test_lost_worker_does_not_use_up_the_attempts(bench, workers, endpoint):
    endpoint.state.scenarios.add(Delay(seconds=0.8, times=None, match=CHAT))
    workers.start("first")
    run_id = bench.launch(chain("a", max_attempts=1))
    until(lambda: bench.see(run_id).phases[0].status == "running")
    workers.kill("first")
    workers.start("second")
    assert bench.wait_for_end(run_id).summary.status is RunStatus.COMPLETED
    assert bench.statuses(run_id) == {"a": ["failed", "completed"]}


def test_prompt_that_fails_beside_a_call_lets_it_finish(bench, workers, endpoint, installation):
    endpoint.state.scenarios.add(Delay(seconds=1.5, match=Match(path="*completions", model="gpt-4o")))
    workers.start()
    run_id = bench.launch(
        [
            {"code": "slow", "depends_on": [], "model": "openai:gpt-4o"},
            {"code": "quick", "depends_on": []},
            {"code": "broken", "depends_on": ["quick"], "prompt": PROMPT_THAT_BREAKS},
        ]
    )
    run = bench.wait_for_end(run_id)
    assert run.summary.status is RunStatus.FAILED
    assert bench.statuses(run_id) == {"slow": ["completed"], "quick": ["completed"], "broken": ["skipped"]}
    assert len(rows(installation, "SELECT * FROM api_usage WHERE run_id = %s", run_id)) == 2


def test_run_that_cannot_be_walked_fails_in_words(bench, workers, installation):
    run_id = bench.launch(chain("a"))
    rows(installation, "UPDATE orchestration_runs SET plan = '{}' WHERE id = %s RETURNING 1", run_id)
    workers.start()
    until(lambda: rows(installation, "SELECT 1 FROM orchestration_runs WHERE status = 'failed'") != [])
    (row,) = rows(installation, "SELECT error_details FROM orchestration_runs WHERE id = %s", run_id)
    assert row["error_details"]["kind"] == "internal"


def test_failed_attempt_keeps_its_time(bench, workers, endpoint, installation):
    endpoint.state.scenarios.add(Fail(status=401, times=None, match=CHAT))
    workers.start()
    run_id = bench.launch(chain("a"))
    bench.wait_for_end(run_id)
    (usage,) = rows(installation, "SELECT * FROM api_usage WHERE run_id = %s", run_id)
    assert usage["response_time_ms"] is not None
    assert usage["endpoint"] == "/v1/chat/completions"


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
