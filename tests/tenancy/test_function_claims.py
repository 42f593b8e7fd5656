"""Every function of people that acts with the owner's rights, and every view, asked by plain SQL for A's rows.

By nobody, by somebody whose claims are not signed, and by an admin of another organization.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import psycopg
import pytest

from lib.db.logins import AUTHENTICATED
from tests import doors
from tests.doors import Connection, claims_of
from tests.tenancy.conftest import World
from tests.tenancy.functions import DEFINERS
from tests.tenancy.ledger import Change, Row, read_rows
from tests.tenancy.test_claims import GONE, NOBODY

NOT_ALLOWED: Final = "42501"
#: Function -> how it is asked for something of A's, where it asks for a row at all.
CALLS: Final[Mapping[str, str]] = {
    "api.organization_id()": "SELECT api.organization_id()",
    "api.launched_in()": "SELECT api.launched_in()",
    "api.is_my_run(uuid)": "SELECT api.is_my_run(%(run)s)",
    "api.keep_an_admin(uuid,uuid)": "SELECT api.keep_an_admin(%(organization)s, %(person)s)",
    "api.may(text)": "SELECT api.may('projects.view')",
    "api.may_own(text)": "SELECT api.may_own('projects.edit')",
    "api.find_template(uuid)": "SELECT api.find_template(%(template)s)",
    "api.is_project_held(uuid)": "SELECT nullif(api.is_project_held(%(project)s), false)",
    "api.find_archive_of(uuid)": "SELECT api.find_archive_of(%(archived_run)s)",
    "api.is_restoring()": "SELECT nullif(api.is_restoring(), false)",
    "api.count_open_runs(uuid)": "SELECT api.count_open_runs(%(project)s)",
    "api.decide_review(uuid,text,text,text,text)": "SELECT nullif("
    "api.decide_review(%(review)s, 'approve', '', NULL, '') ->> 'state', 'not_found')",
    "api.decide_operation(uuid,boolean,text,jsonb)": "SELECT nullif("
    "api.decide_operation(%(operation)s, true, '', NULL), 'not_found')",
    "api.open_integration(text)": "SELECT api.open_integration(%(integration)s)",
    "api.offered_integrations()": "SELECT api.offered_integrations()",
    "api.hold_counters(uuid[])": "SELECT api.hold_counters(ARRAY[%(run)s]::uuid[])",
    "api.withdraw_pause(uuid)": "SELECT api.withdraw_pause(%(run)s)",
    "api.pause_run(uuid)": "SELECT api.pause_run(%(run)s)",
    "api.raise_cost_limit(uuid,numeric,numeric)": "SELECT api.raise_cost_limit(%(run)s, 1, NULL)",
    "api.finish_run(uuid)": "SELECT api.finish_run(%(run)s)",
    "api.other_reviewers(text[])": "SELECT api.other_reviewers('{}')",
    "api.other_approvers(uuid)": "SELECT api.other_approvers(%(run)s)",
    "api.enqueue_run(uuid)": "SELECT api.enqueue_run(%(run)s)",
    "api.read_turns(uuid)": "SELECT place FROM api.read_turns(%(run)s) WHERE place IS NOT NULL",
    "api.fire_schedule(uuid,timestamp with time zone,timestamp with time zone,uuid)": "SELECT api.fire_schedule("
    "%(schedule)s, now(), now() + interval '1 hour', %(run)s)",
    "api.send_usage_report(uuid,date,timestamp with time zone,jsonb)": "SELECT api.send_usage_report("
    "%(report)s, current_date + 9, now() + interval '1 hour', '{}')",
    "api.remove_export(uuid)": "SELECT nullif(api.remove_export(%(export)s), false)",
    "api.second_factors(uuid[])": "SELECT * FROM api.second_factors(ARRAY[%(person)s::uuid])",
    "api.record_event(text,text,uuid,jsonb)": "SELECT api.record_event('projects.export', 'projects', NULL, '{}')",
    "api.record_refusal(text)": "SELECT api.record_refusal('audit.view')",
    "api.check_seals(uuid,bigint,integer)": "SELECT number FROM api.check_seals(%(organization)s, 0, 10)",
    "api.compare_seal(uuid,bigint)": "SELECT id FROM api.compare_seal(%(organization)s, 1)",
    "api.preview_retention(uuid,jsonb,integer)": "SELECT api.preview_retention(%(organization)s, NULL, 10)",
    "api.read_retention()": "SELECT * FROM api.read_retention()",
    "api.count_unsealed(uuid,integer)": "SELECT api.count_unsealed(%(organization)s, 10)",
    "api.report_frame(uuid,timestamp with time zone,timestamp with time zone)": "SELECT name FROM api.report_frame("
    "%(organization)s, now() - interval '1 day', now())",
    "api.report_people(uuid,timestamp with time zone,uuid,integer)": "SELECT id FROM api.report_people("
    "%(organization)s, now(), '00000000-0000-0000-0000-000000000000', 10)",
    "api.report_entries(uuid,text,timestamp with time zone,timestamp with time zone,uuid,integer)": "SELECT id FROM "
    "api.report_entries(%(organization)s, 'users.create', now(), now() - interval '1 day', "
    "'00000000-0000-0000-0000-000000000000', 10)",
    "api.report_counts(uuid,timestamp with time zone,timestamp with time zone)": "SELECT action FROM "
    "api.report_counts(%(organization)s, now() - interval '1 day', now())",
    "api.report_refusals(uuid,text[],timestamp with time zone,timestamp with time zone,integer)": "SELECT number FROM "
    "api.report_refusals(%(organization)s, '{users.create}', now() - interval '1 day', now(), 10)",
    "api.record_report(uuid,jsonb)": "SELECT api.record_report(%(organization)s, '{}')",
    "api.open_connection(text)": "SELECT api.open_connection(%(slug)s)",
    "api.offered_connections()": "SELECT api.offered_connections()",
    "api.record_connection_test(uuid,jsonb)": """SELECT api.record_connection_test(%(connection)s, '{"model": "m"}')""",
    "api.begin_connection_test(uuid,text)": "SELECT api.begin_connection_test(%(connection)s, 'm')",
    "api.finish_connection_test(uuid,uuid,jsonb)": "SELECT api.finish_connection_test("
    """%(connection)s, %(run)s, '{"endpoint": "model", "model": "m"}')""",
    "api.take_turn(text)": "SELECT nullif(api.take_turn(%(slug)s), 0)",
    "api.begin_try(text,text)": "SELECT api.begin_try('openai', 'm')",
    "api.finish_try(uuid,jsonb)": """SELECT api.finish_try(%(run)s, '{"endpoint": "model", "model": "m"}')""",
    "api.may_invite(text,jsonb)": "SELECT api.may_invite('viewer', '[]')",
    "api.issue_invitation(uuid,bytea)": "SELECT api.issue_invitation(%(invitation)s, 'hash')",
    "api.end_sessions(uuid)": "SELECT api.end_sessions(%(person)s)",
    "api.issue_password_link(uuid,bytea)": "SELECT api.issue_password_link(%(person)s, 'hash')",
    "api.count_locked_out(integer)": "SELECT people FROM api.count_locked_out(0)",
    "api.count_sessions(uuid)": "SELECT * FROM api.count_sessions(%(person)s)",
    "api.enqueue_mail(text,text,uuid,jsonb,bytea)": "SELECT api.enqueue_mail("
    "'invitation', 'new@new.example', %(organization)s, '{}', 'sealed')",
    "api.list_organizations()": "SELECT * FROM api.list_organizations()",
    "api.read_work()": "SELECT * FROM api.read_work()",
    "api.read_connections()": "SELECT * FROM api.read_connections()",
    "api.read_tables()": "SELECT * FROM api.read_tables()",
    "api.read_indexes()": "SELECT * FROM api.read_indexes()",
    "api.read_statements(integer)": "SELECT * FROM api.read_statements(5)",
    "api.read_tightest()": "SELECT * FROM api.read_tightest()",
    "api.read_sizes()": "SELECT * FROM api.read_sizes()",
    "api.sum_removals(timestamp with time zone)": "SELECT * FROM api.sum_removals(now() - interval '1 day')",
    "api.read_removals(timestamp with time zone,integer)": "SELECT * FROM "
    "api.read_removals(now() - interval '1 day', 9)",
    "api.count_people(uuid[])": "SELECT * FROM api.count_people(ARRAY[%(organization)s::uuid])",
    "api.govern_organization(uuid,jsonb)": "SELECT api.govern_organization("
    """%(organization)s, '{"suspension_reason": "unpaid"}')""",
    "api.invite_first_admin(uuid,text,bytea)": "SELECT api.invite_first_admin("
    "%(organization)s, 'new@new.example', 'hash')",
    "api.is_last_operator(uuid)": "SELECT api.is_last_operator(%(person)s)",
    "api.ask_deletion(boolean)": "SELECT api.ask_deletion(true)",
    "api.budget_managers()": "SELECT * FROM api.budget_managers()",
    "api.send_test_event(uuid)": "SELECT api.send_test_event(%(webhook)s)",
    "api.redeliver(uuid,uuid[],timestamp with time zone)": "SELECT api.redeliver(%(webhook)s, NULL, now())",
    "api.drop_deliveries(uuid)": "SELECT api.drop_deliveries(%(webhook)s)",
    "api.rotate_webhook_secret(uuid,text,integer)": "SELECT api.rotate_webhook_secret(%(webhook)s, 'sealed', 0)",
    "api.take_seat(uuid)": "SELECT * FROM api.take_seat(%(organization)s)",
}
#: Those that name a row of A's: a stranger gets nothing of them either, or is refused.
TO_A_ROW: Final = [name for name, call in CALLS.items() if "%(" in call]


def _rows_of_a(connection: Connection, world: World) -> set[str]:
    """Each row of A as the superuser sees it within this transaction."""
    with connection.transaction(force_rollback=True):
        connection.execute("RESET ROLE")
        rows = read_rows(connection)
    whose = str(world.cast.organization_a)

    def is_of_a(table: str, row: Row) -> bool:
        return table == "mail_outbox" or Change(table, None, row, rows).organization_id == whose

    return {json.dumps(row) for table, found in rows.items() for row in found.values() if is_of_a(table, row)}


def _values_of_a(connection: Connection, world: World) -> Mapping[str, object]:
    """What of A's is asked for, by the names that `CALLS` has for it."""
    return {
        "organization": world.cast.organization_a,
        "person": world.cast.max.user_id,
        "run": world.queued_a.id,
        "template": world.a.template_id,
        "connection": world.a.connection_id,
        "invitation": world.a.invitation_id,
        "review": world.a.review_id,
        "slug": _slug_of_a(connection, world, "provider_connections"),
        "operation": world.a.operation_id,
        "integration": _slug_of_a(connection, world, "integration_connections"),
        "schedule": world.a.schedule_id,
        "report": world.a.report_id,
        "export": world.a.export_id,
        "webhook": world.a.webhook_id,
        "archived_run": world.a.archived_run_id,
    }


