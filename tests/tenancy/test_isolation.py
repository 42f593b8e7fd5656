"""Every table, every verb, plain SQL through both tenants' doors: B reaches none of A's rows.

Each attack comes with its control: what is refused for A's rows goes through for B's own, wherever the role may do it.
"""

import json
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests import doors
from tests.doors import Connection
from tests.tenancy.conftest import World
from tests.tenancy.tables import (
    IDENTITY_TABLES,
    NAMES,
    TENANT_TABLES,
    columns_with,
    copy_row,
    insert_statement,
)

NOT_ALLOWED, NO_SUCH_ROW = "42501", "23503"
DOORS = ("web", "engine")
_NOT_RUN: dict[str, Any] = {
    "completed_phases": 0,
    "success_rate": 0,
    "total_tokens": 0,
    "cost_usd": 0,
    "results": {},
    "error_details": {},
    "execution_time_ms": None,
    "started_at": None,
    "completed_at": None,
    "worker_token": None,
}
#: (door, table) -> what makes a copy of a row of one's own another good one.
FRESH: dict[tuple[str, str], dict[str, Any]] = {
    ("web", "projects"): {},
    ("web", "orchestration_templates"): {"usage_count": 0},
    ("web", "template_versions"): {"version": 99},
    ("web", "saved_views"): {"name": "Another"},
    ("web", "usage_reports"): {"rhythm": "monthly"},
    ("web", "export_jobs"): {},
    ("web", "template_drafts"): {},
    ("web", "template_reviews"): {"version": 1},
    ("web", "orchestration_runs"): {"status": "queued", **_NOT_RUN},
    ("web", "phase_executions"): {"phase_code": "Phase 9", "status": "pending"},
    ("web", "run_comments"): {},
    ("web", "webhooks"): {"name": "Another"},
    ("web", "provider_connections"): {"slug": "another"},
    ("web", "integration_connections"): {"slug": "another", "encrypted_secret": "\\x00"},
    ("web", "schedules"): {},
    ("web", "budgets"): {"period": "total"},
    ("web", "budget_raises"): {},
    ("web", "spending_watches"): {"hours": 48},
    ("web", "archives"): {},
    ("web", "legal_holds"): {},
    ("web", "invitations"): {"email": "somebody-else@invited.example"},
    ("engine", "phase_executions"): {"attempt": 99},
    ("engine", "phase_streams"): {},
    ("engine", "integration_operations"): {"idempotency_key": str(uuid4())},
    ("engine", "api_usage"): {"phase_execution_id": None},
    ("engine", "connection_turns"): {},
}
#: References that the key alone keeps in no organization, and why. `test_references` says what does.
ANY_ORGANIZATION = {
    ("users", "created_by"): "an operator makes people of other organizations",
    ("audit_logs", "user_id"): "written by functions of the owner only; an operator acts in other organizations",
    ("orchestration_runs", "template_id"): "public templates are launched by everybody",
    ("orchestration_templates", "forked_from"): "public templates are forked by everybody",
    ("template_versions", "template_id"): "built-in templates have no organization",
    ("template_versions", "created_by"): "built-in templates have no author",
    ("schedules", "template_id"): "public templates are scheduled by everybody",
    ("template_drafts", "template_id"): "its policy looks whose the template is",
    ("template_reviews", "template_id"): "its policy looks whose the template is",
    ("template_reviews", "version"): "the version is its template's",
    ("template_statistics", "template_id"): "public templates are launched by everybody",
}
#: What has to stand beside a reference, or another refusal would come first.
BESIDE: dict[tuple[str, str], dict[str, Any]] = {
    ("budgets", "project_id"): {"scope": "project", "user_id": None},
    ("legal_holds", "released_by"): {"released_at": "2026-01-31T12:00:00Z"},
    ("template_reviews", "decided_by"): {"decision": "rejected", "decided_at": "2026-01-31T12:00:00Z"},
}


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def attacker(door: str, request: pytest.FixtureRequest) -> Connection:
    """A connection through the door, at work for B."""
    connection: Connection = request.getfixturevalue(door)
    return connection


def test_tables_of_the_models_are_those_of_the_catalog(world: World) -> None:
    assert sorted(world.tables) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_table_has_rows_of_both_organizations(world: World, name: str) -> None:
    """Or nothing of this folder would say anything about it: `tests.workspace.make_workspace` makes them."""
    assert world.tables[name].rows[world.cast.organization_a]
    assert world.tables[name].rows[world.cast.organization_b]


