"""A project's states: who may move it where, and what two people who do so at once are told."""

from dataclasses import replace

import pytest

from lib.errors import Conflict
from lib.models.project import ProjectStatus
from lib.projects.service import create_project, get_project, list_project_choices, move_project, update_project
from lib.projects.states import PROJECT_MOVES
from tests import doors
from tests.at_once import attempt, is_waiting
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.lib.projects.entries import ENTRY, stored
from tests.records import signature, trail
from tests.workers import until

pytestmark = pytest.mark.usefixtures("installation")


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
        if target is ProjectStatus.ARCHIVED:
            assert (after["completed_at"], after["status_before_archive"]) == (before["completed_at"], status)
        else:
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
        update_project(cast.max, project_id, ENTRY, seen=ENTRY)
    seen = get_project(cast.max, project_id)
    assert (seen.may_edit, seen.may_archive, seen.may_launch) == (False, True, False)
    assert list_project_choices(cast.max) == ()

    move_project(cast.max, project_id, ProjectStatus.ACTIVE)
    update_project(cast.max, project_id, replace(ENTRY, name="Restored"), seen=ENTRY)
    assert [choice.name for choice in list_project_choices(cast.max)] == ["Restored"]


@pytest.mark.parametrize("status", [ProjectStatus.COMPLETED, ProjectStatus.FAILED, ProjectStatus.ACTIVE])
def test_restored_project_is_what_it_was_before_it_was_archived(
    installation: Installation, cast: Cast, status: ProjectStatus
) -> None:
    project_id = make_project(installation.database, cast.max)
    if status is not ProjectStatus.ACTIVE:
        move_project(cast.max, project_id, status)
    before = stored(installation, project_id)
    move_project(cast.max, project_id, ProjectStatus.ARCHIVED)
    assert move_project(cast.mona, project_id, ProjectStatus.ACTIVE) is status
    after = stored(installation, project_id)
    assert after == before | {"updated_at": after["updated_at"]}


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
        with attempt(lambda: update_project(cast.mona, project_id, ENTRY, seen=ENTRY)) as outcome:
            until(lambda: is_waiting(installation))
            first.commit()
    (error,) = outcome
    assert isinstance(error, Conflict)
    assert stored(installation, project_id)["name"] == "As archived"
