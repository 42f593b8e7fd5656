"""`updated_at` and the keys that the database makes."""

from collections.abc import Iterator
from uuid import RFC_4122, UUID

import pytest

from tests import doors
from tests.cast import Cast, make_cast
from tests.database import ClonedDatabase
from tests.doors import Connection
from tests.factories import make_connection, make_integration, make_project, make_template, make_webhook
from tests.made_budgets import make_budget_rows
from tests.made_schedules import make_schedule
from tests.made_templates import make_draft
from tests.made_usage import make_saved_view, make_usage_report

#: Table -> an edit of one row, by its key.
EDITS = {
    "webhooks": "UPDATE webhooks SET description = 'Changed' WHERE id = %s",
    "organizations": "UPDATE organizations SET name = 'Renamed' WHERE id = %s",
    "users": "UPDATE users SET full_name = 'Renamed' WHERE id = %s",
    "user_credentials": "UPDATE user_credentials SET password_hash = 'another' WHERE user_id = %s",
    "projects": "UPDATE projects SET name = 'Renamed' WHERE id = %s",
    "orchestration_templates": "UPDATE orchestration_templates SET name = 'Renamed' WHERE id = %s",
    "template_drafts": "UPDATE template_drafts SET content = '{}' WHERE id = %s",
    "provider_connections": "UPDATE provider_connections SET name = 'Renamed' WHERE id = %s",
    "integration_connections": "UPDATE integration_connections SET name = 'Renamed' WHERE id = %s",
    "saved_views": "UPDATE saved_views SET name = 'Renamed' WHERE id = %s",
    "usage_reports": "UPDATE usage_reports SET query = 'model=local%%3Atiny' WHERE id = %s",
    "schedules": "UPDATE schedules SET title = 'Renamed' WHERE id = %s",
    "budgets": "UPDATE budgets SET name = 'Renamed' WHERE id = %s",
}
#: Table -> what moves a counter, which is no edit.
COUNTS = {
    "webhooks": "UPDATE webhooks SET consecutive_failures = 1, failing_since = now() WHERE id = %s",
    "organizations": "UPDATE organizations SET api_quota_used = api_quota_used + 1 WHERE id = %s",
    "users": "UPDATE users SET last_login_at = now() WHERE id = %s",
    "projects": "UPDATE projects SET last_run_at = now(), spent_millionths = spent_millionths + 1 WHERE id = %s",
    "orchestration_templates": "UPDATE orchestration_templates SET usage_count = usage_count + 1 WHERE id = %s",
    "provider_connections": "UPDATE provider_connections SET last_tested_at = now() WHERE id = %s",
    "schedules": "UPDATE schedules SET claimed_until = now() WHERE id = %s",
    "usage_reports": "UPDATE usage_reports SET claimed_until = now() WHERE id = %s",
}


@pytest.fixture(scope="module")
def rows(module_database: ClonedDatabase) -> dict[str, UUID]:
    people: Cast = make_cast(module_database)
    template_id = make_template(module_database, people.alice)
    project_id = make_project(module_database, people.alice)
    return {
        "organizations": people.organization_a,
        "users": people.max.user_id,
        "user_credentials": people.max.user_id,
        "projects": project_id,
        "schedules": make_schedule(module_database, people.alice, project_id=project_id, template_id=template_id),
        "orchestration_templates": template_id,
        "template_drafts": make_draft(module_database, people.alice, template_id),
        "provider_connections": make_connection(module_database, people.alice),
        "integration_connections": make_integration(module_database, people.alice),
        "webhooks": make_webhook(module_database, people.alice),
        "budgets": make_budget_rows(module_database, people.alice, about=people.max.user_id)["budgets"],
        "saved_views": make_saved_view(module_database, people.alice),
        "usage_reports": make_usage_report(module_database, people.alice),
    }


@pytest.fixture(scope="module")
def later(module_database: ClonedDatabase, rows: dict[str, UUID]) -> Iterator[Connection]:
    """A transaction that begins after the rows were made."""
    with doors.admin(module_database) as connection:
        yield connection


def _moves_updated_at(connection: Connection, table: str, statement: str, key: UUID) -> bool:
    question = f"SELECT updated_at = now() FROM {table} WHERE {'user_id' if table == 'user_credentials' else 'id'} = %s"
    with connection.transaction(force_rollback=True):
        assert connection.execute(question.encode(), [key]).fetchone() == (False,)
        assert connection.execute(statement.encode(), [key]).rowcount == 1
        row = connection.execute(question.encode(), [key]).fetchone()
    assert row is not None
    return bool(row[0])


@pytest.mark.parametrize("table", EDITS)
def test_edit_moves_updated_at(later: Connection, rows: dict[str, UUID], table: str) -> None:
    assert _moves_updated_at(later, table, EDITS[table], rows[table])


@pytest.mark.parametrize("table", COUNTS)
def test_counter_does_not_move_updated_at(later: Connection, rows: dict[str, UUID], table: str) -> None:
    assert not _moves_updated_at(later, table, COUNTS[table], rows[table])


def test_every_table_with_updated_at_has_its_trigger(later: Connection) -> None:
    """But for the side table of a stream, whose one function writes it."""
    rows = later.execute(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' "
        "AND column_name = 'updated_at' AND table_name IN (SELECT tablename FROM pg_tables)"
    ).fetchall()
    assert {name for (name,) in rows} == {*EDITS, "phase_streams"}


def test_uuid7_is_of_version_7_and_made_now(later: Connection) -> None:
    row = later.execute("SELECT api.uuid7(), extract(epoch FROM clock_timestamp()) * 1000").fetchone()
    assert row is not None
    made, now_ms = row
    assert (made.version, made.variant) == (7, RFC_4122)
    assert abs((made.int >> 80) - now_ms) < 1000


def test_uuid7_is_ordered_by_time_and_never_the_same(later: Connection) -> None:
    rows = later.execute("SELECT api.uuid7(), pg_sleep(0.002) FROM generate_series(1, 20)").fetchall()
    made = [row[0] for row in rows]
    assert made == sorted(made)
    row = later.execute("SELECT count(DISTINCT api.uuid7()) FROM generate_series(1, 5000)").fetchone()
    assert row == (5000,)