@pytest.mark.parametrize("name", NAMES)
def test_table_is_protected_from_everybody_its_owner_included(admin: Connection, name: str) -> None:
    row = admin.execute(
        "SELECT relrowsecurity, relforcerowsecurity, EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid) "
        "FROM pg_class c WHERE oid = %s::regclass",
        [name],
    ).fetchone()
    assert row == (True, True, True)


@pytest.mark.parametrize("name", NAMES)
def test_select_finds_none(world: World, attacker: Connection, name: str) -> None:
    table = world.tables[name]
    if not columns_with(attacker, name, "SELECT"):
        assert doors.refusal(attacker, f"SELECT {table.key} FROM {name}") == NOT_ALLOWED
        return
    seen = {key for (key,) in attacker.execute(f"SELECT {table.key} FROM {name}".encode())}
    assert seen.isdisjoint(table.rows[world.cast.organization_a])
    assert seen >= set(table.rows[world.cast.organization_b]), "not even its own"
    named = f"SELECT FROM {name} WHERE {table.key} = ANY (%s)"
    assert doors.reached(attacker, named, [table.rows[world.cast.organization_a]]) == 0


@pytest.mark.parametrize("name", NAMES)
def test_update_reaches_none(world: World, attacker: Connection, name: str) -> None:
    table = world.tables[name]
    columns = columns_with(attacker, name, "UPDATE")
    if not columns:
        assert doors.refusal(attacker, f"UPDATE {name} SET {table.key} = {table.key}") == NOT_ALLOWED
    for column in columns:
        statement = f"UPDATE {name} SET {column} = DEFAULT WHERE {table.key} = ANY (%s)"
        assert doors.reached(attacker, statement, [table.rows[world.cast.organization_a]]) == 0, column


@pytest.mark.parametrize("name", TENANT_TABLES)
def test_update_gives_no_row_away(world: World, attacker: Connection, name: str) -> None:
    table = world.tables[name]
    column = "id" if name == "organizations" else "organization_id"
    statement = f"UPDATE {name} SET {column} = %s WHERE {table.key} = ANY (%s)"
    values = [world.cast.organization_a, table.rows[world.cast.organization_b][-1:]]
    assert doors.reached(attacker, statement, values) == NOT_ALLOWED


@pytest.mark.parametrize("name", NAMES)
def test_delete_reaches_none(world: World, attacker: Connection, name: str) -> None:
    table = world.tables[name]
    statement = f"DELETE FROM {name} WHERE {table.key} = ANY (%s)"
    assert doors.reached(attacker, statement, [table.rows[world.cast.organization_a]]) in {0, NOT_ALLOWED}


@pytest.mark.parametrize("name", NAMES)
def test_truncate_is_nobodys(attacker: Connection, name: str) -> None:
    assert doors.refusal(attacker, f"TRUNCATE {name} CASCADE") == NOT_ALLOWED


@pytest.mark.parametrize("name", NAMES)
def test_insert_makes_none(world: World, admin: Connection, attacker: Connection, door: str, name: str) -> None:
    table = world.tables[name]
    own = world.queued_b.phases["Phase 0"] if name == "phase_executions" else table.rows[world.cast.organization_b][-1]
    fresh = {table.key: str(uuid4()), **FRESH.get((door, name), {}), **_of_another_template(world, name)}
    row = copy_row(admin, table, own, fresh)
    control = doors.refusal(attacker, insert_statement(table, attacker), [json.dumps(row)])
    assert control == (None if (door, name) in FRESH else NOT_ALLOWED), "its own"
    whose = table.key if name == "organizations" else "organization_id"
    stolen = row | {whose: str(world.cast.organization_a)}
    assert doors.refusal(attacker, insert_statement(table, attacker), [json.dumps(stolen)]) == NOT_ALLOWED


def _of_another_template(world: World, name: str) -> dict[str, Any]:
    """Of drafts and open requests there is one for a template."""
    return {"template_id": str(world.b.template_id)} if name in {"template_drafts", "template_reviews"} else {}


def _of_another_answer(world: World, name: str) -> dict[str, Any]:
    """Of requests there is one for an attempt, and of words one for a request and person."""
    taken = {
        "review_requests": {"phase_execution_id": str(world.b.run.phases["Phase 0"])},
        "run_reviews": {"request_id": str(world.b.review_id)},
        "webhook_attempts": {"number": 99},
        "budget_periods": {"starts_at": "2020-01-01T00:00:00Z"},
        "budget_alerts": {"threshold": 7},
    }
    return taken.get(name, {})


