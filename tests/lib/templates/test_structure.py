import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import PlanInvalid
from lib.providers.base import ModelParameters
from lib.templates.structure import MAX_PHASES, TemplateData, order_phases, parse_template


def phase(code: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "name": f"Name of {code}", "prompt": "{{ topic }}"} | more


def template(*phases: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"phases": list(phases) or [phase("Phase 0")]} | more


EVERYTHING = template(
    phase("Phase 0", depends_on=[], model="openai:gpt-4.1", parameters={"temperature": 0.2, "max_tokens": 500}),
    phase(
        "Phase 1",
        depends_on=["Phase 0"],
        condition="phases['Phase 0'].response | length > 10",
        output={"kind": "json", "schema": {"type": "object"}},
        timeout_seconds=60,
        max_attempts=2,
        fallback_models=["local:smollm2-135m"],
        review={"required_approvals": 2, "reviewers": ["manager"], "due_hours": 48, "instructions": "Read it."},
        operations=[
            {
                "type": "artifact.write",
                "name": "Save",
                "parameters": {"path": "a.md"},
                "requires_approval": True,
                "condition": "true",
            }
        ],
    ),
    schema_version=1,
    description="All of it",
    inputs=[
        {"name": "audience", "label": "Audience", "kind": "choice", "choices": ["all", "experts"], "default": "all"},
        {"name": "people", "label": "People", "kind": "number", "minimum": 1, "maximum": 10, "required": False},
        {"name": "why", "label": "Why", "kind": "long_text", "max_length": 2000, "help": "In your words"},
        {"name": "start", "label": "Start", "kind": "date", "default": "2026-01-31"},
    ],
    model="openai:gpt-4.1-mini",
    parameters={"top_p": 0.9},
)


def problems(data: object) -> str:
    with pytest.raises(PlanInvalid) as caught:
        parse_template(data)
    assert caught.value.problems
    return caught.value.message


def test_a_template_can_say_everything() -> None:
    read = parse_template(EVERYTHING)
    assert read.phases[1].review is not None
    assert read.phases[1].review.required_approvals == 2
    assert read.phases[1].output.json_schema == {"type": "object"}
    assert read.inputs[0].choices == ("all", "experts")
    assert read.parameters == ModelParameters(top_p=0.9)


def test_it_is_stored_as_it_was_written() -> None:
    assert parse_template(EVERYTHING).to_json() == EVERYTHING


