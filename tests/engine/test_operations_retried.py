"""What a run before has done is not done again, however many runs lie between, and its row says what was done."""

import json
from typing import Any
from uuid import UUID

import pytest

from lib.runs.operating.service import get_artifact
from lib.runs.service import cancel_run
from lib.templates.versions.service import save_version
from tests.engine.test_operations import _switched_on, call, operations, receiver, write
from tests.engine.walking import walk
from tests.retrying import go_on

__all__ = ["_switched_on", "receiver"]

DONE, REFUSED = (200, {}, b"taken"), (404, {}, b"")


def cancelled(bench: Any, run_id: UUID) -> UUID:
    """A retry that never begins."""
    retry = go_on(bench.cast.alice, run_id)
    cancel_run(bench.cast.alice, retry)
    return retry


def revise(bench: Any, run_id: UUID, phases: list[dict[str, Any]]) -> None:
    """The template's second version."""
    template_id = bench.see(run_id).template_id
    named = [{"name": phase["code"].title(), "prompt": "{{ topic }}", **phase} for phase in phases]
    save_version(bench.cast.alice, template_id, {"phases": named}, base_version=0)


@pytest.mark.parametrize("between", [1, 2])
def test_retry_of_retries_that_never_began_does_nothing_twice(bench, installation, receiver, between):
    receiver.answers = [DONE, REFUSED, DONE]
    run_id = bench.launch([{"code": code, "operations": [call(receiver)]} for code in "ab"])
    assert walk(bench, installation, run_id) == ["failed"]
    last = run_id
    for _ in range(between):
        last = cancelled(bench, last)
    again = go_on(bench.cast.alice, last)
    assert walk(bench, installation, again) == ["completed"]
    assert [each.is_reused for each in operations(bench, again)] == [True, False]
    assert len(receiver.received) == 3


def test_row_of_a_retry_says_what_was_sent_then(bench, installation, receiver):
    receiver.answers = [DONE, REFUSED, DONE]
    about = call(receiver)
    about["parameters"]["json_body"] = {"topic": "{{ topic }}"}
    run_id = bench.launch([{"code": "a", "operations": [about]}, {"code": "b", "operations": [call(receiver)]}])
    assert walk(bench, installation, run_id) == ["failed"]
    again = go_on(bench.cast.alice, run_id, topic="Another topic")
    assert walk(bench, installation, again) == ["completed"]
    first = operations(bench, again)[0]
    assert first.is_reused
    assert first.params["json_body"] == json.loads(receiver.received[0].body)


def test_operation_is_known_by_what_is_written_wherever_it_stands(bench, installation, receiver):
    receiver.answers = [DONE, DONE, REFUSED, DONE, DONE]
    twice = [call(receiver), call(receiver)]
    last = {"code": "b", "depends_on": ["a"], "operations": [call(receiver)]}
    run_id = bench.launch([{"code": "a", "operations": twice}, last])
    assert walk(bench, installation, run_id) == ["failed"]
    other = call(receiver)
    other["parameters"]["json_body"] = {"text": "another"}
    revise(bench, run_id, [{"code": "a", "operations": [other, *twice]}, last])
    again = go_on(bench.cast.alice, run_id, is_latest=True)
    assert walk(bench, installation, again) == ["completed"]
    assert [each.is_reused for each in operations(bench, again)] == [False, True, True, False]
    assert len(receiver.received) == 5


def test_file_is_found_after_any_number_of_retries(bench, installation, receiver):
    receiver.answers = [REFUSED, REFUSED, DONE]
    written = [write(path="x.md")]
    run_id = bench.launch([{"code": "a", "operations": written}, {"code": "b", "operations": [call(receiver)]}])
    assert walk(bench, installation, run_id) == ["failed"]
    for end in ("failed", "completed"):
        run_id = go_on(bench.cast.alice, run_id)
        assert walk(bench, installation, run_id) == [end]
        assert get_artifact(bench.cast.alice, operations(bench, run_id)[0].id).content
