"""What each login is, what it may become, and which doors stand open between them."""

from collections.abc import Iterator

import pytest

from lib.db.logins import AUTHENTICATED, ENGINE, Login
from tests import doors
from tests.doors import Connection
from tests.tenancy.conftest import World
from tests.tenancy.functions import DEFINERS, OPEN_FOR_LINKS, OPEN_FOR_THE_SAMPLE, OPEN_TO_OWNER
from tests.tenancy.tables import IDENTITY_TABLES, INSTALLATION_TABLES, NAMES, OWNERS_TABLES

NOT_ALLOWED = "42501"
ALL_TABLES = [*NAMES, *INSTALLATION_TABLES, *OWNERS_TABLES]
IDENTITYS = {*IDENTITY_TABLES, *INSTALLATION_TABLES}
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
OUR_ROLES = [AUTHENTICATED, ENGINE, *(login.role_name for login in Login)]
#: What sign-in does with its own tables.
IDENTITY_VERBS = {
    "user_credentials": {"SELECT", "INSERT", "UPDATE"},
    "user_sessions": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "user_tokens": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "sign_in_networks": {"SELECT", "INSERT", "UPDATE", "DELETE"},
}


@pytest.fixture(scope="module", params=[Login.WEB, Login.WORKER])
def undressed(request: pytest.FixtureRequest, world: World) -> Iterator[Connection]:
    """A login that has not become its role."""
    with doors.login(world.database, request.param) as connection:
        yield connection


@pytest.fixture(scope="module")
def identity(world: World) -> Iterator[Connection]:
    with doors.login(world.database, Login.IDENTITY) as connection:
        yield connection


def _verbs(connection: Connection, role: str, table: str) -> set[str]:
    """What a role may do with a table or with some of its columns, inherited rights included."""
    rows = connection.execute(
        "SELECT verb FROM unnest(%s::text[]) verb WHERE has_table_privilege(%s, %s::regclass, verb) "
        "OR CASE WHEN verb IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') "
        "THEN has_any_column_privilege(%s, %s::regclass, verb) ELSE false END",
        [list(VERBS), role, table, role, table],
    )
    return {verb for (verb,) in rows}


@pytest.mark.parametrize("name", ALL_TABLES)
def test_login_without_its_role_sees_nothing(undressed: Connection, name: str) -> None:
    assert doors.refusal(undressed, f"SELECT FROM {name}") == NOT_ALLOWED
    assert doors.refusal(undressed, f"DELETE FROM {name}") == NOT_ALLOWED


@pytest.mark.parametrize("name", ALL_TABLES)
def test_identity_reaches_its_own_tables_and_no_tenants(identity: Connection, name: str) -> None:
    assert _verbs(identity, Login.IDENTITY.role_name, name) == IDENTITY_VERBS.get(name, set())
    assert doors.refusal(identity, f"SELECT FROM {name}") == (None if name in IDENTITYS else NOT_ALLOWED)


@pytest.mark.parametrize("name", ALL_TABLES)
def test_nobody_reaches_a_table_by_being_anybody(admin: Connection, name: str) -> None:
    assert _verbs(admin, "public", name) == set()
    for login in (Login.WEB, Login.WORKER):
        assert _verbs(admin, login.role_name, name) == set()


@pytest.mark.parametrize("name", ALL_TABLES)
def test_owner_sees_only_what_its_functions_touch(world: World, name: str) -> None:
    with doors.login(world.database, Login.OWNER) as connection:
        row = connection.execute(f"SELECT count(*) FROM {name}".encode()).fetchone()
    assert row is not None
    assert (row[0] > 0) == (name in OPEN_TO_OWNER | OPEN_FOR_LINKS)


def test_owner_sees_no_secret_but_those_of_the_links_that_its_functions_make(world: World) -> None:
    with doors.login(world.database, Login.OWNER) as connection:
        kinds = {kind for (kind,) in connection.execute("SELECT DISTINCT kind FROM user_tokens")}
    assert kinds <= {"invitation", "password_reset"}
    assert "invitation" in kinds


def test_policies_are_for_the_roles_meant_and_nobody_else(admin: Connection) -> None:
    rows = admin.execute(
        "SELECT tablename, roles, qual, with_check FROM pg_policies WHERE schemaname = 'public'"
    ).fetchall()
    owner, identity = Login.OWNER.role_name, Login.IDENTITY.role_name
    assert {role for _, roles, *_ in rows for role in roles} == {AUTHENTICATED, ENGINE, owner, identity}
    assert {table for table, roles, *_ in rows if owner in roles} == OPEN_TO_OWNER | OPEN_FOR_THE_SAMPLE
    assert {table for table, roles, *_ in rows if identity in roles} == IDENTITYS
    everything = {(table, *roles) for table, roles, qual, check in rows if "true" in (qual, check)}
    assert everything == {(t, owner) for t in OPEN_TO_OWNER} | {(t, identity) for t in IDENTITYS}


def test_no_role_is_above_the_policies(admin: Connection) -> None:
    rows = admin.execute(
        "SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication, rolcanlogin "
        "FROM pg_roles WHERE rolname = ANY (%s)",
        [OUR_ROLES],
    ).fetchall()
    assert sorted(rows) == sorted((role, False, role not in {AUTHENTICATED, ENGINE}) for role in OUR_ROLES)


