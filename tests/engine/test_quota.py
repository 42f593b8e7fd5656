"""The organization's calls to models: counted exactly, and a run that finds none left waits for more."""

from lib.models.run import RunStatus
from lib.runs.service import resume_run
from tests.engine.conftest import chain
from tests.records import row, rows
from tests.workers import until

RUNS, PHASES, CALLS = 50, 3, 100
SET_LIMIT = "UPDATE organizations SET api_quota_limit = %s WHERE id = %s RETURNING 1"


def asked(endpoint) -> int:
    return len([record for record in endpoint.state.journal.records(wait=10) if "completions" in record.path])


def used(bench, installation) -> int:
    query = "SELECT api_quota_used FROM organizations WHERE id = %s"
    return row(installation, query, bench.cast.organization_a)["api_quota_used"]


def test_used_up_quota_pauses_the_run_which_goes_on_after_a_raise(bench, workers, installation):
    rows(installation, SET_LIMIT, 2, bench.cast.organization_a)
    workers.start()
    run_id = bench.launch(chain("a", "b", "c"))
    run = bench.wait_for_end(run_id)
    assert run.summary.status is RunStatus.PAUSED
    assert run.error.kind == "organization_quota"
    assert bench.statuses(run_id) == {"a": ["completed"], "b": ["completed"], "c": ["pending"]}
    rows(installation, SET_LIMIT, 3, bench.cast.organization_a)
    until(lambda: bench.see(run_id).summary.status is RunStatus.COMPLETED)
    assert used(bench, installation) == 3


def test_paused_run_goes_on_when_the_next_month_has_begun(bench, workers, installation):
    rows(installation, SET_LIMIT, 1, bench.cast.organization_a)
    workers.start()
    run_id = bench.launch(chain("a", "b"))
    assert bench.wait_for_end(run_id).summary.status is RunStatus.PAUSED
    resume_run(bench.cast.alice, run_id)
    assert bench.wait_for_end(run_id).summary.status is RunStatus.PAUSED, "it is still this month"
    rows(installation, "UPDATE organizations SET quota_resets_at = now() - interval '1 second' RETURNING 1")
    until(lambda: bench.see(run_id).summary.status is RunStatus.COMPLETED)
    organization = row(
        installation,
        "SELECT api_quota_used, quota_resets_at = api.next_month() AS is_next FROM organizations WHERE id = %s",
        bench.cast.organization_a,
    )
    assert organization == {"api_quota_used": 1, "is_next": True}, "the month that began has one call of its own"


def test_fifty_runs_make_exactly_the_calls_that_are_left_and_go_on_after_a_raise(
    bench, workers, endpoint, installation
):
    rows(installation, SET_LIMIT, CALLS, bench.cast.organization_a)
    template_id = bench.template(chain(*(f"p{n}" for n in range(PHASES))))
    runs = [bench.launch_template(template_id) for _ in range(RUNS)]
    workers.start("first")
    workers.start("second")
    live = "SELECT 1 FROM orchestration_runs WHERE status IN ('queued', 'running')"
    until(lambda: rows(installation, live) == [], seconds=150)

    assert asked(endpoint) == CALLS
    assert used(bench, installation) == CALLS
    usage = rows(installation, "SELECT phase_execution_id, error_kind FROM api_usage")
    assert len(usage) == len({entry["phase_execution_id"] for entry in usage}) == CALLS
    assert {entry["error_kind"] for entry in usage} == {None}
    completed = rows(installation, "SELECT 1 FROM phase_executions WHERE status = 'completed'")
    assert len(completed) == CALLS
    paused = rows(installation, "SELECT id, error_details FROM orchestration_runs WHERE status = 'paused'")
    assert len(paused) >= RUNS - CALLS // PHASES
    for run in paused:
        assert run["error_details"]["kind"] == "organization_quota"
        assert "calls for this month are used up" in run["error_details"]["message"]

    rows(installation, SET_LIMIT, RUNS * PHASES, bench.cast.organization_a)
    done = "SELECT 1 FROM orchestration_runs WHERE status = 'completed'"
    until(lambda: len(rows(installation, done)) == len(runs), seconds=150)
    assert asked(endpoint) == used(bench, installation) == RUNS * PHASES
    assert len(rows(installation, "SELECT 1 FROM api_usage")) == RUNS * PHASES
