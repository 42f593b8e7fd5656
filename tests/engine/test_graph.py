"""Conditions and fallback models of a run that is walked on the real database, with answers from a real socket."""

import pytest
from llmock.scenarios import Fail, Match, Reply

from lib.errors import ModelError
from lib.runs.retry import find_begin
from tests.engine.conftest import CHAT
from tests.engine.misbehaving import Answer, Misbehaving, events, misbehaving
from tests.engine.walking import attempts_of, walk
from tests.made_runs import open_run
from tests.records import row, rows

__all__ = ["misbehaving"]

MINI, LARGE = "gpt-4o-mini", "gpt-4o"
#: What the first phase says decides about the second, and the third waits for both.
FORKED = [
    {"code": "check"},
    {"code": "deep", "condition": "'yes' in phases['check'].response"},
    {"code": "deeper", "depends_on": ["deep"]},
    {
        "code": "end",
        "depends_on": ["check", "deep"],
        "prompt": "{{ phases['deep'].status }}:{{ phases['deep'].response }}:{{ previous | length }}",
    },
]


def for_model(model: str) -> Match:
    return Match(path="*completions", model=model)


def test_phase_whose_condition_is_not_true_is_skipped_without_a_call(bench, endpoint, installation):
    endpoint.state.scenarios.add(Reply(text="no", match=CHAT), Reply(text="done", match=CHAT))
    run_id = bench.launch(FORKED)
    assert walk(bench, installation, run_id) == ["completed"], bench.see(run_id).error
    run = bench.see(run_id)
    assert bench.statuses(run_id) == {
        "check": ["completed"],
        "deep": ["skipped"],
        "deeper": ["skipped"],
        "end": ["completed"],
    }
    notes = {phase.code: phase.note for phase in run.phases}
    assert "'yes' in phases['check'].response" in notes["deep"]
    assert "everything that it waits for was skipped" in notes["deeper"]
    assert run.phases[3].newest.prompt == "skipped::1"
    assert run.phases[3].newest.response == "done"
    kept = row(
        installation, "SELECT success_rate, results, completed_phases FROM orchestration_runs WHERE id = %s", run_id
    )
    assert (kept["success_rate"], kept["completed_phases"]) == (50, 2)
    assert kept["results"]["phases"]["deep"]["status"] == "skipped"
    assert row(installation, "SELECT count(*) AS n FROM api_usage")["n"] == 2
    quota = row(installation, "SELECT api_quota_used AS n FROM organizations WHERE id = %s", bench.cast.organization_a)
    assert quota["n"] == 2


def test_phase_whose_condition_is_true_is_asked(bench, endpoint, installation):
    endpoint.state.scenarios.add(Reply(text="yes", times=None, match=CHAT))
    run_id = bench.launch(FORKED)
    walk(bench, installation, run_id)
    assert set(map(tuple, bench.statuses(run_id).values())) == {("completed",)}


def test_run_whose_phases_are_all_skipped_completes_in_its_first_step(bench, endpoint, installation):
    run_id = bench.launch([{"code": "a", "condition": "false"}, {"code": "b"}])
    assert walk(bench, installation, run_id) == ["completed"]
    assert bench.statuses(run_id) == {"a": ["skipped"], "b": ["skipped"]}
    assert rows(installation, "SELECT 1 FROM api_usage") == []


def test_condition_that_fails_ends_the_run_and_names_its_phase(bench, endpoint, installation):
    endpoint.state.scenarios.add(Reply(text="no", times=None, match=CHAT))
    run_id = bench.launch([{"code": "a"}, {"code": "b", "condition": "previous[5].response == 'x'"}])
    assert walk(bench, installation, run_id) == ["failed"]
    run = bench.see(run_id)
    assert run.error.message.startswith("The condition of Phase 2 “B” can't be used")
    assert run.error.phase == "b"
    assert bench.statuses(run_id) == {"a": ["completed"], "b": ["skipped"]}
    assert not run.phases[1].is_not_asked, "the run ended before it: a retry begins there"
    assert find_begin(run) == "b"


