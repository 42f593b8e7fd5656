"""Who nobody is: no claims, claims made up, and people and organizations that are gone, on every table."""

import hmac
import json
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from lib.db.logins import Login
from tests import doors
from tests.cast import Cast
from tests.database import ClonedDatabase
from tests.doors import Connection, claims_of
from tests.factories import make_project, show_members_their_own_only
from tests.tenancy.conftest import World
from tests.tenancy.tables import NAMES, columns_with, written_columns

NOT_ALLOWED = "42501"

#: Claims that name nobody, made from the world's people.
NOBODY: dict[str, Callable[[Cast], dict[str, str] | None]] = {
    "no claims": lambda _: None,
    "empty claims": lambda _: {},
    "only an organization": lambda cast: {"organization": str(cast.organization_a)},
    "only a person": lambda cast: {"sub": str(cast.alice.user_id)},
    "B's person, A's organization": lambda cast: claims_of(cast.charlie) | {"organization": str(cast.organization_a)},
    "A's person, B's organization": lambda cast: claims_of(cast.alice) | {"organization": str(cast.organization_b)},
    "a person who never was": lambda cast: claims_of(cast.alice) | {"sub": str(uuid4())},
    "an organization that never was": lambda cast: claims_of(cast.alice) | {"organization": str(uuid4())},
}
#: What ends a person, in SQL; `%s` is the person.
GONE = {
    "deactivated person": "UPDATE users SET deactivated_at = now() WHERE id = %s",
    "deleted person": "UPDATE users SET deleted_at = now() WHERE id = %s",
    "person of a deleted organization": "UPDATE organizations SET deleted_at = now() "
    "WHERE id = (SELECT organization_id FROM users WHERE id = %s)",
    "person of a suspended organization": "UPDATE organizations SET suspended_at = now(), suspension_reason = 'unpaid' "
    "WHERE id = (SELECT organization_id FROM users WHERE id = %s)",
}


@pytest.fixture(scope="module", params=[*NOBODY, *GONE])
def nobody(request: pytest.FixtureRequest, world: World) -> Iterator[Connection]:
    """Become `authenticated` with such claims; what made the person go is undone."""
    case = request.param
    with doors.admin(world.database) as connection, connection.transaction(force_rollback=True):
        if case in GONE:
            assert connection.execute(GONE[case].encode(), [world.cast.max.user_id]).rowcount == 1
            doors.become_person(connection, world.cast.max)
        else:
            doors.become_person(connection, NOBODY[case](world.cast))
        yield connection


@pytest.mark.parametrize("name", NAMES)
def test_nobody_reaches_nothing(nobody: Connection, world: World, name: str) -> None:
    table = world.tables[name]
    may_read = bool(columns_with(nobody, name, "SELECT"))
    assert doors.reached(nobody, f"SELECT FROM {name}") == (0 if may_read else NOT_ALLOWED)
    for column in columns_with(nobody, name, "UPDATE")[:1]:
        assert doors.reached(nobody, f"UPDATE {name} SET {column} = {column}") == 0
    columns = written_columns(name)
    assert doors.reached(nobody, f"DELETE FROM {name}") in {0, NOT_ALLOWED}
    assert doors.reached(nobody, f"INSERT INTO {name} ({columns}) SELECT {columns} FROM {name}") in {0, NOT_ALLOWED}
    if may_read:
        column = "id" if name == "organizations" else "organization_id"
        values = [world.cast.organization_a, table.rows[world.cast.organization_a]]
        named = f"SELECT FROM {name} WHERE {column} = %s OR {table.key} = ANY (%s)"
        assert doors.reached(nobody, named, values) == 0


def test_nobody_holds_a_permission(nobody: Connection) -> None:
    row = nobody.execute(
        "SELECT api.organization_id(), api.may('projects.view'), api.may_own('projects.view')"
    ).fetchone()
    assert row == (None, False, False)


