"""Operations of a template: checked when it is saved, filled in when their phase is completed, as text and no more."""

from typing import Any

import pytest

from lib.errors import PlanInvalid
from lib.models.operation import OperationStatus
from lib.providers.base import ModelParameters
from lib.templates import operations as filling
from lib.templates.editing import operations as editing
from lib.templates.editing.content import begin
from lib.templates.editing.meanwhile import OperationGone
from lib.templates.editing.phases import rename_code
from lib.templates.editing.problems import find_problems
from lib.templates.operations import (
    PlannedOperation,
    RunFacts,
    check_operations,
    find_faults_to_mend,
    find_operation_faults,
    plan_operations,
)
from lib.templates.plan import PlannedPhase
from lib.templates.rendering import PhaseAnswer, PromptContext
from lib.templates.structure import OperationSpec, PhaseOutput, parse_template

RUN = RunFacts("0123", "A run", "https://here.example/run?run=0123")
ANSWER = 'Fold "it"\n{{ run.id }} {% raw %}'


def planned(*operations: dict[str, Any], answer: str = ANSWER, **phase: Any) -> tuple[PlannedOperation, ...]:
    """What is made of these operations once their phase, the second of two, has answered."""
    said = {"position": 1, "code": "b", "name": "Two", "prompt": "x", "depends_on": ("a",), "upstream": ("a",)}
    model = {"model": "openai:m", "is_small_model": False, "notes_characters": 100, "parameters": ModelParameters()}
    limits = {"timeout_seconds": 9, "max_attempts": 1}
    specs = tuple(map(OperationSpec.model_validate, operations))
    made = PlannedPhase(**said | model | limits | phase, operations=specs)
    answers = {"a": PhaseAnswer("a", "One", "First."), "b": PhaseAnswer("b", "Two", answer, output=made.output)}
    return plan_operations(made, PromptContext(topic="Bikes", project_name="P", answers=answers), RUN)


def fault_of(operation: PlannedOperation) -> str:
    assert operation.ended is not None
    return str(operation.ended["error"]["message"])


def data(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"phases": [{"code": "a", "name": "One", "prompt": "x", "operations": list(operations)}]}


def test_answer_stands_where_it_is_read_and_is_no_template_itself() -> None:
    body = {"text": "{{ answer }}", "about": ["{{ topic }}", 3, {"of": "{{ phases['a'].response }}"}]}
    (made,) = planned({"type": "http.request", "parameters": {"url": "https://x.example", "json_body": body}})
    assert made.ended is None
    assert made.params["json_body"] == {"text": ANSWER, "about": ["Bikes", 3, {"of": "First."}]}
    assert made.requires_approval
    assert made.would.startswith("POST https://x.example with ")


def test_all_answers_are_at_hand_as_text_and_as_json() -> None:
    text, as_json = planned(
        {"type": "artifact.write", "parameters": {"content": "{{ answers }}"}},
        {"type": "artifact.write", "parameters": {"content": "{{ answers_json }}"}},
        answer='{"score": 7}',
        output=PhaseOutput(kind="json"),
    )
    assert text.params["content"] == '# One\n\nFirst.\n\n# Two\n\n{"score": 7}'
    assert '"answer": "First."' in as_json.params["content"]
    assert '"score": 7' in as_json.params["content"]


@pytest.mark.parametrize(
    ("written", "asks"),
    [(None, False), (True, True), (False, False)],
)
def test_what_stays_inside_asks_nobody_unless_it_says_so(written: bool | None, asks: bool) -> None:
    said = {} if written is None else {"requires_approval": written}
    (made,) = planned({"type": "artifact.write", **said})
    assert made.requires_approval is asks


def test_condition_is_held_against_the_answer() -> None:
    yes, no = planned(
        {"type": "artifact.write", "condition": "'Fold' in answer"},
        {"type": "artifact.write", "condition": "'Wheel' in answer"},
    )
    assert yes.ended is None
    assert no.ended is not None
    assert no.ended["status"] == OperationStatus.CANCELLED


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ({"type": "fax.send"}, "does not know operations"),
        ({"type": "artifact.write", "parameters": {"path": "{{ nobody }}"}}, "“nobody”"),
        ({"type": "artifact.write", "parameters": {"path": "a/../{{ topic }}"}}, "would lead elsewhere"),
        ({"type": "http.request", "parameters": {"url": "{{ topic }}"}}, "no web address"),
        ({"type": "http.request", "parameters": {"url": "{{ '' }}"}}, "is empty"),
        ({"type": "artifact.write", "condition": "nobody"}, "“nobody”"),
    ],
)
def test_what_can_not_be_used_has_failed_and_keeps_no_other_from_being_done(
    operation: dict[str, Any], said: str
) -> None:
    failed, other = planned(operation, {"type": "artifact.write"})
    assert failed.ended is not None
    assert failed.ended["status"] == OperationStatus.FAILED
    assert said in failed.ended["error"]["message"]
    assert other.ended is None


def test_operations_of_a_phase_are_filled_in_together_in_time_and_size(monkeypatch: pytest.MonkeyPatch) -> None:
    looping = "{% for a in range(1000) %}{% endfor %}x"
    slow = {"type": "artifact.write", "parameters": {"content": looping}}
    monkeypatch.setattr(filling, "MAX_SECONDS", 0.0)
    assert all("take more than 0 s together" in fault_of(each) for each in planned(slow, slow))
    monkeypatch.undo()
    monkeypatch.setattr(filling, "MAX_CHARACTERS", 2 * len(ANSWER))
    whole = {"type": "artifact.write", "parameters": {"content": "{{ answer }}"}}
    *fit, beyond, short = planned(whole, whole, whole, {"type": "artifact.write", "parameters": {"content": "x"}})
    assert [each.ended for each in (*fit, short)] == [None] * 3
    assert "characters together" in fault_of(beyond)


