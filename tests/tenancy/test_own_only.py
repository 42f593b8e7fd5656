"""The organization's option that members see only what they made, as PostgreSQL keeps it."""

import json
from dataclasses import replace

import pytest

from lib.access.actor import Actor
from tests import doors
from tests.cast import Cast
from tests.database import ClonedDatabase
from tests.factories import make_project, show_members_their_own_only
from tests.made_runs import make_run
from tests.workspace import Workspace, make_workspace

TABLES = (
    "projects",
    "orchestration_runs",
    "phase_executions",
    "phase_streams",
    "integration_operations",
    "run_comments",
)


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


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("forged", ["nothing is said of it", "somebody else"])
def test_claims_that_change_within_a_statement_show_no_more(
    *, database: ClonedDatabase, cast: Cast, theirs: Workspace, member: Actor, table: str, forged: str
) -> None:
    """What SQL that is injected into a member's page can do: announce others once the true claims were looked at."""
    claims = doors.claims_of(replace(member, sees_own_only=False) if forged == "nothing is said of it" else cast.alice)
    with doors.admin(database) as connection:
        key = "phase_execution_id" if table == "phase_streams" else "id"
        rows = connection.execute(
            f"SELECT {key} FROM {table} WHERE organization_id = %s".encode(), [cast.organization_a]
        )
        ids = [row[0] for row in rows]
    statement = f"""
        SELECT seen.* FROM
            (SELECT id, CASE WHEN n = 2 THEN set_config('request.jwt.claims', %s, true) END AS said
               FROM (VALUES (1, gen_random_uuid()), (2, %s)) AS each (n, id) OFFSET 0) AS asked,
            LATERAL (SELECT {key}, asked.said FROM {table}
                      WHERE {key} = asked.id AND organization_id = %s OFFSET 0) AS seen"""
    with doors.person(database, member) as connection:
        connection.execute("SET enable_seqscan = off")  # so that the organization is compared before a row is found
        found = connection.execute(statement.encode(), [json.dumps(claims), ids[0], cast.organization_a])
        assert found.fetchall() == []