def _slug_of_a(connection: Connection, world: World, table: str) -> str:
    with connection.transaction(force_rollback=True):
        connection.execute("RESET ROLE")
        found = connection.execute(
            f"SELECT slug FROM {table} WHERE organization_id = %s".encode(), [world.cast.organization_a]
        )
        [(slug,)] = found.fetchall()
    return str(slug)


class Asking:
    """A connection that has become somebody, in a transaction that stays as it is: whatever it is asked is undone."""

    def __init__(self, connection: Connection, world: World) -> None:
        self.connection = connection
        self._world = world
        self._values = _values_of_a(connection, world)
        self._before = _rows_of_a(connection, world)

    def ask(self, name: str) -> list[Any] | str | None:
        """What the function answers, or the SQLSTATE of its refusal; A's rows are as before either way."""
        try:
            with self.connection.transaction(force_rollback=True):
                found = self.connection.execute(CALLS[name].encode(), self._values)
                answer = [value for row in found for value in row]
                assert _rows_of_a(self.connection, self._world) == self._before, "it wrote"
        except psycopg.Error as error:
            return error.sqlstate
        return answer


@pytest.fixture(scope="module", params=[*NOBODY, *GONE, "not signed"])
def nobody(request: pytest.FixtureRequest, world: World) -> Iterator[Asking]:
    """A superuser's connection that has become somebody who is nobody; what made them go is undone."""
    case, cast = request.param, world.cast
    with doors.admin(world.database) as connection, connection.transaction(force_rollback=True):
        if case == "not signed":
            doors.announce(connection, json.dumps(claims_of(cast.alice)), signature="0" * 64)
        elif case in GONE:
            connection.execute(GONE[case].encode(), [cast.alice.user_id])
            doors.become_person(connection, cast.alice)
        else:
            doors.become_person(connection, NOBODY[case](cast))
        yield Asking(connection, world)


