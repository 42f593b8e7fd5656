"""Answers that have to be JSON: held against their schema, repaired once, read by the phases behind."""

import json

from llmock.scenarios import Match, Reply

from lib.providers.errors import ErrorKind
from tests.engine.conftest import CHAT
from tests.engine.walking import attempts_of, walk
from tests.made_runs import open_run
from tests.records import row, rows

SCHEMA = {"type": "object", "properties": {"score": {"type": "integer"}}, "required": ["score"]}
RATED = {"code": "rate", "output": {"kind": "json", "schema": SCHEMA}, "prompt": "Rate it."}
READ = {"code": "read", "prompt": "The score is {{ phases['rate'].json.score + 1 }}."}
GOOD, FENCED, BAD = '{"score": 7}', '```json\n{"score": 7}\n```', '{"score": "seven"}'


def replies(endpoint, *texts, model=None):
    endpoint.state.scenarios.add(*(Reply(text=text, match=Match(path="*completions", model=model)) for text in texts))


def test_answer_that_fits_is_kept_as_it_was_written_and_read_by_its_fields(bench, endpoint, installation):
    replies(endpoint, FENCED, "done")
    run_id = bench.launch([RATED, READ])
    assert walk(bench, installation, run_id) == ["completed"]
    rate, read = bench.see(run_id).phases
    assert (rate.is_json, read.is_json) == (True, False)
    assert rate.newest.response == FENCED
    _, _, shown = rate.newest.prompt.partition("this JSON Schema:\n")
    assert json.loads(shown) == SCHEMA
    assert read.newest.prompt == "The score is 8."


def test_answer_that_does_not_fit_is_asked_for_once_more_with_its_faults(bench, endpoint, installation):
    replies(endpoint, BAD, GOOD)
    run_id = bench.launch([RATED | {"max_attempts": 1}])
    assert walk(bench, installation, run_id) == ["completed"]
    first, second = attempts_of(bench, run_id, "rate")
    assert first.status == "failed"
    assert first.error.kind == ErrorKind.INVALID_OUTPUT
    assert first.error.faults == ("score: must be a whole number",)
    assert first.response == BAD, "it is shown"
    assert first.completion_tokens, "it is counted"
    assert BAD in second.prompt
    assert "score: must be a whole number" in second.prompt
    assert second.prompt.startswith("Rate it.")
    (bad, good) = rows(installation, "SELECT error_kind, tokens_used, cost_usd FROM api_usage ORDER BY created_at")
    assert (bad["error_kind"], good["error_kind"]) == ("invalid_output", None)
    assert bad["tokens_used"] > 0
    run = row(installation, "SELECT total_tokens FROM orchestration_runs WHERE id = %s", run_id)
    assert run["total_tokens"] == bad["tokens_used"] + good["tokens_used"]


def test_second_misfit_fails_for_good(bench, endpoint, installation):
    replies(endpoint, BAD, "no JSON at all", GOOD)
    run_id = bench.launch([RATED])
    assert walk(bench, installation, run_id) == ["failed"]
    run = bench.see(run_id)
    assert len(run.phases[0].attempts) == 2
    assert run.error.kind == ErrorKind.INVALID_OUTPUT
    assert run.error.retry_reason == "it was told once what is wrong"
    assert "is no JSON" in run.error.message


def test_fallback_model_has_a_repair_of_its_own_and_is_not_told_of_the_others(bench, endpoint, installation):
    replies(endpoint, BAD, BAD, model="gpt-4o-mini")
    replies(endpoint, "neither", GOOD, model="gpt-4o")
    run_id = bench.launch([RATED | {"fallback_models": ["openai:gpt-4o"]}])
    assert walk(bench, installation, run_id) == ["completed"]
    attempts = attempts_of(bench, run_id, "rate")
    assert [each.model for each in attempts] == ["openai:gpt-4o-mini"] * 2 + ["openai:gpt-4o"] * 2
    assert "seven" not in attempts[2].prompt
    assert "neither" in attempts[3].prompt


def test_worker_that_takes_over_repairs_what_another_one_was_told(bench, endpoint, installation):
    replies(endpoint, GOOD)
    run_id = bench.launch([RATED])
    held = open_run(installation.database, bench.cast.organization_a, run_id)
    model = "openai:gpt-4o-mini"
    begin = {"code": "rate", "name": "R", "position": 0, "depends_on": [], "attempt": 1, "model": model, "prompt": "x"}
    (begun,) = held.advance(begin=[begin])["begun"]
    why = {"kind": "invalid_output", "message": "No.", "faults": ["score: must be a whole number"]}
    why |= {"retry_seconds": 0, "retry_reason": "asked once more", "retry_model": model}
    held.advance(
        finish=[
            {"id": begun["id"], "status": "failed", "response": BAD, "provider": "openai", "model": "gpt-4o-mini"}
            | {"endpoint": "x", "method": "POST", "cost_usd": 0, "error": why}
        ]
    )
    assert walk(bench, installation, run_id) == ["completed"]
    second = attempts_of(bench, run_id, "rate")[1]
    assert BAD in second.prompt
    assert "score: must be a whole number" in second.prompt


def test_schema_that_would_hang_a_worker_fails_the_phase_and_not_the_worker(bench, endpoint, installation):
    levels = {f"l{n}": {"allOf": [{"$ref": f"#/$defs/l{n + 1}"}] * 3} for n in range(30)} | {"l30": {"type": "string"}}
    schema = {"$ref": "#/$defs/l0", "$defs": levels}
    endpoint.state.scenarios.add(Reply(text='"x"', times=None, match=CHAT))
    run_id = bench.launch([RATED | {"output": {"kind": "json", "schema": schema}}])
    assert walk(bench, installation, run_id) == ["failed"]
    assert "too large to be held against the schema" in bench.see(run_id).error.message
