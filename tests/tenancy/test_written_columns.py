"""Columns that a role may not write, whatever rows it may reach: rights, tier and quota, what only the engine knows."""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests import doors
from tests.tenancy.estate import Estate, estate
from tests.tenancy.tables import copy_row, insert_statement

__all__ = ["estate"]

NOT_ALLOWED = "42501"


def test_permission_granted_to_one_viewer_opens_everybodys_rows(estate: Estate) -> None:
    vera = estate.cast.vera
    project_id = estate.rows["projects"][estate.cast.alice.user_id]
    change = "UPDATE projects SET description = 'Changed' WHERE id = %s"
    with doors.admin(estate.database) as connection, connection.transaction(force_rollback=True):
        connection.execute("""UPDATE users SET permissions = '["projects.edit"]' WHERE id = %s""", [vera.user_id])
        doors.become_person(connection, vera)
        assert doors.reached(connection, change, [project_id]) == 1


@pytest.mark.parametrize(
    "change",
    [
        "role = 'admin'",
        "permissions = '[\"users.edit\"]'",
        "email = 'somebody@else.example'",
        "username = 'somebody-else'",
        "email_verified_at = now()",
        "deactivated_at = now()",
        "deleted_at = now()",
        "is_operator = true",
        "created_by = id",
        "last_login_at = now()",
    ],
)
@pytest.mark.parametrize("name", ["mona", "max", "vera"])
def test_person_without_the_permission_changes_only_own_name_and_preferences(
    estate: Estate, name: str, change: str
) -> None:
    actor = estate.person(name)
    with doors.person(estate.database, actor) as connection:
        assert doors.refusal(connection, f"UPDATE users SET {change} WHERE id = %s", [actor.user_id]) == NOT_ALLOWED
        free = "UPDATE users SET full_name = 'Renamed', preferences = '{\"landing_page\": \"runs\"}' WHERE id = %s"
        assert doors.reached(connection, free, [actor.user_id]) == 1


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ("role = 'viewer'", None),
        ("permissions = '[\"audit.view\"]'", None),
        ("deactivated_at = now()", None),
        ("is_operator = true", NOT_ALLOWED),
        ("email = 'somebody@else.example'", NOT_ALLOWED),
        ("username = 'somebody-else'", NOT_ALLOWED),
        ("email_verified_at = now()", NOT_ALLOWED),
        ("last_login_at = now()", NOT_ALLOWED),
        ("created_at = now()", NOT_ALLOWED),
        ("role = 'owner'", "23514"),
    ],
)
def test_admin_changes_people_but_makes_no_operator(estate: Estate, change: str, refused: str | None) -> None:
    with doors.person(estate.database, estate.cast.alice) as connection:
        statement = f"UPDATE users SET {change} WHERE id = %s"
        assert doors.refusal(connection, statement, [estate.cast.max.user_id]) == refused


@pytest.mark.parametrize(
    "change",
    [
        "subscription_tier = 'enterprise'",
        "api_quota_limit = NULL",
        "api_quota_used = 0",
        "quota_resets_at = now()",
        "deleted_at = now()",
    ],
)
def test_admin_sets_neither_tier_nor_quota_nor_the_end(estate: Estate, change: str) -> None:
    with doors.person(estate.database, estate.cast.alice) as connection:
        assert doors.refusal(connection, f"UPDATE organizations SET {change}") == NOT_ALLOWED


@pytest.mark.parametrize(
    "forged",
    [
        {"status": "running"},
        {"results": {"phases": {}}},
        {"completed_phases": 1},
        {"total_tokens": 1},
        {"cost_usd": None},
        {"worker_token": "5f0c63a1-7d58-4c02-9f3d-0b8a6b6a0b6e"},
        {"started_at": "2026-01-01T00:00:00Z"},
    ],
    ids=str,
)
def test_launch_forges_nothing_that_the_engine_writes(estate: Estate, forged: dict[str, Any]) -> None:
    max_ = estate.cast.max
    table = estate.tables["orchestration_runs"]
    with doors.admin(estate.database) as administrator:
        row = copy_row(administrator, table, estate.rows[table.name][max_.user_id], {"id": str(uuid4())})
    with doors.person(estate.database, max_) as connection:
        assert doors.refusal(connection, insert_statement(table, connection), [json.dumps(row)]) is None
        assert doors.refusal(connection, insert_statement(table, connection), [json.dumps(row | forged)]) == NOT_ALLOWED


@pytest.mark.parametrize(
    "forged", [{"response_text": "Made up"}, {"status": "completed"}, {"cost_usd": 0}, {"attempt": 2}], ids=str
)
def test_launch_forges_no_answer(estate: Estate, forged: dict[str, Any]) -> None:
    max_ = estate.cast.max
    table = estate.tables["phase_executions"]
    with doors.admin(estate.database) as administrator:
        changes = {"id": str(uuid4()), "phase_code": "Phase 9"}
        row = copy_row(administrator, table, estate.rows[table.name][max_.user_id], changes)
    with doors.person(estate.database, max_) as connection:
        assert doors.refusal(connection, insert_statement(table, connection), [json.dumps(row)]) is None
        assert doors.refusal(connection, insert_statement(table, connection), [json.dumps(row | forged)]) == NOT_ALLOWED
