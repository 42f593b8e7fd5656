"""An upgrade that is killed, or that gives up on a busy table, is gone on with by the next one."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from lib.config import ROOT
from lib.db import migrate
from lib.db.logins import Login
from lib.errors import DatabaseUnavailable
from tests import doors
from tests.database import ClonedDatabase
from tests.migrations.catalog import snapshot

#: As patient as a slow machine needs it: the test says when it ends.
UPGRADE = "import sys; from lib.db import migrate; migrate.LOCK_TIMEOUT = '100s'; migrate.upgrade(sys.argv[1])"
#: One that waits inside a migration, and one that waits for another upgrade.
AT_A_LOCK = """
    SELECT pid FROM pg_stat_activity
    WHERE usename = 'orchestrator_owner' AND datname = current_database() AND wait_event_type = 'Lock'"""
IN_LINE = """
    SELECT a.pid FROM pg_stat_activity a
    WHERE a.usename = 'orchestrator_owner' AND a.datname = current_database() AND a.query LIKE '%pg_try_advisory_lock%'
    AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory')"""
QUEUE_INDEXES = """
    SELECT c.relname, pg_get_indexdef(i.indexrelid), i.indisvalid
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = 'dbos'::regnamespace ORDER BY 1"""
#: Of the lists (0013).
LIST_INDEXES = """
    SELECT c.relname, pg_get_indexdef(i.indexrelid), i.indisvalid
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid IN ('orchestration_runs'::regclass, 'projects'::regclass) ORDER BY 1"""
INVALID = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Upgrades of this process wait for a lock no longer than this."""
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "200ms")


@contextmanager
def upgrading(owner_url: str) -> Iterator[subprocess.Popen[bytes]]:
    """An upgrade in a process of its own."""
    process = subprocess.Popen([sys.executable, "-c", UPGRADE, owner_url], cwd=ROOT, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def busy_users(database: ClonedDatabase) -> Iterator[doors.Connection]:
    """Somebody holds what templates (0006) refer to, until they end; projects (0005) are made before that."""
    with doors.admin(database) as connection:
        connection.execute("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")
        yield connection


@contextmanager
def old_snapshot(database: ClonedDatabase) -> Iterator[None]:
    """Somebody reads for long, a backup for instance: CREATE INDEX CONCURRENTLY waits for them."""
    with doors.admin(database) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.execute("SELECT count(*) FROM pg_class")
        yield


def wait_for_backend(database: ClonedDatabase, question: str, process: subprocess.Popen[bytes]) -> int:
    """The backend of the upgrade, once it waits."""
    give_up_at = time.monotonic() + 60
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        while time.monotonic() < give_up_at:
            if found := connection.execute(question.encode()).fetchone():
                return int(found[0])
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.02)
    raise AssertionError("it did not wait")


def ask(database: ClonedDatabase, question: str) -> list[tuple]:
    with doors.admin(database) as connection:
        return connection.execute(question.encode()).fetchall()


def test_upgrade_killed_in_the_middle_is_gone_on_with_by_the_one_that_waited(
    empty_database: ClonedDatabase, owner_url: str, database: ClonedDatabase
) -> None:
    migrate.upgrade(owner_url, revision="0004")
    with busy_users(empty_database) as busy, upgrading(owner_url) as first:
        wait_for_backend(empty_database, AT_A_LOCK, first)
        with upgrading(owner_url) as second:
            wait_for_backend(empty_database, IN_LINE, second)
            first.kill()
            first.wait()
            busy.rollback()
            assert second.wait(60) == 0
    assert migrate.status(owner_url).is_current
    assert snapshot(owner_url) == snapshot(database.url(Login.OWNER))


@pytest.mark.usefixtures("short_patience")
def test_busy_table_stops_an_upgrade_before_it_makes_others_wait(
    empty_database: ClonedDatabase, owner_url: str
) -> None:
    migrate.upgrade(owner_url, revision="0004")
    with busy_users(empty_database), pytest.raises(DatabaseUnavailable, match=r"in use for longer than 200ms.* again"):
        migrate.upgrade(owner_url)
    stopped_at = migrate.status(owner_url).current
    assert stopped_at is not None
    assert stopped_at < "0006"
    migrate.upgrade(owner_url)
    assert migrate.status(owner_url).is_current


@pytest.mark.usefixtures("short_patience")
def test_busy_table_stops_a_downgrade_too(database: ClonedDatabase) -> None:
    url = database.url(Login.OWNER)
    with busy_users(database), pytest.raises(DatabaseUnavailable, match="goes on where it stopped"):
        migrate.downgrade(url, "base")
    migrate.downgrade(url, "base")
    assert migrate.status(url).current is None


def test_killed_index_of_a_list_is_built_anew(
    empty_database: ClonedDatabase, owner_url: str, database: ClonedDatabase
) -> None:
    migrate.upgrade(owner_url, revision="0012")
    with old_snapshot(empty_database), upgrading(owner_url) as process:
        backend = wait_for_backend(empty_database, AT_A_LOCK, process)
        process.kill()
        process.wait()
        ask(empty_database, f"SELECT pg_terminate_backend({backend}, 10000)")
    assert ask(empty_database, INVALID) == [(1,)], "an index was being built"
    assert migrate.status(owner_url).current == "0012"
    migrate.upgrade(owner_url)
    assert migrate.status(owner_url).is_current
    assert ask(empty_database, LIST_INDEXES) == ask(database, LIST_INDEXES)
    assert ask(empty_database, INVALID) == [(0,)]


def test_indexes_of_the_lists_are_built_while_runs_are_written(empty_database: ClonedDatabase, owner_url: str) -> None:
    """The upgrade waits for who writes, and who writes does not wait for the upgrade."""
    migrate.upgrade(owner_url, revision="0012")
    with doors.admin(empty_database) as writing, upgrading(owner_url) as process:
        writing.execute("LOCK TABLE orchestration_runs IN ROW EXCLUSIVE MODE")  # as each UPDATE does
        wait_for_backend(empty_database, AT_A_LOCK, process)
        with psycopg.connect(empty_database.admin_url, autocommit=True) as connection:
            connection.execute("SET lock_timeout = '20s'")
            connection.execute("UPDATE orchestration_runs SET title = title")
        writing.rollback()
        assert process.wait(60) == 0
    assert migrate.status(owner_url).is_current


def test_killed_migration_of_the_queue_is_gone_on_with(
    empty_database: ClonedDatabase, owner_url: str, database: ClonedDatabase
) -> None:
    migrate.upgrade(owner_url, revision=migrate.status(owner_url).head)  # ours, and not yet the queue's
    with old_snapshot(empty_database), upgrading(owner_url) as process:
        backend = wait_for_backend(empty_database, AT_A_LOCK, process)
        process.kill()
        process.wait()
        ask(empty_database, f"SELECT pg_terminate_backend({backend}, 10000)")
    assert ask(empty_database, INVALID) == [(1,)], "an index was being built"
    assert not migrate.status(owner_url).is_current
    migrate.upgrade(owner_url)
    assert migrate.status(owner_url).is_current
    assert ask(empty_database, INVALID) == [(0,)]
    assert ask(empty_database, QUEUE_INDEXES) == ask(database, QUEUE_INDEXES)


@pytest.mark.usefixtures("short_patience")
def test_long_reader_stops_the_queues_migration_and_the_next_one_clears_up(
    empty_database: ClonedDatabase, owner_url: str
) -> None:
    migrate.upgrade(owner_url, revision=migrate.status(owner_url).head)  # ours, and not yet the queue's
    with old_snapshot(empty_database), pytest.raises(DatabaseUnavailable, match="in use for longer than 200ms"):
        migrate.upgrade(owner_url)
    assert ask(empty_database, INVALID) == [(1,)], "an index was being built"
    migrate.upgrade(owner_url)
    assert migrate.status(owner_url).is_current
    assert ask(empty_database, INVALID) == [(0,)]
