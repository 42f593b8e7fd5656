"""A run that goes on from a failed one, walked by a real worker."""

from llmock.scenarios import Fail, Match, Reply

from lib.models.run import RunStatus
from tests.engine.conftest import CHAT
from tests.records import row, rows
from tests.retrying import go_on


def test_retry_asks_only_for_what_was_not_finished(bench, workers, endpoint, installation):
    endpoint.state.scenarios.add(Reply(text="Wheels first.", match=CHAT))
    endpoint.state.scenarios.add(Fail(status=401, match=Match(path="*completions", model="gpt-4o")))
    workers.start()
    failed = bench.launch(
        [
            {"code": "a"},
            {"code": "b", "model": "openai:gpt-4o", "prompt": "After: {{ phases['a'].response }}"},
            {"code": "c", "prompt": "Last: {{ phases['a'].response }}"},
        ]
    )
    assert bench.wait_for_end(failed).summary.status is RunStatus.FAILED
    endpoint.state.journal.clear()

    run_id = go_on(bench.cast.alice, failed)
    run = bench.wait_for_end(run_id)
    assert run.summary.status is RunStatus.COMPLETED
    asked = [r.body["messages"][-1]["content"] for r in endpoint.state.journal.records(wait=5) if r.method == "POST"]
    assert asked == ["After: Wheels first.", "Last: Wheels first."]
    assert bench.statuses(run_id) == {"a": ["completed"], "b": ["completed"], "c": ["completed"]}
    assert [bool(phase.newest.reused_from) for phase in run.phases] == [True, False, False]
    usage = rows(installation, "SELECT tokens_used FROM api_usage WHERE run_id = %s", run_id)
    assert len(usage) == 2
    assert run.summary.total_tokens == sum(entry["tokens_used"] for entry in usage)
    stored = row(installation, "SELECT results, success_rate FROM orchestration_runs WHERE id = %s", run_id)
    assert stored["results"]["metadata"] == {"total_phases": 3, "successful_phases": 3, "success_rate": "100.0%"}
    used = row(installation, "SELECT api_quota_used FROM organizations WHERE id = %s", bench.cast.organization_a)
    assert used["api_quota_used"] == 4, "two calls of the first run and two of its retry"
