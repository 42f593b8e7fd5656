"""The JSON structures of a project, and the table of its moves."""

import json
from typing import Any
from uuid import uuid4

import pytest

from lib.errors import InvalidInput
from lib.models.project import ProjectStatus
from lib.projects.states import PROJECT_MOVES
from lib.projects.structures import ProjectMetadata, ProjectSettings
from lib.validation import read_stored, validate

#: From the specification, verbatim.
EXAMPLE = """
{
  "estimated_duration": "3 months",
  "complexity": "high",
  "technologies": ["React", "Node.js", "PostgreSQL"],
  "budget": 50000,
  "team_size": 5
}
"""
MODEL_OF = {"metadata": ProjectMetadata, "settings": ProjectSettings}


def test_example_of_the_specification_is_taken_and_kept() -> None:
    example = json.loads(EXAMPLE)
    assert validate(ProjectMetadata, example, what="It").to_json() == example


def test_all_settings_are_taken_and_kept() -> None:
    whole = {
        "default_ai_model": "openai:gpt-4.1",
        "default_template_id": str(uuid4()),
        "reviewer_ids": [str(uuid4()), str(uuid4())],
        "cost_limit_usd": 2.5,
    }
    assert set(whole) == set(ProjectSettings.model_fields)
    assert validate(ProjectSettings, whole, what="It").to_json() == whole


@pytest.mark.parametrize("model", MODEL_OF.values(), ids=MODEL_OF)
def test_what_nobody_said_stays_out(model: type[ProjectMetadata] | type[ProjectSettings]) -> None:
    assert validate(model, {}, what="It").to_json() == {}


@pytest.mark.parametrize("model", MODEL_OF.values(), ids=MODEL_OF)
def test_unknown_key_is_refused_on_write_and_kept_on_read(
    model: type[ProjectMetadata] | type[ProjectSettings],
) -> None:
    with pytest.raises(InvalidInput, match="“mood” is not known"):
        validate(model, {"mood": "good"}, what="It")
    assert read_stored(model, {"mood": "good"}, what="It").model_extra == {"mood": "good"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"estimated_duration": "x" * 101}, "estimated_duration: is longer than 100 characters"),
        ({"estimated_duration": 3}, "estimated_duration: must be text"),
        ({"complexity": "High"}, "complexity: must be one of"),
        ({"technologies": "React"}, "technologies: must be a list"),
        ({"technologies": ["React", ""]}, "technologies 2: is empty"),
        ({"technologies": ["x"] * 51}, "technologies: has more than 50 entries"),
        ({"budget": float("nan")}, "budget: must be a finite number"),
        ({"budget": 1e13}, "budget: must be at most"),
        ({"budget": "much"}, "budget: must be a number"),
        ({"team_size": 2.5}, "team_size: must be a whole number"),
        ({"team_size": 100_001}, "team_size: must be at most 100,000"),
        ({"custom": {"Sponsor": ""}}, "custom, Sponsor: is empty"),
        ({"custom": {"": "Mona"}}, "is empty"),
        ({"custom": {str(number): "x" for number in range(31)}}, "custom: has more than 30 entries"),
        ([], "must be a group of named values"),
    ],
)
def test_wrong_metadata_is_said_field_by_field(wrong: Any, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        validate(ProjectMetadata, wrong, what="The metadata")
    assert caught.value.message.startswith("The metadata can't be used")
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"cost_limit_usd": 0}, "cost_limit_usd: must be more than 0"),
        ({"reviewer_ids": ["mona"]}, "reviewer_ids 1: must be an id"),
        ({"default_ai_model": "x" * 256}, "default_ai_model: is longer than 255 characters"),
    ],
)
def test_wrong_settings_are_said_field_by_field(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        validate(ProjectSettings, wrong, what="The settings")


def test_every_fault_has_a_line_of_its_own() -> None:
    with pytest.raises(InvalidInput) as caught:
        validate(ProjectMetadata, {"budget": -1, "team_size": 0, "mood": 1}, what="The metadata")
    assert len(caught.value.problems) == 3


def test_every_status_of_a_project_has_its_moves() -> None:
    assert set(PROJECT_MOVES) == set(ProjectStatus)
    assert all(status not in moves for status, moves in PROJECT_MOVES.items())


def test_every_project_can_be_made_active_again_and_archived() -> None:
    for status, moves in PROJECT_MOVES.items():
        assert status is ProjectStatus.ACTIVE or ProjectStatus.ACTIVE in moves
        assert status is ProjectStatus.ARCHIVED or ProjectStatus.ARCHIVED in moves
    assert PROJECT_MOVES[ProjectStatus.ARCHIVED] == {ProjectStatus.ACTIVE}
