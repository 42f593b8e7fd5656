"""What goes wrong with workers while a run is walked: killed, confused."""

from llmock.scenarios import Delay, Fail

from lib.models.run import RunStatus
from tests import doors
from tests.engine.conftest import CHAT, chain
from tests.records import rows
from tests.workers import until


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


def test_run_without_a_workflow_is_found_and_walked(bench, workers, installation):
    run_id = bench.launch(chain("a"))
    rows(installation, "DELETE FROM dbos.workflow_status RETURNING 1")
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


def test_keys_of_a_later_version_break_no_run(bench, workers, installation):
    run_id = bench.launch([{"code": "a", "prompt": "About {{ project.name }}"}])
    later = """
        UPDATE orchestration_runs SET inputs = jsonb_set(inputs || '{"later": 1}', '{project,later}', '2'),
               plan = jsonb_set(plan || '{"later": 1}', '{phases,0,later}', '2') WHERE id = %s RETURNING 1"""
    rows(installation, later, run_id)
    workers.start()
    run = bench.wait_for_end(run_id)
    assert run.summary.status is RunStatus.COMPLETED
    assert run.phases[0].newest.prompt == "About Folding bicycle"


def test_failure_of_a_kind_that_a_later_version_knows_is_tried_again(bench, workers, endpoint, installation):
    endpoint.state.scenarios.add(Fail(status=503, retry_after=250, match=CHAT))
    workers.start("first")
    run_id = bench.launch(chain("a"))
    until(lambda: bench.statuses(run_id) == {"a": ["failed"]})
    workers.kill("first")
    # nobody may change what has ended, so the guard looks away
    later = """
        SET session_replication_role = replica;
        UPDATE phase_executions SET error_details = '{"kind": "of-a-later-version", "message": "Odd."}'
         WHERE status = 'failed';
        UPDATE orchestration_runs SET resume_at = now()"""
    with doors.admin(installation.database) as connection:
        connection.execute(later)
    workers.start("second")
    assert bench.wait_for_end(run_id).summary.status is RunStatus.COMPLETED
    assert bench.statuses(run_id) == {"a": ["failed", "completed"]}


def test_run_that_cannot_be_walked_fails_in_words(bench, workers, installation):
    run_id = bench.launch(chain("a"))
    rows(installation, "UPDATE orchestration_runs SET plan = '{}' WHERE id = %s RETURNING 1", run_id)
    workers.start()
    until(lambda: rows(installation, "SELECT 1 FROM orchestration_runs WHERE status = 'failed'") != [])
    (row,) = rows(installation, "SELECT error_details FROM orchestration_runs WHERE id = %s", run_id)
    assert row["error_details"]["kind"] == "internal"


def test_sweep_that_stumbles_ends_no_worker(bench, workers, installation):
    """One row that it can't cope with would stop every worker of the installation."""
    with doors.admin(installation.database) as connection:
        connection.execute(
            "CREATE OR REPLACE FUNCTION api.remind_reviews() RETURNS integer LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'check_violation'; END $$"
        )
    workers.start()
    assert bench.wait_for_end(bench.launch(chain("a"))).summary.status is RunStatus.COMPLETED
    assert workers.live() == 1
    assert "api.remind_reviews() failed; it is asked again" in workers.log.read_text()