@pytest.mark.parametrize("name", TENANT_TABLES)
def test_key_refuses_a_reference_into_another_organization(world: World, admin: Connection, name: str) -> None:
    """Whoever writes it, even the superuser, whom no policy binds."""
    table = world.tables[name]
    for reference in table.references:
        if reference.table == "organizations" or (name, reference.column) in ANY_ORGANIZATION:
            continue
        changes = {
            table.key: str(uuid4()),
            **FRESH.get(("web", name), {}),
            **FRESH.get(("engine", name), {}),
            **_of_another_template(world, name),
            **_of_another_answer(world, name),
            **BESIDE.get((name, reference.column), {}),
            reference.column: str(world.tables[reference.table].rows[world.cast.organization_a][-1]),
        }
        row = copy_row(admin, table, table.rows[world.cast.organization_b][-1], changes)
        assert doors.refusal(admin, insert_statement(table, admin), [json.dumps(row)]) == NO_SUCH_ROW, reference


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("orchestration_runs", "template_id"),
        ("orchestration_templates", "forked_from"),
        ("template_drafts", "template_id"),
        ("template_reviews", "template_id"),
    ],
)
def test_person_refers_to_no_private_template_of_another_organization(
    world: World, admin: Connection, web: Connection, name: str, column: str
) -> None:
    table = world.tables[name]
    fresh = {table.key: str(uuid4()), **FRESH["web", name]}
    row = copy_row(admin, table, table.rows[world.cast.organization_b][-1], fresh)
    own, private = row | {column: str(world.b.template_id)}, row | {column: str(world.a.template_id)}
    assert doors.refusal(web, insert_statement(table, web), [json.dumps(own)]) is None
    assert doors.refusal(web, insert_statement(table, web), [json.dumps(private)]) == NOT_ALLOWED


@pytest.mark.parametrize("column", ["template_id", "created_by"])
def test_person_writes_no_version_of_another_organizations_template_or_author(
    world: World, admin: Connection, web: Connection, column: str
) -> None:
    table = world.tables["template_versions"]
    theirs = {"template_id": world.a.template_id, "created_by": world.cast.alice.user_id}[column]
    changes = {"id": str(uuid4()), "version": 99, column: str(theirs)}
    row = copy_row(admin, table, world.b.version_id, changes)
    assert doors.refusal(web, insert_statement(table, web), [json.dumps(row)]) == NOT_ALLOWED


@pytest.mark.parametrize("name", sorted(name for door, name in FRESH if door == "web"))
def test_person_is_not_told_whether_another_organizations_row_is_there(
    world: World, admin: Connection, web: Connection, name: str
) -> None:
    """A key looks past the policies: a reference to what is not theirs and to what is not at all is refused alike."""
    table = world.tables[name]
    own = world.queued_b.phases["Phase 0"] if name == "phase_executions" else table.rows[world.cast.organization_b][-1]
    row = copy_row(admin, table, own, {table.key: str(uuid4()), **FRESH["web", name]})
    insertable, changeable = columns_with(web, name, "INSERT"), columns_with(web, name, "UPDATE")
    for reference in table.references:
        theirs = str(world.tables[reference.table].rows[world.cast.organization_a][-1])
        if reference.column in insertable:
            insert = [
                _why(web, insert_statement(table, web), [json.dumps(row | {reference.column: key})])
                for key in (theirs, str(uuid4()))
            ]
            assert insert[0] == insert[1] is not None, reference
        if reference.column in changeable:
            statement = f"UPDATE {name} SET {reference.column} = %s WHERE {table.key} = %s"
            update = [_why(web, statement, [key, own]) for key in (theirs, str(uuid4()))]
            assert update[0] == update[1] is not None, reference


def _why(connection: Connection, statement: str, values: list[object]) -> tuple[str | None, str | None] | None:
    """SQLSTATE and constraint of a refusal."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement.encode(), values)
    except psycopg.Error as error:
        return error.sqlstate, error.diag.constraint_name
    return None


@pytest.mark.parametrize("name", IDENTITY_TABLES)
def test_ways_in_are_no_tenants_to_see(attacker: Connection, name: str) -> None:
    assert not any(columns_with(attacker, name, verb) for verb in ("SELECT", "INSERT", "UPDATE"))
