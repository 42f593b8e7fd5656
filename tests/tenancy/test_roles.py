"""Role by permission by table by verb: what PostgreSQL does is what the permission table says, row by row.

`RULES` says which permission a verb on a table needs; whether a person holds it, `Actor.may` says, and PostgreSQL is
asked by doing it. What is not in `RULES` nobody may.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from lib.access.actor import Actor
from lib.access.permissions import Permission
from tests import doors
from tests.doors import Connection
from tests.tenancy.estate import Estate, estate
from tests.tenancy.tables import NAMES, copy_row, insert_statement

__all__ = ["estate"]

P = Permission
NOT_ALLOWED = "42501"
#: No such row, or no right to the verb. Anything else, a key that refuses say, has got past the policies.
NOT_REACHED = {0, NOT_ALLOWED}
PEOPLE = ("alice", "mona", "max", "vera")


@dataclass(frozen=True, slots=True)
class Rule:
    """What a verb on a table needs: one of the permissions, or that it is about oneself."""

    permissions: tuple[P, ...] = ()
    #: The permission may reach only rows that the person made.
    by_maker: bool = False
    #: No permission reaches anybody else's.
    only_own: bool = False
    #: One's own needs no permission.
    own_is_free: bool = False

    def allows(self, actor: Actor, maker: UUID) -> bool:
        is_own = maker == actor.user_id
        if is_own and self.own_is_free:
            return True
        if self.only_own and not is_own:
            return False
        return any(actor.may(each, created_by=maker if self.by_maker else None) for each in self.permissions)


RULES: dict[tuple[str, str], Rule] = {
    ("organizations", "SELECT"): Rule((P.ORGANIZATION_VIEW,)),
    ("organizations", "UPDATE"): Rule((P.ORGANIZATION_EDIT,)),
    ("organization_slugs", "SELECT"): Rule((P.ORGANIZATION_VIEW,)),
    # Names of people stand beside what they made, which every viewer reads, from the view `people`: test_people.py.
    ("users", "SELECT"): Rule((P.USERS_VIEW,), own_is_free=True),
    ("users", "UPDATE"): Rule((P.USERS_EDIT, P.USERS_DEACTIVATE), own_is_free=True),
    ("invitations", "SELECT"): Rule((P.USERS_VIEW,)),
    # in one's own name, to members and viewers, as the estate's are: test_invitations.py has the others
    ("invitations", "INSERT"): Rule((P.USERS_INVITE,), only_own=True),
    ("invitations", "UPDATE"): Rule((P.USERS_INVITE,)),
    ("audit_logs", "SELECT"): Rule((P.AUDIT_VIEW,)),
    ("audit_seals", "SELECT"): Rule((P.AUDIT_VIEW,)),
    ("retention_progress", "SELECT"): Rule((P.ORGANIZATION_EDIT,)),
    ("legal_holds", "SELECT"): Rule((P.ORGANIZATION_EDIT,)),
    ("legal_holds", "INSERT"): Rule((P.ORGANIZATION_EDIT,)),
    ("legal_holds", "UPDATE"): Rule((P.ORGANIZATION_EDIT,)),
    ("archives", "SELECT"): Rule((P.PROJECTS_VIEW,)),
    ("archives", "INSERT"): Rule((P.PROJECTS_ARCHIVE,)),
    ("archives", "UPDATE"): Rule((P.PROJECTS_ARCHIVE,)),
    ("projects", "SELECT"): Rule((P.PROJECTS_VIEW,)),
    ("projects", "INSERT"): Rule((P.PROJECTS_CREATE,), only_own=True),
    ("projects", "UPDATE"): Rule((P.PROJECTS_EDIT, P.PROJECTS_ARCHIVE), by_maker=True),
    # a draft, as the estate's are, and what stands behind it: tests/lib/templates/test_reading.py has the others
    ("orchestration_templates", "SELECT"): Rule((P.TEMPLATES_EDIT,), by_maker=True),
    ("orchestration_templates", "INSERT"): Rule((P.TEMPLATES_CREATE,), only_own=True),
    ("orchestration_templates", "UPDATE"): Rule((P.TEMPLATES_EDIT,), by_maker=True),
    ("template_versions", "SELECT"): Rule((P.TEMPLATES_EDIT,), by_maker=True),
    # the maker is the template's
    ("template_versions", "INSERT"): Rule((P.TEMPLATES_EDIT,), by_maker=True),
    # one's own, whatever else one may do
    ("saved_views", "SELECT"): Rule((P.ORGANIZATION_VIEW,), only_own=True),
    ("saved_views", "INSERT"): Rule((P.ORGANIZATION_VIEW,), only_own=True),
    ("saved_views", "UPDATE"): Rule((P.ORGANIZATION_VIEW,), only_own=True),
    ("saved_views", "DELETE"): Rule((P.ORGANIZATION_VIEW,), only_own=True),
    ("usage_reports", "SELECT"): Rule((P.ORGANIZATION_VIEW,), only_own=True),
    ("usage_reports", "INSERT"): Rule((P.ORGANIZATION_VIEW,), only_own=True),
    ("usage_reports", "UPDATE"): Rule((P.ORGANIZATION_VIEW,), only_own=True),
    ("usage_reports", "DELETE"): Rule((P.ORGANIZATION_VIEW,), only_own=True),
    ("export_jobs", "SELECT"): Rule((P.ORGANIZATION_VIEW,), only_own=True),
    ("export_jobs", "INSERT"): Rule((P.ORGANIZATION_VIEW,), only_own=True),
    ("template_drafts", "SELECT"): Rule((P.TEMPLATES_VIEW,), only_own=True),
    ("template_drafts", "INSERT"): Rule((P.TEMPLATES_VIEW,), only_own=True),
    ("template_drafts", "UPDATE"): Rule((P.TEMPLATES_VIEW,), only_own=True),
    ("template_drafts", "DELETE"): Rule((P.TEMPLATES_VIEW,), only_own=True),
    ("template_reviews", "SELECT"): Rule((P.TEMPLATES_EDIT,), by_maker=True),
    # of templates that one may edit, in one's own name
    ("template_reviews", "INSERT"): Rule((P.TEMPLATES_EDIT,), by_maker=True),
    ("template_reviews", "UPDATE"): Rule((P.TEMPLATES_PUBLISH,), own_is_free=True),
    ("template_statistics", "SELECT"): Rule((P.TEMPLATES_VIEW,)),
    ("orchestration_runs", "SELECT"): Rule((P.ORCHESTRATIONS_VIEW,)),
    ("orchestration_runs", "INSERT"): Rule((P.ORCHESTRATIONS_RUN,), only_own=True),
    ("orchestration_runs", "UPDATE"): Rule((P.ORCHESTRATIONS_CANCEL,), by_maker=True),
    ("schedules", "SELECT"): Rule((P.ORCHESTRATIONS_VIEW,)),
    ("schedules", "INSERT"): Rule((P.ORCHESTRATIONS_RUN,), only_own=True),
    # and orchestrations.run, which whoever may cancel has
    ("schedules", "UPDATE"): Rule((P.ORCHESTRATIONS_CANCEL,), by_maker=True),
    ("phase_executions", "SELECT"): Rule((P.ORCHESTRATIONS_VIEW,)),
    # the maker is the run's
    ("phase_executions", "INSERT"): Rule((P.ORCHESTRATIONS_RUN,), only_own=True),
    ("phase_executions", "UPDATE"): Rule((P.ORCHESTRATIONS_CANCEL,), by_maker=True),
    ("phase_streams", "SELECT"): Rule((P.ORCHESTRATIONS_VIEW,)),
    # nobody writes them but through api.decide_review
    ("review_requests", "SELECT"): Rule((P.ORCHESTRATIONS_VIEW,)),
    ("run_reviews", "SELECT"): Rule((P.ORCHESTRATIONS_VIEW,)),
    ("integration_operations", "SELECT"): Rule((P.ORCHESTRATIONS_VIEW,)),
    # the maker is the run's
    ("integration_operations", "UPDATE"): Rule((P.ORCHESTRATIONS_CANCEL,), by_maker=True),
    ("run_comments", "SELECT"): Rule((P.ORCHESTRATIONS_VIEW,)),
    ("run_comments", "INSERT"): Rule((P.ORCHESTRATIONS_REVIEW,), only_own=True),
    # one's own words, or everybody's to take away: test_comments.py
    ("run_comments", "UPDATE"): Rule((P.ORGANIZATION_EDIT,), own_is_free=True),
    # the makers are those whom the budgets are about; what binds everybody who launches: tests/lib/budgets
    ("budgets", "SELECT"): Rule((P.ANALYTICS_VIEW, P.BUDGETS_MANAGE), own_is_free=True),
    ("budgets", "INSERT"): Rule((P.BUDGETS_MANAGE,)),
    ("budgets", "UPDATE"): Rule((P.BUDGETS_MANAGE,)),
    # triggers write them, and nobody else
    ("budget_periods", "SELECT"): Rule((P.ANALYTICS_VIEW, P.BUDGETS_MANAGE), own_is_free=True),
    ("budget_alerts", "SELECT"): Rule((P.ANALYTICS_VIEW, P.BUDGETS_MANAGE), own_is_free=True),
    ("budget_raises", "SELECT"): Rule((P.ANALYTICS_VIEW, P.BUDGETS_MANAGE), own_is_free=True),
    ("budget_raises", "INSERT"): Rule((P.BUDGETS_MANAGE,)),
    ("budget_raises", "UPDATE"): Rule((P.BUDGETS_MANAGE,)),
    ("spending_watches", "SELECT"): Rule((P.ANALYTICS_VIEW, P.BUDGETS_MANAGE)),
    ("spending_watches", "INSERT"): Rule((P.BUDGETS_MANAGE,)),
    ("spending_watches", "UPDATE"): Rule((P.BUDGETS_MANAGE,)),
    ("spending_notices", "SELECT"): Rule((P.ANALYTICS_VIEW, P.BUDGETS_MANAGE)),
    ("api_usage", "SELECT"): Rule((P.ANALYTICS_VIEW,), own_is_free=True),
    ("webhooks", "SELECT"): Rule((P.WEBHOOKS_VIEW,)),
    ("webhooks", "INSERT"): Rule((P.WEBHOOKS_MANAGE,)),
    ("webhooks", "UPDATE"): Rule((P.WEBHOOKS_MANAGE,)),
    ("webhooks", "DELETE"): Rule((P.WEBHOOKS_MANAGE,)),
    # triggers and functions write them, and nobody else
    ("webhook_events", "SELECT"): Rule((P.WEBHOOKS_VIEW,)),
    ("webhook_deliveries", "SELECT"): Rule((P.WEBHOOKS_VIEW,)),
    ("webhook_attempts", "SELECT"): Rule((P.WEBHOOKS_VIEW,)),
    ("usage_hourly", "SELECT"): Rule((P.ANALYTICS_VIEW,)),
    ("usage_daily", "SELECT"): Rule((P.ANALYTICS_VIEW,)),
    ("usage_open_hours", "SELECT"): Rule((P.ANALYTICS_VIEW,)),
    ("usage_open_days", "SELECT"): Rule((P.ANALYTICS_VIEW,)),
    ("provider_connections", "SELECT"): Rule((P.CONNECTIONS_VIEW,)),
    ("provider_connections", "INSERT"): Rule((P.CONNECTIONS_MANAGE,)),
    ("provider_connections", "UPDATE"): Rule((P.CONNECTIONS_MANAGE,)),
    ("provider_connections", "DELETE"): Rule((P.CONNECTIONS_MANAGE,)),
    ("integration_connections", "SELECT"): Rule((P.CONNECTIONS_VIEW,)),
    ("integration_connections", "INSERT"): Rule((P.CONNECTIONS_MANAGE,)),
    ("integration_connections", "UPDATE"): Rule((P.CONNECTIONS_MANAGE,)),
    ("integration_connections", "DELETE"): Rule((P.CONNECTIONS_MANAGE,)),
}
NOBODY = Rule()
#: Table -> a change that its guard has nothing against.
CHANGES = {
    "organizations": "name = 'Renamed'",
    "users": "full_name = 'Renamed'",
    "projects": "description = 'Changed'",
    "orchestration_templates": "description = 'Changed'",
    "saved_views": "query = 'range=7-days'",
    "usage_reports": "query = 'model=none'",
    "template_drafts": "content = '{}'",
    "template_reviews": "decision = CASE requested_by WHEN api.person_id() THEN 'withdrawn' ELSE 'rejected' END, "
    "decided_by = api.person_id(), decided_at = now()",
    "orchestration_runs": "cancel_requested_at = now()",
    "schedules": "is_active = false",
    "phase_executions": "status = 'cancelled'",
    "run_comments": "deleted_at = now()",
    "webhooks": "description = 'Changed'",
    "budgets": "note = 'Changed'",
    "budget_raises": "expires_at = now()",
    "spending_watches": "ended_at = now()",
    "archives": "status = 'restoring'",
    "legal_holds": "released_by = api.person_id()",
    "provider_connections": "name = 'Changed'",
    "integration_connections": "name = 'Changed'",
    "integration_operations": "status = 'cancelled'",
    "invitations": "revoked_at = now()",
}
#: Table -> what makes a copy of somebody's row a new one in the name of `maker`, written by `writer`.
Copies = dict[str, Callable[[UUID, UUID], dict[str, Any]]]
COPIES: Copies = {
    "projects": lambda maker, _: {"created_by": maker},
    "orchestration_templates": lambda maker, _: {"created_by": maker, "usage_count": 0},
    "template_versions": lambda _, writer: {"version": 99, "created_by": writer},
    "saved_views": lambda maker, _: {"user_id": maker, "name": "Another"},
    "usage_reports": lambda maker, _: {"user_id": maker, "rhythm": "monthly"},
    "export_jobs": lambda maker, _: {"user_id": maker},
    "template_drafts": lambda maker, _: {"created_by": maker},
    "template_reviews": lambda _, writer: {"requested_by": writer},
    "orchestration_runs": lambda maker, _: {"user_id": maker, "admitted_at": None},
    "schedules": lambda maker, _: {"created_by": maker, "user_id": maker},
    "phase_executions": lambda *_: {"phase_code": "Phase 9"},
    "run_comments": lambda maker, _: {"created_by": maker},
    "webhooks": lambda *_: {"name": "Another"},
    "budgets": lambda _, writer: {"period": "total", "created_by": writer},
    "budget_raises": lambda _, writer: {"created_by": writer},
    "spending_watches": lambda _, writer: {"hours": 48, "created_by": writer},
    "legal_holds": lambda _, writer: {"placed_by": writer},
    "provider_connections": lambda _, writer: {"slug": "another", "created_by": writer},
    "integration_connections": lambda _, writer: {"slug": "another", "created_by": writer, "encrypted_secret": "\\x00"},
    "invitations": lambda maker, _: {"invited_by": maker, "email": f"{uuid4()}@invited.example"},
}
#: Of these there is one for a template, so a copy is another template's.
ONCE_A_TEMPLATE = {"template_drafts", "template_reviews"}


@pytest.fixture(scope="module", params=PEOPLE)
def who(request: pytest.FixtureRequest, estate: Estate) -> Actor:
    return estate.person(request.param)


@pytest.fixture(scope="module")
def connection(estate: Estate, who: Actor) -> Iterator[Connection]:
    """The web door as that person."""
    with doors.person(estate.database, who) as opened:
        yield opened


def test_every_table_is_walked(estate: Estate) -> None:
    assert sorted(estate.tables) == NAMES
    assert all(estate.rows.values())
    assert {table for table, _ in RULES} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_person_reads_what_the_permission_table_says(
    estate: Estate, who: Actor, connection: Connection, name: str
) -> None:
    rule = RULES.get((name, "SELECT"), NOBODY)
    for maker, key in estate.rows[name].items():
        found = doors.reached(connection, f"SELECT 1 FROM {name} WHERE {estate.tables[name].key} = %s", [key])
        assert found in ({1} if rule.allows(who, maker) else NOT_REACHED), maker


@pytest.mark.parametrize("name", NAMES)
def test_person_changes_what_the_permission_table_says(
    estate: Estate, who: Actor, connection: Connection, name: str
) -> None:
    rule = RULES.get((name, "UPDATE"), NOBODY)
    key_column = estate.tables[name].key
    change = CHANGES.get(name, f"{key_column} = {key_column}")
    for maker, key in estate.rows[name].items():
        found = doors.reached(connection, f"UPDATE {name} SET {change} WHERE {key_column} = %s", [key])
        assert found in ({1} if rule.allows(who, maker) else NOT_REACHED), maker


@pytest.mark.parametrize("name", NAMES)
def test_person_deletes_what_the_permission_table_says(
    estate: Estate, who: Actor, connection: Connection, name: str
) -> None:
    rule = RULES.get((name, "DELETE"), NOBODY)
    for maker, key in estate.rows[name].items():
        found = doors.reached(connection, f"DELETE FROM {name} WHERE {estate.tables[name].key} = %s", [key])
        assert found in ({1} if rule.allows(who, maker) else NOT_REACHED), maker


@pytest.mark.parametrize("name", NAMES)
def test_person_truncates_nothing(connection: Connection, name: str) -> None:
    assert doors.refusal(connection, f"TRUNCATE {name} CASCADE") == NOT_ALLOWED


@pytest.mark.parametrize("name", NAMES)
def test_person_makes_what_the_permission_table_says(
    estate: Estate, who: Actor, connection: Connection, name: str
) -> None:
    """In their own name and in everybody else's."""
    rule = RULES.get((name, "INSERT"), NOBODY)
    table = estate.tables[name]
    with doors.admin(estate.database) as administrator:
        for maker, key in estate.rows[name].items():
            changes = COPIES[name](maker, who.user_id) if name in COPIES else {}
            if name in ONCE_A_TEMPLATE:
                changes["template_id"] = estate.rows["orchestration_templates"][maker]
            row = copy_row(administrator, table, key, {table.key: uuid4(), **changes})
            statement, values = insert_statement(table, connection), [json.dumps(row, default=str)]
            refused = doors.refusal(connection, statement, values)
            assert refused == (None if rule.allows(who, maker) else NOT_ALLOWED), maker
