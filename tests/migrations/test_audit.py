"""The audit trail: who, from where, what changed; secrets never, counters not at all; and nobody changes it."""

from typing import Any
from uuid import UUID

import pytest

from lib.db.logins import Login
from tests import doors
from tests.cast import Cast
from tests.database import ClonedDatabase
from tests.factories import make_project, make_webhook
from tests.made_runs import answer, beginning, end_run, make_run, open_run
from tests.workspace import make_workspace

NOT_ALLOWED = "42501"
#: What is watched, and under which word.
WATCHED = {
    "organizations": "organizations",
    "users": "users",
    "user_credentials": "credentials",
    "projects": "projects",
    "orchestration_templates": "templates",
    "orchestration_runs": "orchestrations",
    "webhooks": "webhooks",
}


def _trail(database: ClonedDatabase, action: str, resource_id: UUID | None = None) -> list[dict[str, Any]]:
    """The rows of an action, the oldest first."""
    with doors.admin(database) as connection:
        rows = connection.execute("SELECT to_jsonb(l) FROM audit_logs l WHERE action = %s ORDER BY id", [action])
        return [row for (row,) in rows if resource_id is None or row["resource_id"] == str(resource_id)]


def test_change_is_written_with_who_from_where_and_what(database: ClonedDatabase, cast: Cast) -> None:
    project_id = make_project(database, cast.max, name="Before")
    claims = doors.claims_of(cast.mona) | {"address": "2001:db8::7", "user_agent": "Firefox"}
    with doors.person(database, claims) as connection:
        connection.execute("UPDATE projects SET name = 'After', priority = 'high' WHERE id = %s", [project_id])
    (entry,) = _trail(database, "projects.update", project_id)
    assert entry | {"id": None, "created_at": None} == {
        "id": None,
        "created_at": None,
        "organization_id": str(cast.organization_a),
        "user_id": str(cast.mona.user_id),
        "action": "projects.update",
        "resource_type": "projects",
        "resource_id": str(project_id),
        "old_values": {"name": "Before", "priority": "medium"},
        "new_values": {"name": "After", "priority": "high"},
        "ip_address": "2001:db8::7",
        "user_agent": "Firefox",
        "session_id": str(cast.mona.session_id),
        "request_id": claims["request"],
    }


def test_making_is_written_with_all_that_was_made(database: ClonedDatabase, cast: Cast) -> None:
    project_id = make_project(database, cast.max, name="Made")
    (entry,) = _trail(database, "projects.create", project_id)
    assert entry["old_values"] == {}
    assert entry["new_values"]["name"] == "Made"
    assert entry["user_id"] == str(cast.max.user_id)


def test_deletion_is_written_with_all_that_was_there(database: ClonedDatabase, cast: Cast) -> None:
    webhook_id = make_webhook(database, cast.alice, name="Gone")
    with doors.person(database, cast.alice) as connection:
        connection.execute("DELETE FROM webhooks WHERE id = %s", [webhook_id])
    (entry,) = _trail(database, "webhooks.delete", webhook_id)
    assert entry["old_values"]["name"] == "Gone"
    assert entry["new_values"] == {}


def test_statement_that_changes_nothing_is_no_event(database: ClonedDatabase, cast: Cast) -> None:
    project_id = make_project(database, cast.max)
    with doors.person(database, cast.max) as connection:
        connection.execute("UPDATE projects SET name = name WHERE id = %s", [project_id])
    assert _trail(database, "projects.update") == []


def test_secret_is_never_written(database: ClonedDatabase, cast: Cast) -> None:
    webhook_id = make_webhook(database, cast.alice)
    with doors.person(database, cast.alice) as connection:
        connection.execute("SELECT api.rotate_webhook_secret(%s, 'whsec_another', 3600)", [webhook_id])
    with doors.login(database, Login.IDENTITY) as connection:
        connection.execute(
            "UPDATE user_credentials SET password_hash = 'hash-another' WHERE user_id = %s", [cast.max.user_id]
        )
    (entry,) = _trail(database, "webhooks.update", webhook_id)
    assert entry["old_values"].pop("previous_secret_expires_at") is None
    assert entry["new_values"].pop("previous_secret_expires_at")
    assert entry["old_values"] == {"secret_key": "(secret)", "previous_secret_key": None}
    assert entry["new_values"] == {"secret_key": "(secret)", "previous_secret_key": "(secret)"}
    (entry,) = _trail(database, "credentials.update", cast.max.user_id)
    assert entry["organization_id"] == str(cast.organization_a)
    assert entry["new_values"]["password_hash"] == "(secret)"
    with doors.admin(database) as connection:
        rows = connection.execute(
            "SELECT l::text FROM audit_logs l WHERE l::text ~ 'whsec|hash-another|[$]2b[$]'"
        ).fetchall()
    assert rows == []


def test_counters_are_no_events(database: ClonedDatabase, cast: Cast) -> None:
    workspace = make_workspace(database, cast.alice)  # takes from the quota
    with doors.login(database, Login.IDENTITY) as connection:
        connection.execute("SELECT api.record_sign_in(%s, 'identity.sign_in')", [cast.alice.user_id])
    with doors.admin(database) as connection:
        row = connection.execute(
            "SELECT o.api_quota_used, t.usage_count, u.last_login_at IS NOT NULL FROM organizations o, users u, "
            "orchestration_templates t WHERE o.id = %s AND u.id = %s AND t.id = %s",
            [cast.organization_a, cast.alice.user_id, workspace.template_id],
        ).fetchone()
    assert row == (4, 1, True)
    for action in ("organizations.update", "users.update"):
        assert _trail(database, action) == []
    changed = [entry["resource_id"] for entry in _trail(database, "templates.update")]
    assert workspace.template_id not in changed, "the other one is in review"


