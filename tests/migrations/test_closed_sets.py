"""What is a closed set in the database is the same set in Python."""

from collections.abc import Iterator
from enum import StrEnum

import pytest

from lib.access.permissions import GRANTS, Permission, Role, Scope
from lib.exports import ExportFormat
from lib.identity.tokens import TokenKind
from lib.mail.message import MailKind
from lib.models.archive import ArchiveStatus
from lib.models.budget import BudgetPeriod, BudgetScope
from lib.models.export_job import ExportKind, ExportStatus
from lib.models.mail import MailStatus
from lib.models.operation import OperationStatus
from lib.models.organization import Tier
from lib.models.project import Priority, ProjectStatus
from lib.models.retention import RetentionKind
from lib.models.review import Decision, ReviewOutcome
from lib.models.run import PhaseStatus, RunPriority, RunStatus
from lib.models.schedule import CatchUp, Overlap, ScheduleResult
from lib.models.template import ReviewDecision, TemplateStatus
from lib.models.usage import Cut
from lib.models.usage_report import Rhythm
from lib.models.webhook import DeliveryStatus, EventType
from lib.providers.vendors import Vendor
from lib.shelf.store import Store
from tests import doors
from tests.cast import Cast, make_cast
from tests.database import ClonedDatabase
from tests.doors import Connection

CLOSED: dict[str, type[StrEnum]] = {
    "organizations_subscription_tier_check": Tier,
    "users_role_check": Role,
    "invitations_role_check": Role,
    "projects_status_check": ProjectStatus,
    "projects_priority_check": Priority,
    "orchestration_templates_status_check": TemplateStatus,
    "template_reviews_decision_check": ReviewDecision,
    "orchestration_runs_status_check": RunStatus,
    "orchestration_runs_priority_check": RunPriority,
    "phase_executions_status_check": PhaseStatus,
    "integration_operations_status_check": OperationStatus,
    "provider_connections_vendor_check": Vendor,
    "review_requests_outcome_check": ReviewOutcome,
    "run_reviews_decision_check": Decision,
    "schedules_priority_check": RunPriority,
    "schedules_catch_up_check": CatchUp,
    "schedules_overlap_check": Overlap,
    "schedules_last_result_check": ScheduleResult,
    "webhook_events_type_check": EventType,
    "webhook_deliveries_status_check": DeliveryStatus,
    "usage_hourly_cut_check": Cut,
    "usage_daily_cut_check": Cut,
    "mail_outbox_kind_check": MailKind,
    "mail_outbox_status_check": MailStatus,
    "usage_reports_rhythm_check": Rhythm,
    "export_jobs_kind_check": ExportKind,
    "export_jobs_format_check": ExportFormat,
    "export_jobs_status_check": ExportStatus,
    "export_jobs_store_check": Store,
    "archives_status_check": ArchiveStatus,
    "archives_store_check": Store,
    "budgets_scope_check": BudgetScope,
    "budgets_period_check": BudgetPeriod,
    "retention_progress_kind_check": RetentionKind,
}
#: The database knows the words of later steps already.
AHEAD: dict[str, frozenset[str]] = {
    "user_tokens_kind_check": frozenset(TokenKind),
    "user_sessions_state_check": frozenset({"active"}),
}


@pytest.fixture(scope="module")
def catalog(module_database: ClonedDatabase) -> Iterator[Connection]:
    with doors.admin(module_database) as connection:
        yield connection


@pytest.fixture(scope="module")
def people(module_database: ClonedDatabase) -> Cast:
    return make_cast(module_database)


def _words(catalog: Connection, constraint: str) -> set[str]:
    row = catalog.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [constraint]
    ).fetchone()
    assert row is not None, f"no constraint {constraint}"
    return set(row[0].split("'")[1::2])


@pytest.mark.parametrize(("constraint", "words"), CLOSED.items(), ids=CLOSED)
def test_column_takes_exactly_the_words_of_its_enum(catalog: Connection, constraint: str, words: type[StrEnum]) -> None:
    assert _words(catalog, constraint) == {word.value for word in words}


@pytest.mark.parametrize("constraint", AHEAD)
def test_column_takes_at_least_the_words_that_python_writes(catalog: Connection, constraint: str) -> None:
    assert _words(catalog, constraint) >= AHEAD[constraint]


def test_no_closed_set_is_without_its_enum(catalog: Connection) -> None:
    rows = catalog.execute(
        "SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace "
        "AND pg_get_constraintdef(oid) LIKE '%= ANY%'"
    )
    assert {name for (name,) in rows} == {*CLOSED, *AHEAD}


@pytest.mark.parametrize("role", Role)
def test_database_grants_a_role_what_the_permission_table_does(catalog: Connection, role: Role) -> None:
    row = catalog.execute("SELECT api.role_grants(%s)", [role.value]).fetchone()
    assert row == ({permission.value: scope.value for permission, scope in GRANTS[role].items()},)


def test_unknown_role_is_granted_nothing(catalog: Connection) -> None:
    assert catalog.execute("SELECT api.role_grants('owner')").fetchone() == ({},)


@pytest.mark.parametrize("name", ["alice", "mona", "max", "vera"])
def test_database_answers_for_a_person_as_the_actor_does(
    module_database: ClonedDatabase, people: Cast, name: str
) -> None:
    actor = getattr(people, name)
    with doors.person(module_database, actor) as connection:
        for permission in Permission:
            row = connection.execute("SELECT api.may(%s), api.may_own(%s)", [permission, permission]).fetchone()
            assert row == (actor.may(permission), actor.may_some(permission)), permission


def test_permission_granted_to_one_person_counts_for_every_row(module_database: ClonedDatabase, people: Cast) -> None:
    with doors.admin(module_database) as connection:
        connection.execute("UPDATE users SET permissions = %s WHERE id = %s", ['["audit.view"]', people.vera.user_id])
    with doors.person(module_database, people.vera) as connection:
        row = connection.execute(
            "SELECT api.may('audit.view'), api.may_own('audit.view'), api.may('users.edit')"
        ).fetchone()
    assert row == (True, True, False)


def test_scopes_are_the_two_that_the_database_knows() -> None:
    assert {scope.value for scope in Scope} == {"own", "organization"}
