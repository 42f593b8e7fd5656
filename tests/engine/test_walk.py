"""A worker walks runs: the main job, in its order, with its numbers."""

from decimal import Decimal

from llmock.scenarios import Delay, Match, Reply, StreamFault

from lib.db.logins import Login
from lib.maintenance.upgrade import publish_builtin_templates
from lib.models.run import RunStatus
from lib.runs.launch import LaunchRequest, launch_run
from lib.runs.structures import Results, TokenUsage
from lib.templates.builtin import FIRST
from lib.templates.gallery import list_template_choices
from lib.templates.service import get_template_to_launch
from tests.engine.conftest import chain
from tests.records import rows
from tests.workers import MODEL, until


def test_project_plan_is_written_phase_by_phase(bench, workers, endpoint, installation):
    publish_builtin_templates(installation.database.url(Login.OWNER))
    choice = next(choice for choice in list_template_choices(bench.cast.max) if choice.name == FIRST)
    template = get_template_to_launch(bench.cast.max, choice.id)
    workers.start()
    run_id = launch_run(
        bench.cast.max, LaunchRequest(project_id=bench.project_id, template_id=template.id, model=MODEL)
    )
    run = bench.wait_for_end(run_id)
    assert run.summary.status is RunStatus.COMPLETED
    assert [phase.name for phase in run.phases] == list(template.phase_names)
    assert [phase.code for phase in run.phases] == [f"Phase {n}" for n in range(7)]
    for phase in run.phases:
        assert "A folding bicycle" in phase.newest.prompt
        assert phase.newest.response
        assert phase.newest.prompt_tokens > 0
        assert phase.newest.execution_time_ms is not None
    calls = [r.body["messages"][-1]["content"] for r in endpoint.state.journal.records() if "completions" in r.path]
    assert calls == [phase.newest.prompt for phase in run.phases], "seven calls, in order, with the prompts shown"


def test_each_phase_reads_what_came_before(bench, workers, endpoint):
    endpoint.state.scenarios.add(Reply(text="Wheels first.", match=Match(path="*completions")))
    workers.start()
    run_id = bench.launch([{"code": "a"}, {"code": "b", "prompt": "After: {{ phases['a'].response }}"}])
    run = bench.wait_for_end(run_id)
    assert run.phases[1].newest.prompt == "After: Wheels first."
    assert run.phases[1].newest.response not in {"", "Wheels first."}


def test_results_have_the_specifications_shape(bench, workers, installation):
    workers.start()
    run_id = bench.launch(chain("a", "b", "c"))
    bench.wait_for_end(run_id)
    (row,) = rows(installation, "SELECT * FROM orchestration_runs WHERE id = %s", run_id)
    results = Results.model_validate(row["results"])
    assert list(results.phases) == ["a", "b", "c"]
    assert results.phases["a"].status == "completed"
    assert results.phases["a"].phase == "A"
    assert results.metadata.model_dump() == {"total_phases": 3, "successful_phases": 3, "success_rate": "100.0%"}
    assert row["success_rate"] == Decimal("100.00")
    assert row["execution_time_ms"] > 0
    assert row["completed_phases"] == row["total_phases"] == 3
    assert row["error_details"] == {}
    phases = rows(installation, "SELECT token_usage FROM phase_executions WHERE run_id = %s", run_id)
    for phase in phases:
        TokenUsage.model_validate(phase["token_usage"])


def test_each_attempt_has_one_usage_row_and_one_call_of_the_quota(bench, workers, installation):
    workers.start()
    run_id = bench.launch(chain("a", "b"))
    bench.wait_for_end(run_id)
    usage = rows(installation, "SELECT * FROM api_usage WHERE run_id = %s ORDER BY created_at", run_id)
    phases = rows(installation, "SELECT id FROM phase_executions WHERE run_id = %s ORDER BY position", run_id)
    assert [row["phase_execution_id"] for row in usage] == [phase["id"] for phase in phases]
    for row in usage:
        assert row["user_id"] == bench.cast.alice.user_id
        assert row["endpoint"] == "/v1/chat/completions"
        assert row["method"] == "POST"
        assert row["status_code"] == 200
        assert row["tokens_used"] == row["prompt_tokens"] + row["completion_tokens"] > 0
        assert row["cost_usd"] is None, "llmock's answers have no known price: this must not be 0"
    (organization,) = rows(
        installation, "SELECT api_quota_used FROM organizations WHERE id = %s", bench.cast.organization_a
    )
    assert organization["api_quota_used"] == 2
    assert bench.see(run_id).summary.cost_usd is None


def test_branches_are_written_side_by_side(bench, workers, endpoint):
    endpoint.state.scenarios.add(Delay(seconds=0.8, times=None))
    workers.start()
    run_id = bench.launch(
        [
            {"code": "left", "depends_on": []},
            {"code": "right", "depends_on": []},
            {"code": "join", "depends_on": ["left", "right"]},
        ]
    )
    run = bench.wait_for_end(run_id)
    left, right, join = (phase.newest for phase in run.phases)
    assert max(left.started_at, right.started_at) < min(left.completed_at, right.completed_at)
    assert join.started_at >= max(left.completed_at, right.completed_at)


def test_answer_is_seen_while_it_is_written(bench, workers, endpoint, installation):
    endpoint.state.scenarios.add(Reply(text="word " * 40), StreamFault("stall", after_chunks=9, stall_seconds=1.5))
    workers.start()
    run_id = bench.launch(chain("a"))
    seen = set()

    def watched() -> bool:
        run = bench.see(run_id)
        seen.add((run.phases[0].status.value, bool(run.phases[0].newest.response)))
        return not run.is_live

    until(watched)
    assert ("running", True) in seen
    assert rows(installation, "SELECT * FROM phase_streams") == []


def test_nothing_of_a_tenant_stands_in_the_queue(bench, workers, installation):
    workers.start()
    run_id = bench.launch(chain("a"))
    bench.wait_for_end(run_id)
    until(lambda: rows(installation, "SELECT 1 FROM dbos.workflow_status WHERE status = 'SUCCESS'") != [])
    tables = rows(
        installation, "SELECT tablename FROM pg_tables WHERE schemaname = 'dbos' AND tablename <> 'dbos_migrations'"
    )
    for table in tables:
        text = str(rows(installation, f'SELECT * FROM dbos."{table["tablename"]}"'))
        assert "folding bicycle" not in text.lower(), table