def test_sign_in_is_written_as_the_person_who_signs_in(database: ClonedDatabase, cast: Cast) -> None:
    with doors.login(database, Login.IDENTITY) as connection:
        connection.execute("SELECT api.record_sign_in(%s, 'identity.sign_in')", [cast.vera.user_id])
    (entry,) = _trail(database, "identity.sign_in")
    assert (entry["user_id"], entry["organization_id"]) == (str(cast.vera.user_id), str(cast.organization_a))


def test_run_is_written_at_its_launch_and_its_end_only(database: ClonedDatabase, cast: Cast) -> None:
    run = make_run(database, cast.max, project_id=make_project(database, cast.max))
    end_run(database, cast.max, run)
    with doors.admin(database) as connection:
        rows = connection.execute(
            "SELECT action, user_id, user_agent, new_values ->> 'status' FROM audit_logs "
            "WHERE resource_id = %s ORDER BY id",
            [run.id],
        ).fetchall()
    assert rows == [
        ("orchestrations.launch", cast.max.user_id, "tests", None),
        ("orchestrations.end", cast.max.user_id, "engine", "completed"),
    ]


def test_wish_to_cancel_is_written_as_whose_it_is(database: ClonedDatabase, cast: Cast) -> None:
    run = make_run(database, cast.max, project_id=make_project(database, cast.max))
    held = open_run(database, cast.organization_a, run.id)
    held.advance(begin=[beginning("Phase 0")])
    with doors.person(database, cast.mona) as connection:
        connection.execute("UPDATE orchestration_runs SET cancel_requested_at = now() WHERE id = %s", [run.id])
    held.advance(finish=[answer(run.phases["Phase 0"])], end={"status": "cancelled", "error": {}})
    (wish,) = _trail(database, "orchestrations.cancel", run.id)
    assert wish["user_id"] == str(cast.mona.user_id)
    (end,) = _trail(database, "orchestrations.end", run.id)
    assert (end["user_id"], end["user_agent"]) == (str(cast.max.user_id), "engine")


def test_built_in_template_is_in_nobodys_trail(database: ClonedDatabase, cast: Cast) -> None:
    with doors.login(database, Login.OWNER) as connection:
        connection.execute(
            "INSERT INTO orchestration_templates (name, template_data, is_public) VALUES ('Ours', '{}', true)"
        )
    assert _trail(database, "templates.create") == []


#: The one condition that such a trigger may have.
RESTORING = (
    "WHEN ( CASE WHEN (COALESCE(current_setting('app.restoring'::text, true), ''::text) = ''::text) THEN true "
    "ELSE (NOT api.is_restoring()) END)"
)


@pytest.mark.parametrize("table", WATCHED)
def test_table_is_watched_for_making_and_change(module_database: ClonedDatabase, table: str) -> None:
    with doors.admin(module_database) as connection:
        rows = connection.execute(
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname = %s",
            [table, f"{table}_audit"],
        ).fetchall()
    definition = " ".join(rows[0][0].split())
    assert "AFTER INSERT" in definition
    assert "UPDATE ON" in definition
    # silent for nothing but what api.restore_rows puts back: tests/lib/archives
    assert "WHEN" not in definition.replace(RESTORING, "")
    assert "audit_run()" in definition or f"audit('{WATCHED[table]}'" in definition


def test_trail_is_nobodys_to_write_change_or_remove(database: ClonedDatabase, cast: Cast) -> None:
    make_workspace(database, cast.alice)
    insert = "INSERT INTO audit_logs (organization_id, action) VALUES (%s, 'made.up')"
    change = ("UPDATE audit_logs SET action = 'made.up'", "DELETE FROM audit_logs", "TRUNCATE audit_logs")
    with doors.person(database, cast.alice) as connection:
        _expect_refusals(connection, insert, change, cast)
    with doors.engine(database, cast.organization_a) as connection:
        _expect_refusals(connection, insert, change, cast)
    for who in (Login.WEB, Login.IDENTITY, Login.WORKER):
        with doors.login(database, who) as connection:
            _expect_refusals(connection, insert, change, cast)
    with doors.login(database, Login.OWNER) as connection:  # may add: its functions do
        assert {doors.refusal(connection, statement) for statement in change} == {NOT_ALLOWED}


def _expect_refusals(connection: doors.Connection, insert: str, change: tuple[str, ...], cast: Cast) -> None:
    assert doors.refusal(connection, insert, [cast.organization_a]) == NOT_ALLOWED
    assert {doors.refusal(connection, statement) for statement in change} == {NOT_ALLOWED}


def test_person_writes_events_about_themselves_only(database: ClonedDatabase, cast: Cast) -> None:
    with doors.person(database, cast.vera) as connection:
        connection.execute("SELECT api.record_event('projects.export', 'projects', NULL, '{\"rows\": 3}')")
    (entry,) = _trail(database, "projects.export")
    assert (entry["user_id"], entry["organization_id"]) == (str(cast.vera.user_id), str(cast.organization_a))
    with doors.person(database, None) as connection:
        assert doors.refusal(connection, "SELECT api.record_event('a.b', 'a', NULL, '{}')") == NOT_ALLOWED


@pytest.mark.parametrize(
    "action", ["users.update", "webhooks.delete", "projects.create", "orchestrations.end", "identity.sign_in"]
)
def test_person_makes_up_no_change_that_never_was(database: ClonedDatabase, cast: Cast, action: str) -> None:
    with doors.person(database, cast.alice) as connection:
        assert doors.refusal(connection, "SELECT api.record_event(%s, 'x', NULL, '{}')", [action]) == NOT_ALLOWED
