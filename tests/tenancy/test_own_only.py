"""The organization's option that members see only what they made, as PostgreSQL keeps it."""

from dataclasses import replace

import pytest

from lib.access.actor import Actor
from tests import doors
from tests.cast import Cast
from tests.database import ClonedDatabase
from tests.factories import Workspace, make_project, make_run, make_workspace, show_members_their_own_only

TABLES = ("projects", "orchestration_runs", "phase_executions", "phase_streams", "integration_operations")


@pytest.fixture
def theirs(database: ClonedDatabase, cast: Cast) -> Workspace:
    """What alice works with: a row in each of the tables."""
    show_members_their_own_only(database, cast.organization_a)
    return make_workspace(database, cast.alice)


@pytest.fixture
def member(cast: Cast) -> Actor:
    """max, as a session finds him once the option is on."""
    return replace(cast.max, sees_own_only=True)


def counts(database: ClonedDatabase, actor: Actor) -> dict[str, int]:
    with doors.person(database, actor) as connection:
        return {table: int(connection.execute(f"SELECT FROM {table}".encode()).rowcount) for table in TABLES}


def test_member_sees_nothing_of_what_others_made(database: ClonedDatabase, theirs: Workspace, member: Actor) -> None:
    assert counts(database, member) == dict.fromkeys(TABLES, 0)


def test_everybody_else_sees_everything(database: ClonedDatabase, cast: Cast, theirs: Workspace) -> None:
    for actor in (cast.alice, cast.mona, cast.vera):
        assert all(counts(database, actor).values())


def test_member_sees_all_of_their_own(database: ClonedDatabase, theirs: Workspace, member: Actor) -> None:
    with doors.admin(database) as connection:
        connection.execute("UPDATE orchestration_runs SET user_id = %s", [member.user_id])
    assert all(counts(database, member).values())


def test_member_sees_the_project_of_their_own_run(database: ClonedDatabase, cast: Cast, member: Actor) -> None:
    """Launched before the option was set: a run without its project would hang in the air."""
    project_id = make_project(database, cast.alice)
    make_run(database, cast.max, project_id=project_id)
    make_project(database, cast.alice)
    show_members_their_own_only(database, cast.organization_a)
    with doors.person(database, member) as connection:
        assert connection.execute("SELECT id FROM projects").fetchall() == [(project_id,)]


def test_member_launches_nothing_in_what_they_do_not_see(
    database: ClonedDatabase, theirs: Workspace, member: Actor
) -> None:
    with doors.person(database, member) as connection:
        refused = doors.refusal(
            connection,
            "INSERT INTO orchestration_runs (organization_id, project_id, user_id, topic, status, total_phases) "
            "VALUES (%s, %s, %s, 'x', 'queued', 1)",
            [member.organization_id, theirs.project_id, member.user_id],
        )
    assert refused == "42501"
