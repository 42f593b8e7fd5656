"""Prometheus reads how the installation does, over HTTP and with the token alone."""

from collections.abc import Callable
from pathlib import Path

import httpx2
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from starlette.applications import Starlette
from starlette.types import ASGIApp

from lib import clock
from lib.backup.shelf import note_verified
from lib.config import get_settings
from lib.health.service import MOST_STATEMENTS, list_statements
from lib.organizations.operator import CommandLine
from lib.runs.service import list_runs
from lib.web import metrics_routes
from tests import doors
from tests.cast import make_cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_audit import write_entries
from tests.made_backups import put_backup
from tests.made_runs import make_run

APP = Starlette(routes=metrics_routes.routes())
TOKEN = "a-token-of-the-tests"
SHOWN = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def address(*, installation: Installation, serve: Callable[[ASGIApp], str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ORCHESTRATOR_METRICS_TOKEN", TOKEN)
    get_settings.cache_clear()
    return f"http://{serve(APP)}/metrics"


def read(address: str) -> list[Sample]:
    """What it says to whoever has the token."""
    answer = httpx2.get(address, headers=SHOWN)
    assert answer.status_code == 200
    return [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]


def test_who_has_the_token_reads_numbers_and_no_names(installation: Installation, address: str) -> None:
    cast = make_cast(installation.database)
    project_id = make_project(installation.database, cast.alice, name="Zeppelin")
    make_run(installation.database, cast.alice, project_id=project_id, title="Zeppelin survey")
    answer = httpx2.get(address, headers=SHOWN)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.headers["cache-control"] == "no-store"
    samples = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    work = {sample.labels["kind"]: sample.value for sample in samples if sample.name == "orchestrator_work"}
    assert work["runs.queued"] == 1
    names = {sample.name for sample in samples}
    assert {
        "orchestrator_live_workers",
        "orchestrator_work_oldest_seconds",
        "orchestrator_database_connections",
        "orchestrator_table_bytes",
        "orchestrator_table_dead_rows",
        "orchestrator_index_scans",
        "orchestrator_database_bytes",
        "orchestrator_backups",
    } <= names
    assert "Zeppelin" not in answer.text
    assert "acme" not in answer.text.lower()


def test_backups_and_removals_are_told(
    installation: Installation, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_BACKUP_DIR", str(tmp_path))
    get_settings.cache_clear()
    cast = make_cast(installation.database)
    put_backup(tmp_path, hours_ago=2)
    about = {"action": "retention.remove", "user_id": None}
    write_entries(installation.database, cast.alice, count=2, new_values={"kind": "runs", "runs": 12}, **about)
    samples = read(address)
    found = {sample.name: sample.value for sample in samples}
    assert found["orchestrator_backups"] == 1
    assert found["orchestrator_backup_age_seconds"] == pytest.approx(7_200, abs=60)
    assert (found["orchestrator_backup_bytes"], found["orchestrator_backup_seconds"]) == (5_000_000, 4.2)
    removed = {
        each.labels["kind"]: each.value for each in samples if each.name == "orchestrator_retention_removed_rows"
    }
    assert removed == {"runs": 24}
    assert (found["orchestrator_retention_failures"], found["orchestrator_legal_holds"]) == (0, 0)
    assert found["orchestrator_retention_stopped"] == 0


def test_tables_indexes_and_a_backup_are_told_with_how_they_are_kept(
    installation: Installation, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_BACKUP_DIR", str(tmp_path))
    get_settings.cache_clear()
    note_verified(put_backup(tmp_path, hours_ago=2), clock.now())
    with psycopg.connect(installation.database.admin_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO size_samples (taken_on, name, bytes, live_rows) "
            "VALUES (current_date - 1, 'organizations', 1000, 1000)"
        )
        connection.execute("VACUUM ANALYZE organizations")
    samples, since = read(address), clock.now().timestamp() - 600
    kept = {
        each.labels["what"]: each.value
        for each in samples
        if each.labels.get("table") == "organizations" and "what" in each.labels
    }
    assert kept.keys() == {"vacuum", "analyze"}
    assert all(since < moment < since + 1_200 for moment in kept.values())
    tables = {each.name: each.value for each in samples if each.labels == {"table": "organizations"}}
    assert tables["orchestrator_table_bloat_bytes"] == tables["orchestrator_table_bytes"], "no row is in it"
    sizes = {each.labels["index"]: each.value for each in samples if each.name == "orchestrator_index_bytes"}
    with doors.admin(installation.database) as connection:
        row = connection.execute("SELECT pg_relation_size('organizations_pkey')").fetchone()
    assert (sizes["organizations_pkey"],) == row
    (verified,) = (each.value for each in samples if each.name == "orchestrator_backup_verified_timestamp_seconds")
    assert since < verified < since + 1_200


def test_pools_are_told_of_with_what_they_may_open(address: str) -> None:
    pools = [each for each in read(address) if each.name.startswith("orchestrator_pool_connections")]
    most = {each.labels["login"]: each.value for each in pools if each.name == "orchestrator_pool_connections_most"}
    assert most["identity"] == 20
    in_use = [each.value for each in pools if each.labels == {"login": "identity", "state": "in use"}]
    assert 1 in in_use, "the connection by which it was looked up"


def test_statements_are_told_by_login_and_the_slowest_by_what_the_page_calls_them(
    installation: Installation, address: str
) -> None:
    cast = make_cast(installation.database)
    for _ in range(50):
        list_runs(cast.alice)
    samples = read(address)
    calls = {each.labels["login"]: each.value for each in samples if each.name == "orchestrator_statement_calls_total"}
    spent = {
        each.labels["login"]: each.value for each in samples if each.name == "orchestrator_statement_seconds_total"
    }
    assert calls["authenticated"] >= 50
    assert spent.keys() == calls.keys()
    assert min(spent.values()) > 0
    slow = {
        (each.labels["login"], each.labels["statement"]): each.value
        for each in samples
        if each.name == "orchestrator_slow_statement_seconds_total"
    }
    assert 0 < len(slow) <= MOST_STATEMENTS
    assert {key for _, key in slow} & {each.key for each in list_statements(CommandLine())}
    for login in {login for login, _ in slow}:
        assert sum(seconds for (whose, _), seconds in slow.items() if whose == login) <= spent[login] + 1e-6
    assert "select" not in httpx2.get(address, headers=SHOWN).text.lower(), "no statement's text"


def test_where_the_server_counts_no_statements_all_else_is_told(installation: Installation, address: str) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("DROP EXTENSION pg_stat_statements")
    names = {each.name for each in read(address)}
    assert not any("statement" in name for name in names)
    assert {"orchestrator_live_workers", "orchestrator_table_bytes"} <= names


def test_transaction_that_stays_open_is_told_by_who_sits_in_it(installation: Installation, address: str) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("SELECT pg_sleep(0.2)")  # its transaction stays open
        found = [each for each in read(address) if each.name == "orchestrator_longest_transaction_seconds"]
    sits = {"login": "postgres", "state": "idle in transaction"}
    (mine,) = (each.value for each in found if each.labels == sits)
    assert 0.2 <= mine < 60
    after = [each.labels for each in read(address) if each.name == "orchestrator_longest_transaction_seconds"]
    assert sits not in after, "it has ended"


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer another-token-of-yours"}, {"Authorization": TOKEN}])
def test_without_it_nothing_is_said(address: str, header: dict[str, str]) -> None:
    answer = httpx2.get(address, headers=header)
    assert answer.status_code == 401
    assert "orchestrator_" not in answer.text


def test_where_no_token_is_set_it_is_not_there(installation: Installation, serve: Callable[[ASGIApp], str]) -> None:
    assert httpx2.get(f"http://{serve(APP)}/metrics", headers={"Authorization": "Bearer None"}).status_code == 404
