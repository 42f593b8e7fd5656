"""What the operator reads of the installation's health, of a real server."""

from datetime import timedelta

import psycopg
import pytest

from lib import clock
from lib.access.actor import Actor
from lib.db.logins import Login
from lib.errors import NotFound, NotPermitted
from lib.health.service import explain_statement, list_statements, read_health
from lib.health.views import TableFacts
from lib.organizations.operator import CommandLine
from lib.runs.queries import RunFilter
from lib.runs.service import list_runs
from lib.samples.service import load_sample
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_audit import write_entries
from tests.made_runs import make_run
from tests.made_webhooks import make_delivery, make_endpoint
from tests.operated import cast, olga, together

__all__ = ["cast", "olga", "together"]

DAY = timedelta(days=1)


def see_table(**changes: object) -> TableFacts:
    facts = {"name": "projects", "bytes": 100_000, "index_bytes": 40_000, "live_rows": 100, "dead_rows": 0}
    facts |= {"inserted": 0, "deleted": 0, "counted_since": None, "vacuumed_at": None, "analyzed_at": None}
    facts |= {"tightest_row_bytes": None}
    return TableFacts(**(facts | changes))  # type: ignore[arg-type] # as the test has them


def test_work_of_every_organization_is_counted_and_none_of_the_sample(
    installation: Installation, cast: Cast, olga: Actor
) -> None:
    load_sample()
    for actor in (cast.alice, cast.charlie):
        make_run(installation.database, actor, project_id=make_project(installation.database, actor))
    work = read_health(olga).work
    assert {kind: waiting.number for kind, waiting in work.items()} == {
        "runs.queued": 2,
        "runs.running": 0,
        "runs.waiting_review": 0,
        "runs.paused": 0,
        "deliveries.due": 0,
        "mail.due": 0,
        "usage.hours": 0,
    }
    assert [kind for kind, waiting in work.items() if waiting.since] == ["runs.queued"], "nothing else can be overdue"
    since = work["runs.queued"].since
    assert since is not None
    assert clock.now() - since < timedelta(minutes=5)


def test_due_deliveries_mails_and_hours_are_counted_from_when_they_are_due(
    installation: Installation, cast: Cast, olga: Actor
) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "INSERT INTO mail_outbox (organization_id, kind, recipient, status, next_attempt_at) VALUES "
            "(%(a)s, 'invitation', 'x@new.example', 'queued', now() - interval '1 hour'), "
            "(%(a)s, 'invitation', 'x@new.example', 'queued', now() + interval '1 hour')",
            {"a": cast.organization_a},
        )
        connection.execute(
            "INSERT INTO usage_open_hours (organization_id, hour) "
            "VALUES (%s, date_trunc('hour', now()) - interval '1 day')",
            [cast.organization_a],
        )
    work = read_health(CommandLine()).work
    assert work["mail.due"].number == 1
    assert work["usage.hours"].number == 1
    assert work["deliveries.due"].number == 0
    assert work["deliveries.due"].since is None
    assert work["mail.due"].since is not None
    assert clock.now() - work["mail.due"].since > timedelta(minutes=59)


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ("UPDATE organizations SET name = name", 1),
        ("UPDATE webhooks SET resume_at = now() - interval '1 minute'", 1),
        ("UPDATE webhooks SET resume_at = now() + interval '1 minute'", 0),
        ("UPDATE webhooks SET is_active = false", 0),
        ("UPDATE organizations SET suspended_at = now()", 0),
        ("UPDATE organizations SET deleted_at = now()", 0),
    ],
)
def test_delivery_that_no_worker_takes_up_is_not_due(
    installation: Installation, cast: Cast, change: str, number: int
) -> None:
    make_endpoint(cast.alice)
    make_delivery(installation.database, cast.alice, outcome=None)
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE webhook_deliveries SET next_attempt_at = now() - interval '1 hour'")
        connection.execute(change.encode())
    assert read_health(CommandLine()).work["deliveries.due"].number == number


def test_nobody_but_an_operator_reads_any_of_it(cast: Cast) -> None:
    for actor in (cast.alice, cast.vera):
        for use_case in (read_health, list_statements):
            with pytest.raises(NotPermitted):
                use_case(actor)
        with pytest.raises(NotPermitted):
            explain_statement(actor, "SELECT 1")


def test_connections_are_told_apart_by_login_and_what_they_do(installation: Installation, olga: Actor) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("SELECT 1")  # its transaction stays open
        health = read_health(olga)
        found = {(each.login, each.state): each for each in health.connections}
    mine = found["postgres", "idle in transaction"]
    assert mine.number == 1
    assert mine.longest_ms is not None
    assert health.open_connections <= health.most_connections