def test_nobody_makes_a_project(nobody: Connection, world: World) -> None:
    for organization in (world.cast.organization_a, world.cast.organization_b):
        refused = doors.refusal(
            nobody,
            "INSERT INTO projects (organization_id, created_by, name, topic) "
            "VALUES (%s, coalesce(auth.uid(), %s), 'x', 'x')",
            [organization, world.cast.alice.user_id],
        )
        assert refused == NOT_ALLOWED


@pytest.mark.parametrize("name", NAMES)
def test_engine_of_no_organization_reaches_nothing(world: World, name: str) -> None:
    with doors.engine(world.database, None) as connection:
        may_read = bool(columns_with(connection, name, "SELECT"))
        assert doors.reached(connection, f"SELECT FROM {name}") == (0 if may_read else NOT_ALLOWED)


@pytest.mark.parametrize("ending", GONE)
def test_whoever_goes_sees_nothing_from_the_next_statement_on(
    database: ClonedDatabase, cast: Cast, ending: str
) -> None:
    make_project(database, cast.max)
    with doors.person(database, cast.max) as connection:
        assert _count(connection) == 1
        with doors.admin(database) as administrator:
            administrator.execute(GONE[ending].encode(), [cast.max.user_id])
        assert _count(connection) == 0


def test_setting_left_by_an_earlier_transaction_names_nobody(world: World) -> None:
    """After a transaction a setting is '' and not NULL."""
    with doors.login(world.database, Login.WEB) as connection:
        doors.become_person(connection, world.cast.alice)
        assert _count(connection) == 1
        connection.commit()
        connection.execute("SET LOCAL ROLE authenticated")
        assert connection.execute("SELECT current_setting('request.jwt.claims', true)").fetchone() == ("",)
        assert connection.execute("SELECT auth.uid()").fetchone() == (None,)
        assert _count(connection) == 0


@pytest.mark.parametrize("attack", ["unsigned", "made up", "of other claims", "of another key", "of a person's own"])
def test_claims_that_are_not_signed_are_nobodys(world: World, attack: str) -> None:
    """What SQL that is injected into max's page can do: announce whomever it likes, but not sign it."""
    own, wanted = (json.dumps(claims_of(actor)) for actor in (world.cast.max, world.cast.alice))
    other_key = hmac.digest(b"another key", wanted.encode(), "sha256").hex()
    signature = {
        "unsigned": "",
        "made up": "0" * 64,
        "of other claims": doors.sign(wanted + " "),
        "of another key": other_key,
        "of a person's own": doors.sign(own),
    }[attack]
    with doors.login(world.database, Login.WEB) as connection:
        doors.announce(connection, wanted, signature=signature)
        assert _count(connection) == 0
        row = connection.execute("SELECT api.organization_id(), api.may('projects.view'), api.may_own('projects.view')")
        assert row.fetchone() == (None, False, False)
        doors.announce(connection, wanted, signature=doors.sign(wanted))
        assert _count(connection) > 0


@pytest.mark.parametrize("signature", ["", "0" * 64])
def test_functions_of_operators_believe_no_claims_that_are_not_signed(
    database: ClonedDatabase, cast: Cast, signature: str
) -> None:
    with doors.admin(database) as connection:
        connection.execute("UPDATE users SET is_operator = true WHERE id = %s", [cast.alice.user_id])
    claims = json.dumps(claims_of(cast.alice))
    with doors.login(database, Login.WEB) as connection:
        doors.announce(connection, claims, signature=signature)
        for call in (
            "SELECT * FROM api.list_organizations()",
            f"SELECT api.count_people(ARRAY['{cast.organization_b}'::uuid])",
            f"""SELECT api.govern_organization('{cast.organization_b}', '{{"suspension_reason": "x"}}')""",
            f"SELECT api.take_seat('{cast.organization_a}')",
            "SELECT api.ask_deletion(true)",
            f"SELECT api.keep_an_admin('{cast.organization_b}', '{cast.charlie.user_id}')",
            f"SELECT api.end_sessions('{cast.max.user_id}')",
        ):
            assert doors.refusal(connection, call) == NOT_ALLOWED, call
        doors.announce(connection, claims, signature=doors.sign(claims))
        assert doors.refusal(connection, "SELECT * FROM api.list_organizations()") is None


