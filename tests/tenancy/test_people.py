"""Who sees whom, who gives which rights, and who stays: what PostgreSQL itself says of people."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest

from lib.access.actor import Actor
from lib.access.permissions import Role
from lib.db.logins import Login
from tests import doors
from tests.cast import Cast, MadeOrganization, make_person
from tests.database import ClonedDatabase
from tests.doors import Connection

NOT_ALLOWED = "42501"
LAST_ADMIN, BEYOND_ONES_OWN, LAST_OPERATOR = "AO001", "AO002", "AO003"
CHANGE_ROLE = "UPDATE users SET role = %s WHERE id = %s"


@pytest.fixture
def ada(database: ClonedDatabase, cast: Cast) -> Actor:
    """A second admin of organization A."""
    organization = MadeOrganization(cast.organization_a, cast.alice.organization_name, "acme")
    with doors.login(database, Login.IDENTITY) as connection:
        return make_person(connection, organization, "ada", role=Role.ADMIN)[0]


def grant(database: ClonedDatabase, actor: Actor, *permissions: str) -> None:
    with doors.admin(database) as connection:
        connection.execute(
            "UPDATE users SET permissions = to_jsonb(%s::text[]) WHERE id = %s", [list(permissions), actor.user_id]
        )


def test_everybody_reads_the_names_of_their_organization_and_no_others(database: ClonedDatabase, cast: Cast) -> None:
    for actor in cast.of_a:
        with doors.person(database, actor) as connection:
            names = {name for (name,) in connection.execute("SELECT name FROM people")}
        assert names == {"Alice", "Mona", "Max", "Vera"}
    with doors.person(database, None) as connection:
        assert connection.execute("SELECT name FROM people").fetchall() == []


def test_names_are_all_that_a_viewer_reads_of_others(database: ClonedDatabase, cast: Cast) -> None:
    with doors.person(database, cast.vera) as connection:
        assert doors.refusal(connection, "SELECT email FROM people") == "42703"
        assert connection.execute("SELECT username FROM users").fetchall() == [("vera",)]
        changes = ("UPDATE people SET role = 'x'", "DELETE FROM people", "INSERT INTO people (role) VALUES ('x')")
        for statement in changes:
            assert doors.refusal(connection, statement) == NOT_ALLOWED


def test_function_in_a_condition_learns_no_other_organizations_names(database: ClonedDatabase, cast: Cast) -> None:
    """A condition that tells what it is asked of is asked of one's own rows only: the view is a security barrier."""
    with doors.person(database, cast.charlie) as connection:
        leak = "SELECT 1 FROM people WHERE (1 / (CASE WHEN name = 'Alice' THEN 0 ELSE 1 END)) = 1"
        assert doors.refusal(connection, leak) is None


@pytest.mark.parametrize("role", ["manager", "admin"])
def test_nobody_makes_themselves_more(database: ClonedDatabase, cast: Cast, role: str) -> None:
    grant(database, cast.max, "users.edit", "users.view")
    with doors.person(database, cast.max) as connection:
        assert doors.refusal(connection, CHANGE_ROLE, [role, cast.max.user_id]) == BEYOND_ONES_OWN
        more = "UPDATE users SET permissions = permissions || '[\"audit.view\"]' WHERE id = %s"
        assert doors.refusal(connection, more, [cast.max.user_id]) == BEYOND_ONES_OWN


def test_nobody_gives_more_than_they_have(database: ClonedDatabase, cast: Cast) -> None:
    grant(database, cast.mona, "users.edit")
    give = "UPDATE users SET permissions = %s WHERE id = %s"
    with doors.person(database, cast.mona) as connection:
        assert doors.refusal(connection, CHANGE_ROLE, ["admin", cast.vera.user_id]) == BEYOND_ONES_OWN
        assert doors.refusal(connection, give, ['["webhooks.manage"]', cast.vera.user_id]) == BEYOND_ONES_OWN
        assert doors.refusal(connection, CHANGE_ROLE, ["manager", cast.vera.user_id]) is None
        assert doors.refusal(connection, give, ['["analytics.view"]', cast.vera.user_id]) is None


