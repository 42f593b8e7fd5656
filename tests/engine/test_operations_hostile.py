"""What models, templates and receivers say reaches the database as something that it can keep, and is paid for once."""

import json
from typing import Any

import psycopg
import pytest
from llmock.scenarios import Reply

from lib.engine.store import Advanced, Store
from lib.integrations.base import Performed
from tests import doors
from tests.engine.conftest import CHAT, Bench, chain
from tests.engine.test_operations import ONCE, _switched_on, call, only, operations, receiver, write
from tests.engine.walking import walk
from tests.records import rows

__all__ = ["_switched_on", "receiver"]

#: A NUL and half a surrogate pair, as a model writes them into JSON.
POISON = '{"x": "a\\u0000b\\ud800c"}'
ASKED = "SELECT 1 FROM api_usage WHERE run_id = %s AND model IS NOT NULL"
#: How both are kept.
KEPT = "a\ufffdb\ufffdc"


def test_sign_that_nothing_keeps_is_replaced_before_anybody_sees_it(bench, installation, endpoint, receiver):
    endpoint.state.scenarios.add(Reply(text=POISON, times=None, match=CHAT))
    sent = call(receiver)
    sent["parameters"]["json_body"] = {"x": "{{ phases['a'].json.x }}", "y": '{{ "\\u0000" }}'}
    named = write(path="{{ phases['a'].json.x }}.md")
    first = {"code": "a", "output": {"kind": "json"}, "operations": [sent]}
    run_id = bench.launch([first, {"code": "b", "depends_on": ["a"], "operations": [named]}])
    assert walk(bench, installation, run_id) == ["failed"]
    done, failed = operations(bench, run_id)
    assert done.params["json_body"]["x"] == KEPT
    assert json.loads(receiver.received[0].body) == done.params["json_body"]
    assert (failed.status, "nobody can see" in failed.message) == ("failed", True)
    assert bench.statuses(run_id) == {"a": ["completed"], "b": ["completed"]}
    assert len(rows(installation, ASKED, run_id)) == 2, "each phase is asked once"


def test_prompt_goes_to_the_model_as_it_is_kept(bench, installation, endpoint):
    endpoint.state.scenarios.add(Reply(text=POISON, times=None, match=CHAT))
    reads = {"code": "b", "prompt": "{{ phases['a'].json.x }}", "depends_on": ["a"]}
    run_id = bench.launch([{"code": "a", "output": {"kind": "json"}}, reads])
    assert walk(bench, installation, run_id) == ["completed"]
    prompts = rows(installation, "SELECT prompt_text FROM phase_executions WHERE run_id = %s ORDER BY position", run_id)
    assert prompts[1]["prompt_text"] == KEPT


def _plan(installation: Any, run_id: Any, operation: dict[str, Any]) -> None:
    """Put an operation into a run's plan that no launch lets through."""
    with doors.admin(installation.database) as connection:
        connection.execute(
            "UPDATE orchestration_runs SET plan = jsonb_set(plan, '{phases,0,operations}', %s) WHERE id = %s",
            [json.dumps([operation]), run_id],
        )


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ({"type": "http.request", "parameters": {"uri": "https://x.example"}}, "url: is missing"),
        ({"type": "fax.send", "parameters": {}}, "does not know operations"),
    ],
)
def test_operation_of_another_version_fails_in_words_and_keeps_the_answer(bench, installation, operation, said):
    run_id = bench.launch(chain("a"))
    _plan(installation, run_id, operation | ONCE)
    assert walk(bench, installation, run_id) == ["failed"]
    assert said in only(bench, run_id).message
    assert said in bench.see(run_id).error.message
    assert bench.statuses(run_id) == {"a": ["completed"]}
    assert len(rows(installation, ASKED, run_id)) == 1


def test_fault_of_ours_fails_the_operation_and_not_the_walk(bench: Bench, installation, monkeypatch):
    def break_down(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("lib.templates.operations.render", break_down)
    run_id = bench.launch([{"code": "a", "operations": [write()]}])
    assert walk(bench, installation, run_id) == ["failed"]
    assert "on our side" in only(bench, run_id).message
    assert bench.statuses(run_id) == {"a": ["completed"]}


class Refusing(Store):
    """Refuses steps that say this, as PostgreSQL does what it can't keep."""

    word = ""

    async def advance(self, *arguments: Any, **step: Any) -> Advanced:
        if any(each.get(self.word) for each in (*step["finish"], *step.get("begin", ()))):
            raise psycopg.DataError("no such sign")
        return await super().advance(*arguments, **step)


@pytest.mark.parametrize(("word", "stands"), [("response", "failed"), ("depends_on", "completed")])
def test_step_that_can_not_be_written_ends_the_run_and_nobody_pays_twice(
    bench: Bench, installation, monkeypatch, word, stands
):
    """What was answered is kept where it is something else that can't be written."""
    monkeypatch.setattr(Refusing, "word", word)
    monkeypatch.setattr("tests.engine.walking.Store", Refusing)
    run_id = bench.launch([{"code": "a"}, {"code": "b", "depends_on": ["a"]}])
    assert walk(bench, installation, run_id) == ["failed"]
    assert bench.see(run_id).error.kind == "internal"
    assert bench.statuses(run_id)["a"] == [stands]
    assert len(rows(installation, ASKED, run_id)) == 1


def test_receivers_answer_that_nothing_keeps_is_recorded_without_a_second_call(bench, installation, receiver):
    async def perform(*_: object) -> Performed:
        return Performed(result={"response": "a\x00b\ud800c"})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lib.integrations.kinds.artifact_write.ArtifactWrite.perform", perform)
        run_id = bench.launch([{"code": "a", "operations": [write()]}])
        assert walk(bench, installation, run_id) == ["completed"]
    assert (only(bench, run_id).result["response"], only(bench, run_id).attempts) == (KEPT, 1)
