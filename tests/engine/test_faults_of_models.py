"""What goes wrong with models while a run is walked: each failure is kept, said in words, and tried again or not."""

import pytest
from llmock.scenarios import Delay, Fail, Match, Reply, StreamFault

from lib.errors import ModelError
from lib.models.run import RunStatus
from lib.providers.errors import ErrorKind
from tests.engine.conftest import CHAT, chain
from tests.records import rows

#: Fine with the mark that a preview shows, and not with an answer.
PROMPT_THAT_BREAKS = "{% if '⟨' in previous[0].response %}fine{% else %}{{ previous[3].response }}{% endif %}"

#: The same, with work that would take hours.
PROMPT_THAT_NEVER_ENDS = (
    "{% if '⟨' in previous[0].response %}fine{% else %}{% set s = 'ab' %}"
    + "{% set s = s ~ s %}" * 15
    + "{{ s | upper | list | select('in', s | list) | list | length }}{% endif %}"
)


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


def test_answer_that_breaks_the_next_prompt_ends_the_run_in_words(bench, workers):
    workers.start()
    run_id = bench.launch([{"code": "a"}, {"code": "b", "prompt": PROMPT_THAT_BREAKS}])
    run = bench.wait_for_end(run_id)
    assert run.summary.status is RunStatus.FAILED
    assert run.error.kind == "prompt"
    assert "b" in run.error.message


def test_prompt_that_never_ends_once_an_answer_is_there_ends_its_run_and_no_worker(bench, workers):
    workers.start()
    run_id = bench.launch([{"code": "a"}, {"code": "b", "prompt": PROMPT_THAT_NEVER_ENDS}])
    run = bench.wait_for_end(run_id)
    assert (run.summary.status, run.error.kind) == (RunStatus.FAILED, "prompt")
    assert run.error.message.startswith("The prompt of Phase 2 “B” can't be used: it takes more than")
    assert bench.wait_for_end(bench.launch(chain("a"))).summary.status is RunStatus.COMPLETED


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


def test_failed_attempt_keeps_its_time(bench, workers, endpoint, installation):
    endpoint.state.scenarios.add(Fail(status=401, times=None, match=CHAT))
    workers.start()
    run_id = bench.launch(chain("a"))
    bench.wait_for_end(run_id)
    (usage,) = rows(installation, "SELECT * FROM api_usage WHERE run_id = %s", run_id)
    assert usage["response_time_ms"] is not None
    assert usage["endpoint"] == "/v1/chat/completions"