def test_own_rows_are_less_than_everybodys(database: ClonedDatabase, cast: Cast) -> None:
    """A member edits their own projects; to let somebody edit everybody's is more."""
    grant(database, cast.max, "users.edit", "users.view")
    with doors.person(database, cast.max) as connection:
        give = "UPDATE users SET permissions = '[\"projects.edit\"]' WHERE id = %s"
        assert doors.refusal(connection, give, [cast.vera.user_id]) == BEYOND_ONES_OWN


@pytest.mark.parametrize("change", ["deactivated_at = now()", "role = 'viewer'", "permissions = '[\"audit.view\"]'"])
def test_nobody_ends_or_lowers_who_has_more(database: ClonedDatabase, cast: Cast, ada: Actor, change: str) -> None:
    grant(database, cast.mona, "users.edit", "users.deactivate")
    with doors.person(database, cast.mona) as connection:
        refused = doors.refusal(connection, f"UPDATE users SET {change} WHERE id = %s", [ada.user_id])
    assert refused == BEYOND_ONES_OWN


def test_nobody_ends_sessions_of_who_has_more(database: ClonedDatabase, cast: Cast) -> None:
    grant(database, cast.vera, "users.deactivate", "users.view")
    with doors.person(database, cast.vera) as connection:
        end = "SELECT api.end_sessions(%s)"
        assert doors.refusal(connection, end, [cast.alice.user_id]) == NOT_ALLOWED
        assert doors.refusal(connection, end, [cast.vera.user_id]) is None


@pytest.mark.parametrize("change", ["role = 'manager'", "deactivated_at = now()", "deleted_at = now()"])
def test_last_admin_stays(database: ClonedDatabase, cast: Cast, change: str) -> None:
    statement = f"UPDATE users SET {change} WHERE id = %s"
    with doors.person(database, cast.alice) as connection:
        assert doors.refusal(connection, statement, [cast.alice.user_id]) == LAST_ADMIN


def test_admin_who_is_deactivated_is_no_other_admin(database: ClonedDatabase, cast: Cast, ada: Actor) -> None:
    with doors.person(database, cast.alice) as connection:
        assert doors.refusal(connection, CHANGE_ROLE, ["viewer", cast.alice.user_id]) is None
        connection.execute("UPDATE users SET deactivated_at = now() WHERE id = %s", [ada.user_id])
        assert doors.refusal(connection, CHANGE_ROLE, ["viewer", cast.alice.user_id]) == LAST_ADMIN


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_two_admins_who_lower_each_other_at_once_leave_one(
    database: ClonedDatabase, cast: Cast, ada: Actor, isolation: str
) -> None:
    both_have_begun = Barrier(2)

    def lower(who: Actor, whom: Actor) -> bool:
        with psycopg.connect(database.url(Login.WEB)) as connection:
            connection.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}".encode())
            doors.become_person(connection, who)
            connection.execute("SELECT count(*) FROM users")
            both_have_begun.wait(30)
            try:
                lowered = connection.execute(CHANGE_ROLE, ["viewer", whom.user_id])
            except psycopg.Error as error:
                connection.rollback()
                return error.sqlstate not in {LAST_ADMIN, BEYOND_ONES_OWN, NOT_ALLOWED}
        return lowered.rowcount == 1  # the other one, once lowered, finds no row to change

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lower, (cast.alice, ada), (ada, cast.alice)))
    assert outcomes.count(True) == (1 if isolation == "READ COMMITTED" else 0)
    assert _active_admins(database, cast) == (1 if isolation == "READ COMMITTED" else 2)


def make_operators(database: ClonedDatabase, *people: Actor) -> None:
    with doors.admin(database) as connection:
        ids = [person.user_id for person in people]
        connection.execute("UPDATE users SET is_operator = true WHERE id = ANY (%s)", [ids])


