"""What people do with projects, through the web door: it works, a weak role is refused, a stranger finds nothing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from lib.access.actor import Actor
from lib.errors import InvalidInput, NotFound, NotPermitted
from lib.models.project import Priority, ProjectStatus
from lib.projects.service import ProjectEntry, create_project, get_project, move_project, update_project
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import TOPIC, make_project
from tests.lib.projects.entries import ENTRY, stored
from tests.records import rows, signature, trail

pytestmark = pytest.mark.usefixtures("installation")

#: What `make_project` makes.
AS_MADE = ProjectEntry(name="Folding bicycle", topic=TOPIC)
CHANGES: dict[str, Callable[[Actor, UUID], object]] = {
    "edit": lambda actor, project_id: update_project(actor, project_id, ENTRY, seen=AS_MADE),
    "complete": lambda actor, project_id: move_project(actor, project_id, ProjectStatus.COMPLETED),
    "fail": lambda actor, project_id: move_project(actor, project_id, ProjectStatus.FAILED),
    "archive": lambda actor, project_id: move_project(actor, project_id, ProjectStatus.ARCHIVED),
}
MARKUP = "<b>Ünïon</b> ![x](https://evil.example/x.png) {{ topic }} 🚲"


def test_member_makes_project_of_all_that_was_entered(installation: Installation, cast: Cast) -> None:
    project_id = create_project(cast.max, ENTRY)

    made = stored(installation, project_id)
    assert made | {"id": None, "created_at": None, "updated_at": None} == {
        "id": None,
        "organization_id": cast.organization_a,
        "created_by": cast.max.user_id,
        "name": "Heat pumps",
        "description": "For installers",
        "topic": "Selling heat pumps to owners of old houses",
        "status": "active",
        "priority": "high",
        "metadata": ENTRY.metadata,
        "settings": {"cost_limit_usd": 5},
        "created_at": None,
        "updated_at": None,
        "completed_at": None,
        "archived_at": None,
        "archived_by": None,
        "status_before_archive": None,
        "name_key": "heat pumps",
        "last_run_at": None,
        "spent_millionths": 0,
    }
    (entry,) = trail(installation, "projects.create", project_id)
    assert entry.items() >= signature(cast.max).items()
    assert entry["old_values"] == {}
    assert entry["new_values"].items() >= {"name": "Heat pumps", "priority": "high", "metadata": ENTRY.metadata}.items()


def test_viewer_makes_no_project(installation: Installation, cast: Cast) -> None:
    with pytest.raises(NotPermitted) as refused:
        create_project(cast.vera, ENTRY)

    assert refused.value.permission == "projects.create"
    assert rows(installation, "SELECT * FROM projects") == []


def test_what_was_entered_is_read_back(cast: Cast) -> None:
    project = get_project(cast.vera, create_project(cast.max, ENTRY))

    assert (project.name, project.topic, project.description) == (ENTRY.name, ENTRY.topic, ENTRY.description)
    assert project.priority is Priority.HIGH
    assert project.status is ProjectStatus.ACTIVE
    assert project.metadata.to_json() == ENTRY.metadata
    assert project.settings.cost_limit_usd == 5
    assert (project.owner, project.created_by) == ("Max", cast.max.user_id)
    assert (project.run_count, project.last_run_at) == (0, None)


def test_edit_changes_what_was_entered_and_nothing_else(installation: Installation, cast: Cast) -> None:
    project_id = create_project(cast.max, ENTRY)
    before = stored(installation, project_id)

    update_project(cast.mona, project_id, replace(ENTRY, name="Heat pumps 2", metadata={"team_size": 6}), seen=ENTRY)

    after = stored(installation, project_id)
    assert after["updated_at"] > before["updated_at"]
    changed = {"name": "Heat pumps 2", "metadata": {"team_size": 6}}
    assert after == before | changed | {"name_key": "heat pumps 2", "updated_at": after["updated_at"]}
    (entry,) = trail(installation, "projects.update", project_id)
    assert entry.items() >= signature(cast.mona).items()
    assert entry["old_values"] == {"name": "Heat pumps", "metadata": ENTRY.metadata}
    assert entry["new_values"] == changed


def test_saving_without_a_change_is_no_event(installation: Installation, cast: Cast) -> None:
    project_id = create_project(cast.max, ENTRY)
    assert not update_project(cast.max, project_id, ENTRY, seen=ENTRY)
    assert trail(installation, "projects.update", project_id) == []


def test_edit_keeps_what_a_newer_version_stored(installation: Installation, cast: Cast) -> None:
    project_id = create_project(cast.max, ENTRY)
    rows(
        installation,
        """UPDATE projects SET metadata = metadata || '{"mood": "good"}', settings = settings || '{"tone": 1}'
           WHERE id = %s RETURNING 1""",
        project_id,
    )
    assert get_project(cast.max, project_id).metadata.model_extra == {"mood": "good"}

    update_project(cast.max, project_id, replace(ENTRY, metadata={"team_size": 6}, settings={}), seen=ENTRY)

    after = stored(installation, project_id)
    assert after["metadata"] == {"team_size": 6, "mood": "good"}
    assert after["settings"] == {"cost_limit_usd": 5, "tone": 1}


def test_edit_changes_the_settings_that_it_names_and_no_others(installation: Installation, cast: Cast) -> None:
    """Somebody else may have set them while the form was open."""
    project_id = create_project(cast.max, ENTRY)
    with_model = replace(ENTRY, settings={"default_ai_model": "openai:gpt-4o"})
    update_project(cast.max, project_id, with_model, seen=ENTRY)
    assert stored(installation, project_id)["settings"] == {"cost_limit_usd": 5, "default_ai_model": "openai:gpt-4o"}
    update_project(cast.max, project_id, replace(ENTRY, settings={"default_ai_model": None}), seen=with_model)
    assert stored(installation, project_id)["settings"] == {"cost_limit_usd": 5}
    update_project(cast.max, project_id, replace(ENTRY, settings={}), seen=ENTRY)
    assert stored(installation, project_id)["settings"] == {"cost_limit_usd": 5}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_viewer_changes_no_project(
    installation: Installation, cast: Cast, change: Callable[[Actor, UUID], object]
) -> None:
    project_id = make_project(installation.database, cast.max)
    before = stored(installation, project_id)
    with pytest.raises(NotPermitted):
        change(cast.vera, project_id)
    assert stored(installation, project_id) == before


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_member_changes_own_projects_only(
    installation: Installation, cast: Cast, change: Callable[[Actor, UUID], object]
) -> None:
    theirs, own = make_project(installation.database, cast.mona), make_project(installation.database, cast.max)
    before = stored(installation, theirs)
    with pytest.raises(NotPermitted):
        change(cast.max, theirs)
    assert stored(installation, theirs) == before
    change(cast.max, own)
    assert stored(installation, own) != before


@pytest.mark.parametrize("touch", [get_project, *CHANGES.values()], ids=["read", *CHANGES])
def test_stranger_finds_no_project(
    installation: Installation, cast: Cast, touch: Callable[[Actor, UUID], object]
) -> None:
    project_id = make_project(installation.database, cast.alice)
    before = stored(installation, project_id)
    with pytest.raises(NotFound) as hidden:
        touch(cast.charlie, project_id)
    with pytest.raises(NotFound) as missing:
        touch(cast.charlie, uuid4())
    assert hidden.value.message == missing.value.message, "nobody is told whether it is there"
    assert stored(installation, project_id) == before


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"topic": ""}, "Topic", "Topic is empty. Enter something."),
        ({"topic": " \n\t "}, "Topic", "Topic is empty"),
        ({"name": "  "}, "Name", "Name is empty"),
        ({"name": "x" * 300}, "Name", "Name has 300 characters; 255 is the most. Shorten it."),
        ({"topic": "x" * 20_001}, "Topic", "20,000 is the most"),
        ({"description": "x" * 20_001}, "Description", "20,000 is the most"),
        ({"name": "Plan \u202egnp.exe"}, "Name", "invisible control character"),
        ({"topic": "bell \x07"}, "Topic", "invisible control character"),
        ({"topic": "nul \x00"}, "Topic", "invisible control character"),
        ({"priority": "whenever"}, "Priority", "“whenever” is no priority. Choose one of: low, medium, high, urgent."),
        ({"metadata": {"team": 5}}, None, "“team” is not known; did you mean “team_size”"),
        ({"metadata": {"mood": "good"}}, None, "“mood” is not known; known are estimated_duration, complexity"),
        (
            {"metadata": {"complexity": "huge"}},
            None,
            "complexity: must be one of: 'low', 'medium' or 'high', not “huge”",
        ),
        ({"metadata": {"team_size": 0}}, None, "team_size: must be at least 1"),
        ({"metadata": {"budget": -1}}, None, "budget: must be at least 0"),
        ({"settings": {"default_template_id": "the best"}}, None, "default_template_id: must be an id"),
        ({"settings": {"colour": "red"}}, None, "“colour” is not known"),
    ],
)
def test_wrong_input_is_said_and_changes_nothing(
    installation: Installation, cast: Cast, change: dict[str, Any], field: str | None, said: str
) -> None:
    project_id = make_project(installation.database, cast.max)
    before = stored(installation, project_id)
    for save in (
        lambda entry: create_project(cast.max, entry),
        lambda entry: update_project(cast.max, project_id, entry, seen=AS_MADE),
    ):
        with pytest.raises(InvalidInput) as wrong:
            save(replace(ENTRY, **change))
        assert said in wrong.value.message
        assert wrong.value.field == field
    assert rows(installation, "SELECT * FROM projects") == [before]


def test_markup_is_kept_as_it_was_typed(installation: Installation, cast: Cast) -> None:
    project_id = create_project(cast.max, replace(ENTRY, name=MARKUP, topic=MARKUP, description=MARKUP))
    made = stored(installation, project_id)
    assert (made["name"], made["topic"], made["description"]) == (MARKUP, MARKUP, MARKUP)
    assert get_project(cast.vera, project_id).name == MARKUP


def test_name_of_the_longest_length_is_taken(cast: Cast) -> None:
    name = "🚲" * 255
    assert get_project(cast.max, create_project(cast.max, replace(ENTRY, name=name))).name == name