def test_pools_are_those_of_the_process_that_looks(installation: Installation, olga: Actor) -> None:
    (web,) = [pool for pool in read_health(olga).pools if pool.login == Login.WEB.value]
    assert (web.in_use, web.most) == (1, 20)


def test_tables_and_indexes_are_as_large_as_the_server_says(installation: Installation, olga: Actor) -> None:
    health = read_health(olga)
    with doors.admin(installation.database) as connection:
        row = connection.execute("SELECT pg_total_relation_size('orchestration_runs')").fetchone()
        unread = connection.execute(
            "SELECT count(*) FROM pg_stat_user_indexes s JOIN pg_index i USING (indexrelid) "
            "WHERE s.schemaname = 'public' AND s.idx_scan = 0 AND NOT i.indisunique AND NOT i.indisexclusion"
        ).fetchone()
    assert row is not None
    assert unread is not None
    assert next(table.bytes for table in health.tables if table.name == "orchestration_runs") == row[0]
    assert [table.bytes for table in health.tables] == sorted((table.bytes for table in health.tables), reverse=True)
    assert abs(len(health.unused_indexes) - unread[0]) < 5, "somebody may have read one meanwhile"
    assert not any(index.is_rule for index in health.unused_indexes)


def test_statement_is_found_without_its_values_and_explained_by_the_page_that_asked_it(
    installation: Installation, cast: Cast, olga: Actor
) -> None:
    for _ in range(200):
        list_runs(cast.alice, RunFilter(search="A word that nobody finds"))
    statements = list_statements(olga)
    asked = [each for each in statements if "orchestration_runs" in each.statement and each.login == "authenticated"]
    assert asked, [each.statement[:60] for each in statements]
    assert asked[0].calls > 100, "most of them: what is rarely asked is forgotten where much is"
    assert asked[0].mean_ms <= asked[0].longest_ms
    assert not any("nobody finds" in each.statement for each in statements)
    plan = explain_statement(olga, asked[0].statement)
    assert plan is not None
    assert any("orchestration_runs" in line for line in plan)


def test_only_what_is_listed_is_explained(cast: Cast, olga: Actor) -> None:
    with pytest.raises(NotFound):
        explain_statement(olga, "SELECT pg_sleep(1)")


def test_table_grows_by_what_came_and_stayed_as_wide_as_what_is_there() -> None:
    now = clock.now()
    assert see_table().bytes_a_day(now) is None
    assert see_table(counted_since=now - DAY / 48).bytes_a_day(now) is None, "half an hour says nothing"
    assert see_table(counted_since=now - 2 * DAY, inserted=30, deleted=10).bytes_a_day(now) == pytest.approx(10_000)
    assert see_table(live_rows=0, counted_since=now - DAY).bytes_a_day(now) is None
    assert see_table(dead_rows=300).dead_share == 0.75
    assert see_table(live_rows=0).dead_share == 0


def test_bloat_is_the_room_that_rows_have_left_behind(installation: Installation, cast: Cast, olga: Actor) -> None:
    """By what a day has noted before: VACUUM leaves the room of removed rows to the table's next ones."""

    def see() -> TableFacts:
        with psycopg.connect(installation.database.admin_url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE audit_logs")
        return next(table for table in read_health(olga).tables if table.name == "audit_logs")

    write_entries(installation.database, cast.alice, count=4_000)
    assert see().bloat_share is None, "no day has been noted"
    with doors.login(installation.database, Login.WORKER) as connection:
        connection.execute("SELECT api.sample_sizes()")
    full = see()
    assert full.bloat_share == pytest.approx(0, abs=0.05)
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM audit_logs WHERE hashtext(id::text) % 4 <> 0")
    left = see()
    assert 800 < left.live_rows < 1_200
    assert left.bloat_share == pytest.approx(1 - left.live_rows * full.bytes / full.live_rows / left.bytes, abs=0.01)
    assert left.bloat_share > 0.3
    assert see_table(tightest_row_bytes=400).bloat_bytes == 60_000
    assert see_table(tightest_row_bytes=4_000).bloat_bytes == 0, "wider than ever"


def test_most_connections_are_told_where_nobody_else_is_connected(installation: Installation, olga: Actor) -> None:
    with doors.admin(installation.database) as connection:
        row = connection.execute("SHOW max_connections").fetchone()
    assert row is not None
    assert read_health(olga).most_connections == int(row[0])