def test_nobody_asks_after_the_admins_of_another_organization(database: ClonedDatabase, cast: Cast) -> None:
    with doors.person(database, cast.vera) as connection:
        ask = "SELECT api.keep_an_admin(%s, %s)"
        assert doors.refusal(connection, ask, [cast.organization_b, cast.charlie.user_id]) == NOT_ALLOWED


@pytest.mark.parametrize("action", ["provider_connections.test", "identity.sign_in", "projects.delete", "users.grant"])
def test_nobody_makes_up_what_they_did(database: ClonedDatabase, cast: Cast, action: str) -> None:
    with doors.person(database, cast.vera) as connection:
        record = "SELECT api.record_event(%s, 'projects', NULL, '{}')"
        assert doors.refusal(connection, record, [action]) == NOT_ALLOWED
        assert doors.refusal(connection, record, ["projects.export"]) is None


def test_claims_do_not_say_by_themselves_what_one_sees(database: ClonedDatabase, cast: Cast) -> None:
    """Whether a member sees only what they made stands in their organization's settings."""
    make_project(database, cast.alice)
    with doors.person(database, claims_of(cast.max) | {"own_only": "true"}) as connection:
        assert connection.execute("SELECT api.organization_id()").fetchone() == (None,)
    show_members_their_own_only(database, cast.organization_a)
    with doors.person(database, cast.max) as connection:
        assert connection.execute("SELECT api.organization_id()").fetchone() == (None,)
    for actor in (cast.alice, cast.mona, cast.vera):
        with doors.person(database, actor) as connection:
            assert _count(connection) == 1


def test_claims_that_change_within_a_statement_show_nobody_elses_row(world: World) -> None:
    """vera reads her own row of `users`; SQL in her page announces alice once the true claims were looked at."""
    alice, vera = world.cast.alice, world.cast.vera
    statement = """
        SELECT seen.* FROM
            (SELECT id, CASE WHEN n = 2 THEN set_config('request.jwt.claims', %s, true) END AS said
               FROM (VALUES (1, gen_random_uuid()), (2, %s)) AS each (n, id) OFFSET 0) AS asked,
            LATERAL (SELECT id, asked.said FROM users
                      WHERE id = asked.id AND organization_id = %s OFFSET 0) AS seen"""
    with doors.person(world.database, vera) as connection:
        connection.execute("SET enable_seqscan = off")  # so that the organization is compared before a row is found
        found = connection.execute(statement, [json.dumps(claims_of(alice)), alice.user_id, vera.organization_id])
        assert found.fetchall() == []


def test_no_policy_believes_the_claims(world: World) -> None:
    """They may be others by then: what a policy asks is looked up in the moment in which it is compared."""
    with doors.admin(world.database) as connection:
        found = connection.execute(
            "SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public' "
            "AND concat(qual, with_check) ~ 'auth\\.uid|api\\.claims|request\\.jwt'"
        )
        assert found.fetchall() == []


def test_keys_are_nobodys_to_read(world: World) -> None:
    with doors.person(world.database, world.cast.alice) as connection:
        assert doors.refusal(connection, "SELECT * FROM claim_keys") == NOT_ALLOWED
        assert doors.refusal(connection, "SELECT api.is_signed('', '')") == NOT_ALLOWED


def test_person_is_who_the_claims_name(world: World) -> None:
    with doors.person(world.database, world.cast.max) as connection:
        row = connection.execute("SELECT auth.uid(), api.organization_id()").fetchone()
    assert row == (world.cast.max.user_id, world.cast.organization_a)


def _count(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) FROM projects").fetchone()
    assert row is not None
    return int(row[0])