def test_phase_that_was_begun_can_not_be_skipped(bench, endpoint, installation):
    run_id = bench.launch([{"code": "a"}])
    held = open_run(installation.database, bench.cast.organization_a, run_id)
    phase = {"code": "a", "name": "A", "position": 0, "depends_on": [], "attempt": 1, "model": "local:m", "prompt": "x"}
    held.advance(begin=[phase])
    with pytest.raises(Exception, match="that is to be skipped is not pending"):
        held.advance(skip=[{"code": "a", "error": {"kind": "condition", "message": "no"}}])


def test_next_model_is_asked_at_once_where_the_first_fails_for_good(bench, endpoint, installation):
    endpoint.state.scenarios.add(Fail(status=401, times=None, match=for_model(MINI)))
    endpoint.state.scenarios.add(Reply(text="fine", match=for_model(LARGE)))
    run_id = bench.launch([{"code": "a", "fallback_models": [f"openai:{LARGE}"]}])
    assert walk(bench, installation, run_id) == ["completed"]
    first, second = attempts_of(bench, run_id, "a")
    assert (first.model, second.model) == (f"openai:{MINI}", f"openai:{LARGE}")
    assert first.error.retry_reason == "another attempt would fail the same way; openai:gpt-4o is asked next"
    assert second.response == "fine"
    used = rows(installation, "SELECT model, error_kind FROM api_usage ORDER BY created_at")
    assert [(each["model"].startswith(LARGE), each["error_kind"]) for each in used][1] == (True, None)


def test_each_model_has_its_own_attempts_and_the_last_one_ends_the_run(bench, endpoint, installation):
    endpoint.state.scenarios.add(Fail(status=503, times=None, match=CHAT))
    run_id = bench.launch([{"code": "a", "fallback_models": [f"openai:{LARGE}"], "max_attempts": 1}])
    assert walk(bench, installation, run_id) == ["failed"]
    assert [attempt.model for attempt in attempts_of(bench, run_id, "a")] == [f"openai:{MINI}", f"openai:{LARGE}"]


def test_worker_that_dies_between_two_models_leaves_the_next_one_to_be_asked(bench, endpoint, installation):
    endpoint.state.scenarios.add(Reply(text="fine", match=for_model(LARGE)))
    run_id = bench.launch([{"code": "a", "fallback_models": [f"openai:{LARGE}"]}])
    model = f"openai:{MINI}"
    held = open_run(installation.database, bench.cast.organization_a, run_id)
    begin = {"code": "a", "name": "A", "position": 0, "depends_on": [], "attempt": 1, "model": model, "prompt": "x"}
    (begun,) = held.advance(begin=[begin])["begun"]
    why = {"kind": "auth", "message": "No.", "retry_seconds": 0, "retry_reason": "x", "retry_model": f"openai:{LARGE}"}
    held.advance(finish=[{"id": begun["id"], "status": "failed", "provider": "openai", "model": MINI, "error": why,
                          "endpoint": "x", "method": "POST", "cost_usd": 0}])  # fmt: skip
    assert walk(bench, installation, run_id) == ["completed"]
    assert [attempt.model for attempt in attempts_of(bench, run_id, "a")] == [model, f"openai:{LARGE}"]


def test_launch_looks_whether_every_fallback_is_offered(bench, endpoint, installation):
    with pytest.raises(ModelError, match="Phase 1 “A” asks gone:model where its model fails, and that is not there"):
        bench.launch([{"code": "a", "fallback_models": ["gone:model"]}])
    assert rows(installation, "SELECT 1 FROM orchestration_runs") == []


def test_model_that_trickles_beyond_its_time_is_ended_and_asked_again(bench, misbehaving: Misbehaving, installation):
    misbehaving.answers["m"] = [
        Answer(pieces=events(*("drip ", 0.1) * 100)),
        Answer(pieces=events("whole")),
    ]
    run_id = bench.launch([{"code": "a", "timeout_seconds": 1}], model="openai:m")
    assert walk(bench, installation, run_id) == ["completed"]
    first, second = attempts_of(bench, run_id, "a")
    assert "still writing after 1 s" in first.error.message
    assert first.execution_time_ms < 3_000
    assert second.response == "whole"
