"""Launching what a template asks for: its phases, its models, its questions; what is wrong with it is said by name."""

from dataclasses import replace
from typing import Any

import pytest

from lib.errors import InvalidInput, ModelError, PlanInvalid, PlanNotSupported
from lib.runs.launch import LaunchRequest, launch_run, preview_launch
from lib.runs.retry import preview_retry
from lib.runs.retry_views import RetryRequest
from lib.runs.service import cancel_run
from lib.templates.plan import Plan
from lib.templates.service import fork_template, get_template
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import TOPIC, make_project, make_template
from tests.lib.runs.launching import nothing_launched, stored_run, template
from tests.made_templates import make_public_template
from tests.workers import MODEL

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
        for asked in ("Phase 3 “Name of D” asks for operations",):
            assert asked in refused.value.message
        assert "A “" not in refused.value.message
    assert nothing_launched(installation)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"phases": [{"code": "A", "name": "A", "prompt": "{{ budget }}"}]}, "budget"),
        ({"phases": [{"code": "A", "name": "A", "prompt": "{{ topic "}]}, "The prompt of Phase 1 “A” can't be used"),
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


def asks(plan: Plan) -> list[bool | None]:
    """What each operation of a plan says of approval."""
    return [each.requires_approval for phase in plan.phases for each in phase.operations]


@pytest.mark.usefixtures("endpoint")
def test_template_of_another_organization_lets_nothing_outside_unasked(installation: Installation, cast: Cast) -> None:
    called = {"type": "http.request", "parameters": {"url": "https://example.com/", "body": "{{ answer }}"}}
    operations = [{**called, "requires_approval": False}, called, {**called, "requires_approval": True}]
    data = {"phases": [{"code": "A", "name": "A", "prompt": "{{ topic }}", "operations": operations}]}
    template_id = make_public_template(installation.database, cast.mona, data=data)
    requests = {
        actor: LaunchRequest(
            project_id=make_project(installation.database, actor), template_id=template_id, model=MODEL
        )
        for actor in (cast.mona, cast.charlie)
    }
    assert asks(preview_launch(cast.mona, requests[cast.mona]).plan) == [False, None, True]
    assert asks(preview_launch(cast.charlie, requests[cast.charlie]).plan) == [None, None, True]
    run_id = launch_run(cast.charlie, requests[cast.charlie])
    cancel_run(cast.charlie, run_id)
    again = preview_retry(cast.charlie, RetryRequest(run_id=run_id, is_latest=True))
    assert asks(again.plan) == [None, None, True]
    copy = get_template(cast.charlie, fork_template(cast.charlie, template_id)).data
    assert [each.requires_approval for each in copy.phases[0].operations] == [None, None, True]