@pytest.mark.parametrize("change", ["deactivated_at = now()", "deleted_at = now()"])
def test_last_operator_stays(database: ClonedDatabase, cast: Cast, change: str) -> None:
    make_operators(database, cast.max)
    statement = f"UPDATE users SET {change} WHERE id = %s"
    with doors.person(database, cast.alice) as connection:
        assert doors.refusal(connection, statement, [cast.max.user_id]) == LAST_OPERATOR
    make_operators(database, cast.charlie)
    with doors.person(database, cast.alice) as connection:
        assert doors.refusal(connection, statement, [cast.max.user_id]) is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE users SET is_operator = false WHERE id = ANY (%s)",
        "UPDATE users SET deactivated_at = now() WHERE id = ANY (%s)",
        "DELETE FROM users WHERE id = ANY (%s)",
    ],
)
def test_nobody_takes_the_last_operator_by_hand_either(
    database: ClonedDatabase, cast: Cast, ada: Actor, statement: str
) -> None:
    """Not both at once, and not the owner of the schema, nor a superuser."""
    make_operators(database, cast.max, ada)
    with doors.admin(database) as connection:
        connection.execute("DELETE FROM user_credentials")
        connection.execute("DELETE FROM user_sessions")
    both = [cast.max.user_id, ada.user_id]
    with doors.admin(database) as by_superuser, doors.login(database, Login.OWNER) as by_owner:
        assert doors.refusal(by_superuser, statement, [both]) == LAST_OPERATOR
        assert doors.refusal(by_superuser, statement, [both[:1]]) is None
        assert doors.refusal(by_owner, statement, [both]) == LAST_OPERATOR


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_two_operators_who_deactivate_each_other_at_once_leave_one(
    database: ClonedDatabase, cast: Cast, isolation: str
) -> None:
    """Neither is an admin, so it is not the last admin that is kept."""
    organization = MadeOrganization(cast.organization_a, cast.alice.organization_name, "acme")
    with doors.login(database, Login.IDENTITY) as connection:
        omar = make_person(connection, organization, "omar", role=Role.MEMBER)[0]
    make_operators(database, cast.max, omar)
    for operator in (cast.max, omar):
        grant(database, operator, "users.view", "users.deactivate")
    both_have_begun = Barrier(2)

    def deactivate(who: Actor, whom: Actor) -> str | None:
        with psycopg.connect(database.url(Login.WEB)) as connection:
            connection.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}".encode())
            doors.become_person(connection, who)
            connection.execute("SELECT count(*) FROM users")
            both_have_begun.wait(30)
            try:
                connection.execute("UPDATE users SET deactivated_at = now() WHERE id = %s", [whom.user_id])
            except psycopg.Error as error:
                connection.rollback()
                return error.sqlstate
        return None

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(deactivate, (cast.max, omar), (omar, cast.max)))
    assert outcomes.count(None) == (1 if isolation == "READ COMMITTED" else 0)
    with doors.admin(database) as connection:
        left = connection.execute("SELECT FROM users WHERE is_operator AND deactivated_at IS NULL").fetchall()
    assert len(left) == (1 if isolation == "READ COMMITTED" else 2)


def test_who_is_the_last_operator_is_said_of_ones_own_people_to_who_may_deactivate_them(
    database: ClonedDatabase, cast: Cast
) -> None:
    make_operators(database, cast.max)
    ask = "SELECT api.is_last_operator(%s)"
    for actor, whom, said in (
        (cast.alice, cast.max, True),
        (cast.alice, cast.mona, False),
        (cast.mona, cast.max, False),
        (cast.charlie, cast.max, False),
    ):
        with doors.person(database, actor) as connection:
            assert connection.execute(ask.encode(), [whom.user_id]).fetchone() == (said,)


def test_deactivation_ends_sessions_for_good(database: ClonedDatabase, cast: Cast) -> None:
    with doors.person(database, cast.alice) as connection:
        connection.execute("UPDATE users SET deactivated_at = now() WHERE id = %s", [cast.max.user_id])
    with doors.person(database, cast.alice) as connection:
        connection.execute("UPDATE users SET deactivated_at = NULL WHERE id = %s", [cast.max.user_id])
    with doors.admin(database) as connection:
        rows = connection.execute(
            "SELECT user_id = %s, revoked_at IS NOT NULL FROM user_sessions", [cast.max.user_id]
        ).fetchall()
    assert sorted(rows) == [(False, False)] * 4 + [(True, True)]


def _active_admins(database: ClonedDatabase, cast: Cast) -> int:
    with doors.admin(database) as connection:
        return _count(
            connection,
            f"SELECT count(*) FROM users WHERE organization_id = '{cast.organization_a}' AND role = 'admin' "
            "AND deactivated_at IS NULL",
        )


def _count(connection: Connection, statement: str) -> int:
    row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return int(row[0])