def test_logins_become_their_role_and_inherit_nothing_but_statistics(admin: Connection) -> None:
    rows = admin.execute(
        "SELECT member::regrole::text, roleid::regrole::text, inherit_option FROM pg_auth_members "
        "WHERE member::regrole::text = ANY (%s)",
        [OUR_ROLES],
    ).fetchall()
    assert set(rows) == {
        (Login.WEB.role_name, AUTHENTICATED, False),
        (Login.WORKER.role_name, ENGINE, False),
        # to launch what is scheduled, as whom its signed claims name: test_schedules.py
        (Login.WORKER.role_name, AUTHENTICATED, False),
        # what the operator's functions read of the server: no table of anybody's
        (Login.OWNER.role_name, "pg_read_all_stats", True),
    }


@pytest.mark.parametrize("login", [Login.WEB, Login.IDENTITY, Login.WORKER])
def test_login_becomes_nobody_else(world: World, login: Login) -> None:
    with doors.login(world.database, login) as connection:
        for role in {*OUR_ROLES, "postgres"} - {login.role_name, *login.becomes}:
            assert doors.refusal(connection, f"SET LOCAL ROLE {role}") == NOT_ALLOWED, role


@pytest.mark.parametrize("role", [*OUR_ROLES, "public"])
def test_only_the_worker_reaches_the_queue(admin: Connection, role: str) -> None:
    """And the owner, whose migrations made it."""
    row = admin.execute(
        "SELECT has_schema_privilege(%s, 'dbos', 'USAGE'), "
        "bool_or(has_table_privilege(%s, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')) "
        "FROM pg_class c WHERE relnamespace = 'dbos'::regnamespace AND relkind = 'r'",
        [role, role],
    ).fetchone()
    is_allowed = role in {Login.WORKER.role_name, Login.OWNER.role_name}
    assert row == (is_allowed, is_allowed)


@pytest.mark.parametrize("door", ["web", "engine", "identity"])
def test_queue_is_closed_to_plain_sql(request: pytest.FixtureRequest, door: str) -> None:
    connection: Connection = request.getfixturevalue(door)
    assert doors.refusal(connection, "SELECT FROM dbos.workflow_status") == NOT_ALLOWED
    assert doors.refusal(connection, "SELECT dbos.enqueue_workflow('segment', 'runs')") == NOT_ALLOWED


def test_no_function_is_anybodys_to_call(admin: Connection) -> None:
    rows = admin.execute(
        "SELECT p.oid::regprocedure::text FROM pg_proc p, aclexplode(coalesce(proacl, acldefault('f', proowner))) "
        "WHERE pronamespace IN ('api'::regnamespace, 'auth'::regnamespace, 'dbos'::regnamespace, "
        "'public'::regnamespace) AND grantee = 0"
    ).fetchall()
    assert rows == []


def test_functions_with_the_owners_rights_are_those_listed_with_the_callers_listed(admin: Connection) -> None:
    rows = admin.execute(
        "SELECT p.oid::regprocedure::text, array_remove(array_agg(a.grantee::regrole::text), %s) "
        "FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, "
        "aclexplode(coalesce(proacl, acldefault('f', proowner))) a "
        "WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema') GROUP BY p.oid",
        [Login.OWNER.role_name],
    )
    assert {name: frozenset(callers) for name, callers in rows} == {n: d.callers for n, d in DEFINERS.items()}


@pytest.mark.parametrize("name", DEFINERS)
def test_function_with_the_owners_rights_looks_up_names_in_fixed_places(admin: Connection, name: str) -> None:
    """`pg_temp` last: or a temporary table of the caller's would be taken for ours."""
    row = admin.execute(
        "SELECT proconfig, proowner::regrole::text FROM pg_proc WHERE oid = %s::regprocedure", [name]
    ).fetchone()
    assert row is not None
    assert row[1] == Login.OWNER.role_name
    assert row[0] in (["search_path=pg_catalog, public, pg_temp"], ["search_path=pg_catalog, pg_temp"])


def test_schema_has_nothing_that_would_pass_the_policies_by(admin: Connection) -> None:
    """Views run as their owner unless told otherwise; materialized views, foreign tables and rules know no policies."""
    rows = admin.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('v', 'm', 'f') "
        "AND relnamespace IN ('public'::regnamespace, 'api'::regnamespace)"
    ).fetchall()
    # names, and what a template's page shows, by their own conditions: test_people.py, test_public_templates.py
    assert sorted(rows) == [("people",), ("readable_templates",)]
    assert admin.execute("SELECT tablename FROM pg_rules WHERE schemaname = 'public'").fetchall() == []


@pytest.mark.parametrize("login", [Login.WEB, Login.IDENTITY, Login.WORKER])
def test_login_makes_nothing_of_its_own(world: World, login: Login) -> None:
    with doors.login(world.database, login) as connection:
        for statement in (
            "CREATE TABLE public.mine (id integer)",
            "CREATE TEMPORARY TABLE mine (id integer)",
            "CREATE FUNCTION api.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
            "CREATE SCHEMA mine",
        ):
            assert doors.refusal(connection, statement) == NOT_ALLOWED, statement
