from uuid import UUID, uuid4

import pytest

from lib.archives import service
from lib.audit import actions
from lib.audit.service import list_project_changes
from lib.errors import InvalidInput, NotPermitted
from lib.models.project import ProjectStatus
from lib.projects.service import ProjectEntry, create_project, move_project
from lib.projects.states import PROJECT_MOVES
from lib.users.views import Person
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import edit_project
from tests.made_archives import fill_project, make_archive, work


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    """Made by max, edited and archived by mona."""
    made = create_project(cast.max, ProjectEntry(name="Bicycle", topic="Folding"))
    edit_project(cast.mona, made, ProjectEntry(name="Bicycle", topic="Folding", metadata={"team_size": 3}))
    move_project(cast.mona, made, ProjectStatus.ARCHIVED)
    return made


def test_every_change_is_told_in_words_the_newest_first(cast: Cast, project_id: UUID) -> None:
    changes = list_project_changes(cast.alice, project_id).items
    mona = Person(name="Mona", role="manager", is_deactivated=False)
    assert [(change.person, change.did) for change in changes[:2]] == [
        (mona, "archived the project"),
        (mona, "edited the project"),
    ]
    assert (changes[2].person and changes[2].person.name, changes[2].did) == ("Max", "created the project")
    assert (changes[0].old, changes[0].new) == ({"status": "active"}, {"status": "archived"})
    assert (changes[1].old, changes[1].new) == ({"metadata": {}}, {"metadata": {"team_size": 3}})
    assert changes[2].new.items() >= {"name": "Bicycle", "topic": "Folding"}.items()
    assert not {"id", "organization_id", "created_by"} & set(changes[2].new)


def test_what_happens_to_its_archives_is_told_among_it(installation: Installation, cast: Cast) -> None:
    project_id, other = (fill_project(installation, cast, name=name) for name in ("Bicycle", "Boat"))
    archive = make_archive(installation, cast.mona, project_id)
    make_archive(installation, cast.alice, other)
    asked, restored = "asked for the runs", "brought the runs of the archive back"
    for _ in range(2):  # the second time they are there already
        service.ask_restore(cast.alice, archive.id)
        work(installation)
    service.remove_archive(cast.alice, archive.id)
    work(installation)
    found = list_project_changes(cast.alice, project_id).items
    assert [(change.person and change.person.name, change.did) for change in found[:10]] == [
        (None, "deleted the archive's file"),
        ("Alice", "asked for the archive's file to be deleted"),
        (None, "could not bring the runs of the archive back"),
        ("Alice", f"{asked} of the archive to come back again"),
        (None, restored),
        ("Alice", f"{asked} of the archive to come back"),
        (None, "moved the runs to the archive"),
        (None, "began to move the runs to the archive"),
        ("Mona", f"{asked} to be moved to an archive"),
        ("Alice", "marked the project as completed"),
    ]
    assert found[4].new == {"status": "restored"}
    first = list_project_changes(cast.alice, project_id, limit=3)
    second = list_project_changes(cast.alice, project_id, limit=3, cursor=first.older)
    assert (*first.items, *second.items) == found[:6]
    assert list_project_changes(cast.alice, project_id, limit=3, cursor=second.newer).items == first.items
    assert list_project_changes(cast.charlie, project_id).items == ()


def test_only_who_may_read_the_trail_reads_it(cast: Cast, project_id: UUID) -> None:
    for actor in (cast.mona, cast.max, cast.vera):
        with pytest.raises(NotPermitted):
            list_project_changes(actor, project_id)


def test_policies_show_the_trail_to_nobody_else_either(
    installation: Installation, cast: Cast, project_id: UUID
) -> None:
    for actor, found in ((cast.alice, 3), (cast.mona, 0), (cast.max, 0), (cast.vera, 0), (cast.charlie, 0)):
        with doors.person(installation.database, actor) as connection:
            rows = connection.execute("SELECT id FROM audit_logs WHERE resource_id = %s", [project_id]).fetchall()
        assert len(rows) == found


def test_other_organization_and_unknown_project_have_nothing(cast: Cast, project_id: UUID) -> None:
    assert list_project_changes(cast.charlie, project_id).items == ()
    assert list_project_changes(cast.alice, uuid4()).items == ()


def test_pages_are_turned_by_key(cast: Cast, project_id: UUID) -> None:
    first = list_project_changes(cast.alice, project_id, limit=2)
    assert first.newer is None
    older = list_project_changes(cast.alice, project_id, cursor=first.older, limit=2)
    assert [change.did for change in older.items] == ["created the project"]
    assert older.older is None
    assert list_project_changes(cast.alice, project_id, cursor=older.newer, limit=2).items == first.items
    with pytest.raises(InvalidInput):
        list_project_changes(cast.alice, project_id, cursor="nonsense")


def test_who_can_not_sign_in_any_more_is_marked(installation: Installation, cast: Cast, project_id: UUID) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE users SET deactivated_at = now() WHERE id = %s", [cast.mona.user_id])
    newest = list_project_changes(cast.alice, project_id).items[0]
    assert newest.person
    assert newest.person.is_deactivated


def test_what_the_database_did_by_itself_has_nobody(installation: Installation, cast: Cast, project_id: UUID) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE projects SET priority = 'high' WHERE id = %s", [project_id])
    newest = list_project_changes(cast.alice, project_id).items[0]
    assert newest.person is None
    assert newest.new == {"priority": "high"}


def test_every_move_of_a_project_has_words_of_its_own() -> None:
    for before, follow in PROJECT_MOVES.items():
        for after in follow:
            said = actions.say("projects.update", {"status": before}, {"status": after})
            assert said not in {"edited the project", ""}
    assert actions.say("projects.update", {}, {}) == "edited the project"
    assert actions.say("rockets.launch", {}, {}) == "did “rockets.launch”"