def test_a_minimal_template_is_stored_without_what_it_left_out() -> None:
    assert parse_template(template()).to_json() == template()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({}, "phases: is missing"),
        ({"phases": []}, "phases: needs at least one entry"),
        (template(phase("A"), colour="red"), "“colour” is not known"),
        (template(phase("A", promt="x")), "phases 1: “promt” is not known; did you mean “prompt”"),
        (template(phase("A", output={"kind": "json", "shema": {}})), "“shema” is not known; did you mean “schema”"),
        (template({"code": "A", "name": "B"}), "phases 1, prompt: is missing"),
        (template(phase("A", prompt="  ")), "phases 1, prompt: is empty"),
        (template(phase("A" * 51)), "phases 1, code: is longer than 50 characters"),
        (template(phase("A", name="n" * 256)), "phases 1, name: is longer than 255 characters"),
        (template(phase("A"), phase("A")), "the phase “A” is there twice"),
        (template(phase("A", depends_on=["B"])), "“A” waits for “B”, which is not a phase"),
        (template(phase("A", depends_on=["A"])), "wait for each other: “A” → “A”"),
        (template(phase("A", model="gpt-4")), "provider:model"),
        (template(phase("A", fallback_models=["gpt-4"])), "provider:model"),
        (template(model="gpt-4"), "provider:model"),
        (template(phase("A", parameters={"temperature": 9})), "temperature: must be at most 2"),
        (template(phase("A", timeout_seconds=0)), "timeout_seconds: must be at least 1"),
        (template(phase("A", max_attempts=11)), "max_attempts: must be at most 10"),
        (template(phase("A", review={"required_approvals": 0})), "required_approvals: must be at least 1"),
        (template(phase("A", output={"schema": {}})), "schema belongs to the kind “json”"),
        (template(phase("A", operations=[{"name": "x"}])), "operations 1, type: is missing"),
        (template(*(phase(f"P{n}") for n in range(MAX_PHASES + 1))), "phases: has more than 100 entries"),
        (template(*(phase(f"P{n}", prompt="é" * 60_000) for n in range(2))), "240 kB together; 200 kB is the most"),
        (template(schema_version=2), "schema_version: must be one of: 1"),
        (template(phase("A", prompt="a\x00b")), "can't be stored"),
        (template(inputs=[{"name": "Bad Name", "label": "x"}]), "inputs 1, name: has characters"),
        (template(inputs=[{"name": "a", "label": "A"}] * 2), "the input “a” is there twice"),
        (template(inputs=[{"name": "a", "label": "A", "kind": "choice"}]), "there is nothing to choose from yet"),
        (
            template(inputs=[{"name": "a", "label": "A", "choices": ["x"]}]),
            "choices are for a question whose answer is one of several",
        ),
        (template(inputs=[{"name": "a", "label": "A", "minimum": 3}]), "minimum and maximum belong to numbers"),
        (
            template(inputs=[{"name": "a", "label": "A", "kind": "number", "minimum": 3, "maximum": 2}]),
            "the least answer allowed (minimum) is more than the most (maximum)",
        ),
        (
            template(inputs=[{"name": "a", "label": "A", "kind": "number", "max_length": 3}]),
            "max_length belongs to texts",
        ),
        (template(inputs=[{"name": "a", "label": "A", "kind": "number", "default": "x"}]), "default must be a number"),
        ("text", "group of named values"),
        (None, "group of named values"),
    ],
)
def test_what_is_wrong_is_said(wrong: object, words: str) -> None:
    assert words in problems(wrong)


def test_left_out_means_the_phase_before_and_empty_means_none() -> None:
    read = parse_template(
        template(phase("A"), phase("B"), phase("C", depends_on=[]), phase("D", depends_on=["A", "A"]))
    )
    assert read.dependencies() == {"A": (), "B": ("A",), "C": (), "D": ("A",)}


def test_a_circle_is_shown_as_one() -> None:
    message = problems(
        template(phase("A", depends_on=["C"]), phase("B", depends_on=["A"]), phase("C", depends_on=["B"]))
    )
    circle = message.split("each other: ")[1].rstrip(".").split(" → ")
    assert circle[0] == circle[-1]
    assert set(circle) == {"“A”", "“B”", "“C”"}
    waits = {"“A”": "“C”", "“B”": "“A”", "“C”": "“B”"}
    assert all(waits[one] == next_one for one, next_one in itertools.pairwise(circle))


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    codes = [f"P{n}" for n in range(draw(st.integers(1, 12)))]
    order = draw(st.permutations(codes))
    found = {
        code: tuple(draw(st.lists(st.sampled_from(order[:index]), unique=True))) if index else ()
        for index, code in enumerate(order)
    }
    return {code: found[code] for code in codes}


@given(graphs())
def test_every_phase_comes_after_what_it_waits_for(graph: dict[str, tuple[str, ...]]) -> None:
    order = order_phases(graph)
    assert sorted(order) == sorted(graph)
    assert all(order.index(needed) < order.index(code) for code in graph for needed in graph[code])


@given(st.integers(1, 20))
def test_what_is_listed_in_order_stays_in_order(count: int) -> None:
    data = TemplateData.model_validate(template(*(phase(f"P{n}") for n in range(count))))
    assert order_phases(data.dependencies()) == tuple(f"P{n}" for n in range(count))
