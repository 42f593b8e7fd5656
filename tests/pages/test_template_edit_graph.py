"""The editor of a template: conditions, answers in JSON and models that are asked where one fails."""

from typing import Any
from uuid import UUID

import pytest
from llmock.testing import LLMockServer
from streamlit.testing.v1 import AppTest

from lib.config import get_settings
from lib.templates.service import TemplateDetails, create_template
from lib.ui.navigation import LAUNCH, TEMPLATE_EDIT
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_template
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, markdown, selectbox, shown, text_input
from tests.pages.test_template_edit import choose, draft_of

SCHEMA = {"type": "object", "properties": {"score": {"type": "integer", "minimum": 5}}, "required": ["score"]}
PHASES: list[dict[str, Any]] = [
    {"code": "Check", "name": "Check", "prompt": "{{ topic }}", "output": {"kind": "json", "schema": SCHEMA}},
    {"code": "Plan", "name": "Plan", "prompt": "Plan for {{ phases['Check'].json.score }}"},
]


@pytest.fixture(autouse=True)
def _models(endpoint: LLMockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_OPENAI_MODELS", "gpt-4o-mini,gpt-4o")
    get_settings.cache_clear()


@pytest.fixture
def template_id(cast: Cast) -> UUID:
    return create_template(cast.max, TemplateDetails(name="Brief"), {"phases": PHASES})


@pytest.fixture
def at(open_as: OpenAs, cast: Cast, template_id: UUID) -> AppTest:
    return open_as(cast.max, TEMPLATE_EDIT, template=template_id, phase="Plan")


def test_condition_is_asked_on_the_samples_while_it_is_written(at: AppTest, cast: Cast, template_id: UUID) -> None:
    text_input(at, "Condition").set_value("phases['Check'].json.score >= 5").run()
    assert "True on the samples: the phase is asked." in shown(at)
    assert draft_of(cast.max, template_id)["phases"][1]["condition"] == "phases['Check'].json.score >= 5"
    text_input(at, "Condition").set_value("phases['Check'].json.score > 5").run()
    assert "Not true on the samples: the phase is skipped." in shown(at)
    assert 'phases["Check"].json.score' in shown(at), "what it may read is at hand"
    assert "Plan for 5" in at.code[0].value, "prompts are shown on what the schema asks for"


def test_condition_that_can_not_be_used_keeps_the_draft_from_being_saved(at: AppTest) -> None:
    text_input(at, "Condition").set_value("phases['Check'].json.scor > 5").run()
    assert "did you mean “score”?" in shown(at)
    assert "1 thing to mend before a version can be saved" in shown(at)


def test_models_that_are_asked_next_are_chosen_in_their_order(at: AppTest, cast: Cast, template_id: UUID) -> None:
    choose(at, "If it fails, ask", ["openai:gpt-4o", "openai:gpt-4o-mini"])
    assert draft_of(cast.max, template_id)["phases"][1]["fallback_models"] == ["openai:gpt-4o", "openai:gpt-4o-mini"]
    assert "can't run" not in shown(at)


def test_schema_that_can_not_be_used_is_said_in_words(open_as: OpenAs, cast: Cast, template_id: UUID) -> None:
    at = open_as(cast.max, TEMPLATE_EDIT, template=template_id, phase="Check")
    (area,) = (one for one in at.text_area if one.label == "JSON Schema")
    area.set_value('{"$ref": "https://elsewhere.example/a.json"}').run()
    assert "nothing is fetched from elsewhere" in shown(at)


def test_launch_says_when_a_phase_is_asked_and_who_else_may_be(
    open_as: OpenAs, cast: Cast, installation: Installation
) -> None:
    phases = [PHASES[0], PHASES[1] | {"condition": "topic == '**x**'", "fallback_models": ["openai:gpt-4o"]}]
    project = make_project(installation.database, cast.max)
    template = make_template(installation.database, cast.mona, data={"phases": phases}, status="published")
    at = open_as(cast.max, LAUNCH, project=project, template=template)
    assert selectbox(at, "Template").value is not None
    assert "Skipped where this is not true: topic == '**x**'" in shown(at)
    assert "If its model fails, asked next: openai:gpt-4o" in shown(at)
    assert any("Answer with JSON alone" in code.value for code in at.code)
    assert "**x**" not in markdown(at), "escaped"
    assert not button(at, "Launch").disabled
