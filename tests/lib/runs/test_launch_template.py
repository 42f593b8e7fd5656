"""Launching what a template asks for: its phases, its models, its questions; what is wrong with it is said by name."""

from dataclasses import replace
from typing import Any

import pytest

from lib.errors import InvalidInput, ModelError, PlanInvalid, PlanNotSupported
from lib.runs.launch import LaunchRequest, launch_run, preview_launch
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import TOPIC, make_template
from tests.lib.runs.launching import nothing_launched, stored_run, template

QUESTIONS = [
    {"name": "audience", "label": "Audience", "help": "Who reads it"},
    {"name": "budget", "label": "Budget", "kind": "number", "minimum": 0, "maximum": 100, "required": False},
    {"name": "tone", "label": "Tone", "kind": "choice", "choices": ["plain", "warm"], "default": "plain"},
    {"name": "due", "label": "Due", "kind": "date", "required": False},
]


def test_model_of_every_phase_is_asked_for_first(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    template_id = template(installation, cast.mona, {"code": "A"}, {"code": "B", "model": "openai:gpt-nonsense"})
    with pytest.raises(ModelError, match="gpt-nonsense"):
        launch_run(cast.max, replace(request_of_max, template_id=template_id))
    assert nothing_launched(installation)


def test_plan_that_asks_for_what_is_not_there_yet_is_refused_by_name(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    template_id = template(
        installation,
        cast.mona,
        {"code": "A"},
        {"code": "C"},
        {"code": "D", "operations": [{"type": "file.write"}]},
    )
    for use_case in (launch_run, preview_launch):
        with pytest.raises(PlanNotSupported) as refused:
            use_case(cast.max, replace(request_of_max, template_id=template_id))
        for asked in ("D “Name of D” asks for operations",):
            assert asked in refused.value.message
        assert "A “" not in refused.value.message
    assert nothing_launched(installation)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"phases": [{"code": "A", "name": "A", "prompt": "{{ budget }}"}]}, "budget"),
        ({"phases": [{"code": "A", "name": "A", "prompt": "{{ topic "}]}, "The prompt of A “A” can't be used"),
        ({"phases": [{"code": "A", "name": "A", "prompt": "{{ phases['Z'].response }}"}]}, "Z"),
        ({"phases": []}, "phases"),
        ({"phases": [{"code": "A", "name": "A", "prompt": "x", "mood": "good"}]}, "“mood” is not known"),
    ],
)
def test_template_that_contradicts_itself_is_refused_in_words(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, data: dict[str, Any], said: str
) -> None:
    template_id = make_template(installation.database, cast.mona, data=data, status="published")
    with pytest.raises(PlanInvalid) as refused:
        launch_run(cast.max, replace(request_of_max, template_id=template_id))
    assert said in refused.value.message
    assert nothing_launched(installation)


def test_answers_to_the_templates_questions_are_kept_and_rendered(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    phase = {"code": "A", "prompt": "{{ topic }} for {{ inputs.audience }}, {{ inputs.tone }}"}
    template_id = template(installation, cast.mona, phase, inputs=QUESTIONS)
    asked = replace(
        request_of_max, template_id=template_id, inputs={"audience": " Fishers ", "due": "2026-05-01", "budget": 5}
    )
    (prompt,) = preview_launch(cast.max, asked).prompts
    assert prompt.prompt == f"{TOPIC} for Fishers, plain"
    run = stored_run(installation, launch_run(cast.max, asked))
    assert run["inputs"]["values"] == {"audience": "Fishers", "budget": 5, "tone": "plain", "due": "2026-05-01"}


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({}, "Audience: is missing"),
        ({"audience": "A\nB"}, "Audience: must be one line"),
        ({"audience": "x" * 1001}, "Audience: is longer than 1000 characters"),
        ({"audience": "A", "budget": 101}, "Budget: must be at most 100"),
        ({"audience": "A", "budget": "much"}, "Budget: must be a number"),
        ({"audience": "A", "tone": "loud"}, "Tone: must be one of: plain, warm"),
        ({"audience": "A", "due": "tomorrow"}, "Due: must be a date like 2026-01-31"),
        ({"audience": "A", "budgte": 1}, "“budgte” is not asked for; did you mean “budget”"),
    ],
)
def test_wrong_answer_is_said_with_its_question(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, inputs: dict[str, Any], said: str
) -> None:
    template_id = template(installation, cast.mona, {"code": "A"}, inputs=QUESTIONS)
    with pytest.raises(InvalidInput) as wrong:
        launch_run(cast.max, replace(request_of_max, template_id=template_id, inputs=inputs))
    assert said in wrong.value.message
    assert nothing_launched(installation)