def test_number_of_texts_of_an_operation_is_bounded() -> None:
    body = ["{{ answer }}"] * (filling.MAX_TEXTS + 1)
    many = {"type": "http.request", "parameters": {"url": "https://x.example", "json_body": body}}
    with pytest.raises(PlanInvalid, match="more than 100 texts"):
        check_operations(parse_template(data(many)))


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ({"type": "http.requests"}, "is no kind of operation; known are artifact.write"),
        ({"type": "http.request"}, "url: is missing"),
        ({"type": "http.request", "parameters": {"url": "x", "body": "a", "json_body": 1}}, "either JSON or a text"),
        ({"type": "http.request", "parameters": {"url": "x", "headers": {"Authorization": "x"}}}, "into a connection"),
        ({"type": "artifact.write", "parameters": {"paht": "x"}}, "did you mean “path”"),
        ({"type": "artifact.write", "parameters": {"content": "{{ answer"}}, "“{{” is opened and never closed"),
        ({"type": "artifact.write", "parameters": {"content": "{% include 'x' %}"}}, "include"),
        ({"type": "notification.send"}, "connection: is missing"),
        ({"type": "artifact.write", "condition": "answer =="}, "its condition"),
    ],
)
def test_template_is_not_saved_with_what_can_not_work(operation: dict[str, Any], said: str) -> None:
    template = parse_template(data({"type": "artifact.write"}, operation))
    with pytest.raises(PlanInvalid) as told:
        check_operations(template)
    assert said in told.value.message
    assert told.value.message.startswith("Operation 2 of Phase 1 “One” can't be used: ")


def test_operations_are_added_changed_and_removed_in_a_draft() -> None:
    content = begin(data())
    content = editing.add_operation(content, "a", "artifact.write")
    content = editing.add_operation(content, "a", "http.request")
    calls = "http.request"
    content = editing.set_operation_field(content, "a", 1, ("parameters", "url"), "https://x.example", kind=calls)
    content = editing.set_operation_field(content, "a", 1, ("name",), "Tell", kind=calls)
    assert editing.get_operation_field(content, "a", 1, ("parameters", "url"), kind=calls) == "https://x.example"
    assert find_problems(content) == ()
    content = editing.remove_operation(content, "a", 0, kind="artifact.write")
    (left,) = editing.operations_of(content, "a")
    assert (left["name"], left["parameters"]["url"]) == ("Tell", "https://x.example")
    content = editing.set_operation_field(content, "a", 0, ("parameters", "url"), None, kind=calls)
    assert [problem.message for problem in find_problems(content)] == [
        "“One”: operation 1 can't be used: Address is missing."
    ]
    assert editing.operations_of(editing.remove_operation(content, "a", 0, kind=calls), "a") == []


def test_what_was_written_into_an_operation_that_is_gone_goes_into_no_other_one() -> None:
    content = editing.add_operation(begin(data()), "a", "artifact.write")
    content = editing.add_operation(content, "a", "http.request")
    removed = editing.remove_operation(content, "a", 0, kind="artifact.write")
    for index in (0, 1):
        with pytest.raises(OperationGone):
            editing.set_operation_field(removed, "a", index, ("name",), "Mine", kind="artifact.write")
    again = editing.put_operation_field(removed, "a", ("name",), "Mine", kind="artifact.write")
    again = editing.put_operation_field(again, "a", ("condition",), "answer", kind="artifact.write")
    kept, added = editing.operations_of(again, "a")
    assert (kept["type"], kept.get("name")) == ("http.request", None)
    assert (added["type"], added["name"], added["condition"]) == ("artifact.write", "Mine", "answer")


def test_code_that_is_renamed_is_renamed_in_operations() -> None:
    reads = "{{ phases['a'].response }}"
    operation = {
        "type": "http.request",
        "parameters": {"url": "https://x.example", "json_body": {"of": [reads]}},
        "condition": "phases['a'].response",
    }
    renamed = rename_code(begin(data(operation)), "a", "First")
    (found,) = editing.operations_of(renamed, "First")
    assert "First" in found["parameters"]["json_body"]["of"][0]
    assert "First" in found["condition"]


@pytest.mark.parametrize("url", ["new", "api.example.com/{{ topic }}", "ftp://x.example", "https://", "https://a b"])
def test_address_that_fails_in_each_run_is_refused_while_it_is_written(url: str) -> None:
    spec = OperationSpec(type="http.request", parameters={"url": url})
    (fault,) = find_faults_to_mend(spec)
    assert fault == f"url: “{url}” is no web address; it should look like https://api.example.com/items"
    assert list(find_operation_faults(spec)) == [], "what is stored can be launched all the same"
    data = {"phases": [{"code": "a", "name": "One", "prompt": "x", "operations": [spec.model_dump()]}]}
    with pytest.raises(PlanInvalid, match="Operation 1 of Phase 1 “One” can't be used: url"):
        check_operations(parse_template(data))


@pytest.mark.parametrize(
    "url", ["https://x.example/{{ topic }}", "{{ topic }}", "http{{ 's' }}://x", "HTTPS://x.example"]
)
def test_address_that_may_be_one_is_taken(url: str) -> None:
    assert list(find_faults_to_mend(OperationSpec(type="http.request", parameters={"url": url}))) == []