@pytest.fixture(scope="module")
def stranger(world: World) -> Iterator[Asking]:
    """The same, become an admin of B."""
    with doors.admin(world.database) as connection, connection.transaction(force_rollback=True):
        doors.become_person(connection, world.cast.charlie)
        yield Asking(connection, world)


def test_every_function_of_people_is_asked() -> None:
    assert set(CALLS) == {name for name, definer in DEFINERS.items() if AUTHENTICATED in definer.callers}


@pytest.mark.parametrize("name", CALLS)
def test_function_of_people_says_and_does_nothing_for_nobody(nobody: Asking, name: str) -> None:
    answer = nobody.ask(name)
    assert answer == NOT_ALLOWED or not any(answer or ()), answer


@pytest.mark.parametrize("name", TO_A_ROW)
def test_function_of_people_says_and_does_nothing_for_a_stranger(stranger: Asking, name: str) -> None:
    answer = stranger.ask(name)
    assert answer == NOT_ALLOWED or not any(answer or ()), answer


def test_views_show_nobody_nothing_and_a_stranger_their_own(nobody: Asking, stranger: Asking, world: World) -> None:
    views = [
        name for (name,) in stranger.connection.execute("SELECT viewname FROM pg_views WHERE schemaname = 'public'")
    ]
    assert sorted(views) == ["people", "readable_templates"]
    for view in views:
        assert doors.reached(nobody.connection, f"SELECT FROM {view}") == 0
        own = stranger.connection.execute(f"SELECT DISTINCT organization_id FROM {view}".encode()).fetchall()
        assert set(own) - {(None,)} == {(world.cast.organization_b,)}, "what is public names no organization"
