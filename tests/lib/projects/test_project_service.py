"""What people do with projects, through the web door: it works, a weak role is refused, a stranger finds nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from lib.access.actor import Actor
from lib.errors import Conflict, InvalidInput, NotFound, NotPermitted
from lib.models.project import Priority, ProjectStatus
from lib.projects.service import (
    ProjectEntry,
    create_project,
    get_project,
    list_project_choices,
    list_projects,
    move_project,
    update_project,
)
from lib.projects.states import PROJECT_MOVES
from tests import doors
from tests.at_once import attempt, is_waiting
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_run
from tests.records import row, rows, signature, trail
from tests.workers import until

pytestmark = pytest.mark.usefixtures("installation")

METADATA: dict[str, Any] = {"complexity": "high", "technologies": ["React"], "budget": 50000, "team_size": 5}
ENTRY = ProjectEntry(
    name="Heat pumps",
    topic="Selling heat pumps to owners of old houses",
    description="For installers",
    priority="high",
    metadata=METADATA,
    settings={"cost_limit_usd": 5},
)
CHANGES: dict[str, Callable[[Actor, UUID], None]] = {
    "edit": lambda actor, project_id: update_project(actor, project_id, ENTRY),
    "complete": lambda actor, project_id: move_project(actor, project_id, ProjectStatus.COMPLETED),
    "fail": lambda actor, project_id: move_project(actor, project_id, ProjectStatus.FAILED),
    "archive": lambda actor, project_id: move_project(actor, project_id, ProjectStatus.ARCHIVED),
}
MARKUP = "<b>Ünïon</b> ![x](https://evil.example/x.png) {{ topic }} 🚲"


def stored(installation: Installation, project_id: UUID) -> dict[str, Any]:
    return row(installation, "SELECT * FROM projects WHERE id = %s", project_id)


def names(actor: Actor, **chosen: Any) -> list[str]:
    return [project.name for project in list_projects(actor, **chosen).items]


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
        "metadata": METADATA,
        "settings": {"cost_limit_usd": 5},
        "created_at": None,
        "updated_at": None,
        "completed_at": None,
        "archived_at": None,
        "archived_by": None,
    }
    (entry,) = trail(installation, "projects.create", project_id)
    assert entry.items() >= signature(cast.max).items()
    assert entry["old_values"] == {}
    assert entry["new_values"].items() >= {"name": "Heat pumps", "priority": "high", "metadata": METADATA}.items()


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
    assert project.metadata.to_json() == METADATA
    assert project.settings.cost_limit_usd == 5
    assert (project.owner, project.created_by) == ("Max", cast.max.user_id)
    assert (project.run_count, project.last_run_at) == (0, None)


def test_edit_changes_what_was_entered_and_nothing_else(installation: Installation, cast: Cast) -> None:
    project_id = create_project(cast.max, ENTRY)
    before = stored(installation, project_id)

    update_project(cast.mona, project_id, replace(ENTRY, name="Heat pumps 2", metadata={"team_size": 6}))

    after = stored(installation, project_id)
    assert after["updated_at"] > before["updated_at"]
    changed = {"name": "Heat pumps 2", "metadata": {"team_size": 6}}
    assert after == before | changed | {"updated_at": after["updated_at"]}
    (entry,) = trail(installation, "projects.update", project_id)
    assert entry.items() >= signature(cast.mona).items()
    assert entry["old_values"] == {"name": "Heat pumps", "metadata": METADATA}
    assert entry["new_values"] == changed


def test_saving_without_a_change_is_no_event(installation: Installation, cast: Cast) -> None:
    project_id = create_project(cast.max, ENTRY)
    update_project(cast.max, project_id, ENTRY)
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

    update_project(cast.max, project_id, replace(ENTRY, metadata={"team_size": 6}, settings={}))

    after = stored(installation, project_id)
    assert after["metadata"] == {"team_size": 6, "mood": "good"}
    assert after["settings"] == {"tone": 1}


def test_edit_that_says_nothing_of_settings_leaves_them(installation: Installation, cast: Cast) -> None:
    project_id = create_project(cast.max, ENTRY)
    update_project(cast.max, project_id, replace(ENTRY, settings=None))
    assert stored(installation, project_id)["settings"] == {"cost_limit_usd": 5}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_viewer_changes_no_project(
    installation: Installation, cast: Cast, change: Callable[[Actor, UUID], None]
) -> None:
    project_id = make_project(installation.database, cast.max)
    before = stored(installation, project_id)
    with pytest.raises(NotPermitted):
        change(cast.vera, project_id)
    assert stored(installation, project_id) == before


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_member_changes_own_projects_only(
    installation: Installation, cast: Cast, change: Callable[[Actor, UUID], None]
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


def test_stranger_sees_none_in_a_list(installation: Installation, cast: Cast) -> None:
    make_project(installation.database, cast.alice, name="Secret plan")
    make_project(installation.database, cast.charlie, name="Own boat")
    assert names(cast.charlie) == ["Own boat"]
    assert names(cast.charlie, search="secret") == []
    assert [choice.name for choice in list_project_choices(cast.charlie)] == ["Own boat"]


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
        ({"metadata": {"complexity": "huge"}}, None, "complexity: must be one of: 'low', 'medium' or 'high'"),
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
        lambda entry: update_project(cast.max, project_id, entry),
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


@pytest.mark.parametrize("status", ProjectStatus)
def test_project_moves_as_the_table_says(installation: Installation, cast: Cast, status: ProjectStatus) -> None:
    for target in ProjectStatus:
        project_id = make_project(installation.database, cast.max)
        if status is not ProjectStatus.ACTIVE:
            move_project(cast.mona, project_id, status)
        before = stored(installation, project_id)
        if target not in PROJECT_MOVES[status]:
            with pytest.raises(Conflict, match=f"This project is {status}"):
                move_project(cast.mona, project_id, target)
            assert stored(installation, project_id) == before
            continue
        move_project(cast.mona, project_id, target)
        after = stored(installation, project_id)
        assert after["status"] == target
        assert (after["completed_at"] is not None) == (target is ProjectStatus.COMPLETED)
        assert (after["archived_at"] is not None) == (target is ProjectStatus.ARCHIVED)
        assert after["archived_by"] == (cast.mona.user_id if target is ProjectStatus.ARCHIVED else None)
        entry = trail(installation, "projects.update", project_id)[-1]
        assert entry.items() >= signature(cast.mona).items()
        assert (entry["old_values"]["status"], entry["new_values"]["status"]) == (status, target)


def test_archived_project_is_read_and_not_edited_before_it_is_restored(installation: Installation, cast: Cast) -> None:
    project_id = create_project(cast.max, ENTRY)
    move_project(cast.max, project_id, ProjectStatus.ARCHIVED)
    with pytest.raises(Conflict, match="Restore it first"):
        update_project(cast.max, project_id, ENTRY)
    seen = get_project(cast.max, project_id)
    assert (seen.may_edit, seen.may_archive, seen.may_launch) == (False, True, False)
    assert list_project_choices(cast.max) == ()

    move_project(cast.max, project_id, ProjectStatus.ACTIVE)
    update_project(cast.max, project_id, replace(ENTRY, name="Restored"))
    assert [choice.name for choice in list_project_choices(cast.max)] == ["Restored"]


def test_person_is_told_what_they_may_do(installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.mona)
    rights = {}
    for actor in cast.of_a:
        seen = get_project(actor, project_id)
        rights[actor.username] = (seen.may_edit, seen.may_archive, seen.may_launch)
    assert rights == {
        "alice": (True, True, True),
        "mona": (True, True, True),
        "max": (False, False, True),
        "vera": (False, False, False),
    }


def test_one_of_two_who_archive_at_once_is_told(installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.alice)
    with doors.admin(installation.database) as first:
        first.execute("UPDATE projects SET status = 'archived', archived_at = now() WHERE id = %s", [project_id])
        with attempt(lambda: move_project(cast.mona, project_id, ProjectStatus.ARCHIVED)) as outcome:
            until(lambda: is_waiting(installation))
            first.commit()
    (error,) = outcome
    assert isinstance(error, Conflict)
    assert stored(installation, project_id)["archived_by"] is None, "the first one's change stands"


def test_edit_does_not_overtake_the_archiving_of_its_project(installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.alice, name="As archived")
    with doors.admin(installation.database) as first:
        first.execute("UPDATE projects SET status = 'archived', archived_at = now() WHERE id = %s", [project_id])
        with attempt(lambda: update_project(cast.mona, project_id, ENTRY)) as outcome:
            until(lambda: is_waiting(installation))
            first.commit()
    (error,) = outcome
    assert isinstance(error, Conflict)
    assert stored(installation, project_id)["name"] == "As archived"


def at(installation: Installation, project_id: UUID, moment: datetime) -> None:
    rows(installation, "UPDATE projects SET created_at = %s WHERE id = %s RETURNING 1", moment, project_id)


def test_list_begins_with_the_newest(installation: Installation, cast: Cast) -> None:
    now = datetime.now(UTC)
    for days, name in ((3, "oldest"), (1, "newest"), (2, "between")):
        at(
            installation,
            make_project(installation.database, cast.alice, name=name),
            now - timedelta(days=days),
        )
    assert names(cast.vera) == ["newest", "between", "oldest"]
    assert [choice.name for choice in list_project_choices(cast.vera)] == ["newest", "between", "oldest"]
    first = list_projects(cast.vera, limit=2)
    assert (first.newer, [project.name for project in first.items]) == (None, ["newest", "between"])
    second = list_projects(cast.vera, limit=2, cursor=first.older)
    assert (second.older, [project.name for project in second.items]) == (None, ["oldest"])
    assert list_projects(cast.vera, limit=2, cursor=second.newer) == first


def test_list_is_filtered_by_status(installation: Installation, cast: Cast) -> None:
    for status in ProjectStatus:
        project_id = make_project(installation.database, cast.alice, name=status)
        if status is not ProjectStatus.ACTIVE:
            move_project(cast.alice, project_id, status)
    for status in ProjectStatus:
        assert names(cast.vera, status=status) == [status]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("HEAT", {"Heat pumps"}),
        ("  pumps ", {"Heat pumps"}),
        ("old houses", {"Heat pumps"}),
        ("%", {"100 % rye"}),
        ("_", {"snake_case"}),
        ("\\", {"back\\slash"}),
        ("e_c", {"snake_case"}),
        ("' OR true --", set()),
        ("nothing like it", set()),
        ("", {"Heat pumps", "100 % rye", "snake_case", "back\\slash"}),
        ("\x00", {"Heat pumps", "100 % rye", "snake_case", "back\\slash"}),
        ("pu\x00mps\ud800", {"Heat pumps"}),
    ],
)
def test_search_looks_into_name_and_topic_for_what_was_typed(
    installation: Installation, cast: Cast, search: str, found: set[str]
) -> None:
    create_project(cast.alice, ENTRY)
    for name in ("100 % rye", "snake_case", "back\\slash"):
        make_project(installation.database, cast.alice, name=name, topic="Something else")
    assert set(names(cast.vera, search=search)) == found


@pytest.mark.parametrize("cursor", ["nonsense", "%%%", "ü", "b25vbnNlbnNl", "bw", "x" * 5000])
def test_cursor_that_is_none_is_said(cast: Cast, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="Start from the newest entries") as wrong:
        list_projects(cast.vera, cursor=cursor)
    assert wrong.value.field == "cursor"


def test_cursor_of_another_organization_opens_nothing_of_it(installation: Installation, cast: Cast) -> None:
    for name in ("first", "second", "third"):
        make_project(installation.database, cast.alice, name=name)
    make_project(installation.database, cast.charlie, name="own")
    theirs = list_projects(cast.alice, limit=1)
    assert names(cast.charlie, cursor=theirs.older) == []
    older = list_projects(cast.alice, limit=1, cursor=theirs.older)
    assert names(cast.charlie, cursor=older.newer) == ["own"]


def test_runs_are_counted_with_their_project(installation: Installation, cast: Cast) -> None:
    project_id, other = (make_project(installation.database, cast.max, name=name) for name in ("busy", "idle"))
    make_run(installation.database, cast.max, project_id=project_id)
    last = make_run(installation.database, cast.alice, project_id=project_id)
    busy = get_project(cast.vera, project_id)
    assert busy.run_count == 2
    launched = row(installation, "SELECT created_at FROM orchestration_runs WHERE id = %s", last.id)
    assert busy.last_run_at == launched["created_at"]
    assert get_project(cast.vera, other).run_count == 0
