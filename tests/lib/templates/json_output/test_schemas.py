"""Schemas of answers: which of them can be used, what does not fit them, and that none hangs a worker."""

import json
import time
from typing import Any

import pytest

from lib.errors import PlanInvalid
from lib.templates.json_output.checking import check_answer
from lib.templates.json_output.samples import sample_of
from lib.templates.json_output.schemas import find_faults, find_problem
from lib.templates.json_output.wording import ask_again, ask_for_json
from lib.templates.structure import PhaseOutput, parse_template

CARD: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "maxLength": 20},
        "score": {"type": "integer", "minimum": 0, "maximum": 10},
        "kind": {"enum": ["new", "known"]},
        "tags": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}, "uniqueItems": True},
        "more": {"$ref": "#/$defs/more"},
    },
    "required": ["title", "score"],
    "additionalProperties": False,
    "$defs": {"more": {"type": ["string", "null"]}},
}


def test_answer_that_fits_has_no_faults() -> None:
    fitting = {"title": "Hinge", "score": 7, "kind": "new", "tags": ["a", "b"], "more": None}
    assert find_problem(CARD) is None
    assert find_faults(CARD, fitting) == ()
    assert check_answer(PhaseOutput(kind="json", json_schema=CARD), f"```json\n{json.dumps(fitting)}\n```") == ()
    plain = CARD | {"properties": {name: CARD["properties"][name] for name in ("title", "score", "kind")}}
    assert find_faults(plain, sample_of(plain)) == (), "a preview shows what could come"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": 5}, "title: must be text"),
        ({"title": "x" * 21}, "title: must have at most 20 characters"),
        ({"score": 11}, "score: must be at most 10"),
        ({"score": "7"}, "score: must be a whole number"),
        ({"kind": "old"}, 'kind: must be one of: "new", "known"'),
        ({"tags": ["a", "B"]}, "tags 2: does not match ^[a-z]+$"),
        ({"tags": ["a", "a"]}, "tags: has an entry twice"),
        ({"more": 5}, "more: must be text or null"),
        ({"mood": "good"}, "mood"),
    ],
)
def test_fault_says_where_and_what(change: dict[str, Any], said: str) -> None:
    (fault,) = find_faults(CARD, {"title": "A", "score": 1} | change)
    assert said in fault
    assert find_faults(CARD, {"score": 1}) == ('"title" is a required property',)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "strnig"}, "type: "),
        ({"properties": {"a": {"minimum": "3"}}}, "properties, a, minimum: "),
        ({"$ref": "https://schemas.example/card.json"}, "nothing is fetched"),
        ({"properties": {"a": {"$ref": "file:///etc/passwd"}}}, "nothing is fetched"),
        ({"$ref": "#/$defs/gone"}, "no place in this schema"),
        ({"$ref": "#"}, "refers to itself without an end"),
        ({"$id": "https://a.example"}, "$id can't be used"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "another dialect"),
        ({"properties": {"a": {"$schema": "https://json-schema.org/draft/2020-12/schema"}}}, "only stand at the top"),
        ({"patternProperties": {"a": {}}}, "patternProperties can't be used"),
        ({"pattern": "(a+)+\\1"}, "no regular expression that can be used"),
        ({"pattern": "(?:(?:a{1000}){1000}){1000}"}, "no regular expression that can be used"),
        ({"description": "x" * 50_001}, "longer than 50,000"),
    ],
)
def test_schema_that_can_not_be_used_is_refused_when_the_template_is_saved(schema: dict[str, Any], said: str) -> None:
    phase = {"code": "A", "name": "A", "prompt": "x", "output": {"kind": "json", "schema": schema}}
    with pytest.raises(PlanInvalid) as refused:
        parse_template({"phases": [phase]})
    assert said in refused.value.message
    assert "phases 1, output" in refused.value.message


def test_words_of_properties_and_values_are_no_keywords() -> None:
    schema = {"properties": {"$id": {"type": "string"}, "pattern": {"type": "string"}}, "enum": [{"$ref": "http://x"}]}
    assert find_problem(schema) is None


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*a){20}$"])
def test_pattern_that_hangs_others_takes_no_time(pattern: str) -> None:
    began = time.thread_time()
    find_faults({"type": "string", "pattern": pattern}, "a" * 100_000 + "b")
    assert time.thread_time() - began < 2


def test_references_that_multiply_end_after_their_steps() -> None:
    levels = {f"l{n}": {"allOf": [{"$ref": f"#/$defs/l{n + 1}"}] * 4} for n in range(40)} | {"l40": {"type": "string"}}
    schema = {"$ref": "#/$defs/l0", "$defs": levels}
    began = time.thread_time()
    (fault,) = find_faults(schema, "x")
    assert "too large" in fault
    assert time.thread_time() - began < 5


def test_many_entries_are_compared_in_no_time() -> None:
    began = time.thread_time()
    assert find_faults({"uniqueItems": True}, [{"n": n} for n in range(40_000)]) == ()
    assert time.thread_time() - began < 2


def test_model_is_asked_for_json_alone_and_told_what_was_wrong() -> None:
    assert "JSON alone" in ask_for_json(None)
    assert json.dumps(CARD) in ask_for_json(CARD)
    again = ask_again("a sentence " * 50, ["it is no JSON"], limit=100)
    assert "- it is no JSON" in again
    assert "a sentence" in again
    assert len(again) < 500, "a tiny model is shown as much as it can take"
    cut = check_answer(PhaseOutput(kind="json"), '{"a": "never en', is_cut=True)
    assert "write less" in cut[-1]


def test_reference_that_was_never_checked_is_not_fetched_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """The registry of references is empty: the second lock behind the refusal at saving."""
    fetched: list[object] = []
    monkeypatch.setattr("urllib.request.urlopen", fetched.append)
    with pytest.raises(Exception, match=r"Unresolvable|unresolvable"):
        find_faults({"$ref": "http://127.0.0.1:1/card.json"}, 1)
    assert fetched == []
