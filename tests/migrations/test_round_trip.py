"""Up, down and up again: whole, one by one, twice, at once, interrupted, and as SQL for somebody else to run."""

import io
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool

from lib.config import ROOT
from lib.db import migrate
from lib.db.logins import Login
from lib.errors import DatabaseUnavailable
from lib.models import Base
from tests import doors
from tests.cast import make_cast
from tests.database import ClonedDatabase
from tests.factories import make_invitation
from tests.migrations.catalog import LEFT_BEHIND, snapshot

_SCRIPTS = ScriptDirectory.from_config(Config(toml_file=ROOT / "pyproject.toml"))
#: The oldest first.
REVISIONS = [script.revision for script in _SCRIPTS.walk_revisions()][::-1]
HEAD = REVISIONS[-1]


def test_revisions_are_one_line_numbered_from_one() -> None:
    assert [int(revision) for revision in REVISIONS] == list(range(1, len(REVISIONS) + 1))


def test_down_leaves_nothing_of_ours_and_up_again_makes_the_same(owner_url: str) -> None:
    before = snapshot(owner_url)
    migrate.upgrade(owner_url, revision=HEAD)
    made = snapshot(owner_url)
    assert len(made) > 300
    migrate.downgrade(owner_url, "base")
    assert snapshot(owner_url) == before
    migrate.upgrade(owner_url, revision=HEAD)
    assert snapshot(owner_url) == made


@pytest.mark.timeout(600)  # it takes longer with each migration: two minutes alone on two cores
def test_each_migration_takes_back_exactly_what_it_made(owner_url: str) -> None:
    made = snapshot(owner_url)
    for before, revision in zip(["base", *REVISIONS], REVISIONS, strict=False):
        without = made
        migrate.upgrade(owner_url, revision=revision)
        made = snapshot(owner_url)
        assert made != without, revision
        migrate.downgrade(owner_url, before)
        assert snapshot(owner_url) == without, f"{revision}, or the second time of the one before"
        migrate.upgrade(owner_url, revision=revision)
    assert snapshot(owner_url) == made


def test_upgrade_of_a_current_database_changes_nothing(database: ClonedDatabase) -> None:
    url = database.url(Login.OWNER)
    before = snapshot(url)
    assert migrate.status(url).is_current
    migrate.upgrade(url)
    assert snapshot(url) == before
    assert migrate.status(url).is_current


def test_queue_outlives_our_tables(database: ClonedDatabase) -> None:
    url = database.url(Login.OWNER)
    made = snapshot(url)
    migrate.downgrade(url, "base")
    assert not migrate.status(url).is_current
    migrate.upgrade(url)
    assert snapshot(url) == made


def test_models_are_what_the_migrations_make(module_database: ClonedDatabase) -> None:
    engine = create_engine(make_url(module_database.admin_url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                # Alembic can't compare an index on a CASE
                "include_name": lambda name, kind, _: (
                    name != LEFT_BEHIND if kind == "table" else not str(name).endswith("_rank")
                ),
            },
        )
        assert compare_metadata(context, Base.metadata) == []


def test_invitations_of_the_operators_go_back_as_the_version_before_knows_them(database: ClonedDatabase) -> None:
    """0023: who came has let themselves in, who has not is invited no more; nothing else is touched."""
    url, invite = database.url(Login.OWNER), "SELECT api.invite_first_admin(%s, %s, sha256(%s::bytea))"
    cast = make_cast(database)
    with doors.login(database, Login.IDENTITY) as connection:
        for slug in ("come", "waiting"):
            made = connection.execute("SELECT api.create_organization(%s, %s, 'free')", [slug, slug]).fetchone()
            assert made is not None
            connection.execute(invite, [made[0], "before@come.example", f"{slug} before"])
            connection.execute(invite, [made[0], f"{slug}@come.example", slug])
        connection.execute("SELECT api.accept_invitation(sha256('come'), 'come', 'Come')")
    people = make_invitation(database, cast.alice)
    migrate.downgrade(url, "0021")
    with doors.admin(database) as connection:
        left = connection.execute("SELECT id = %s, invited_by = accepted_by FROM invitations ORDER BY 1", [people.id])
        assert left.fetchall() == [(False, True), (True, None)]
        assert connection.execute("SELECT count(*) FROM user_tokens WHERE used_at IS NULL").fetchone() == (1,)
    migrate.upgrade(url)


def test_two_upgrades_at_once_make_one_schema(owner_url: str, database: ClonedDatabase) -> None:
    program = "import sys; from lib.db.migrate import upgrade; upgrade(sys.argv[1])"
    both = [subprocess.Popen([sys.executable, "-c", program, owner_url], cwd=ROOT) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert snapshot(owner_url) == snapshot(database.url(Login.OWNER))


def test_interrupted_upgrade_goes_on_where_it_stopped(empty_database: ClonedDatabase, owner_url: str) -> None:
    migrate.upgrade(owner_url, revision="0004")
    stopped_at = threading.Event()
    with doors.admin(empty_database) as connection:
        # projects (0005) are made, then somebody holds what templates (0006) refer to
        connection.execute("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")
        with (
            _ending_whoever_waits(empty_database, stopped_at),
            pytest.raises(DatabaseUnavailable, match=r"went away: .* goes on where it stopped\.$"),
        ):
            migrate.upgrade(owner_url)
    assert stopped_at.is_set()
    assert migrate.status(owner_url).current == "0004"
    migrate.upgrade(owner_url)
    assert migrate.status(owner_url).is_current


def test_every_migration_gives_up_waiting_instead_of_blocking_everybody(
    empty_database: ClonedDatabase, owner_url: str
) -> None:
    with doors.admin(empty_database) as connection:
        connection.execute("""
            CREATE SCHEMA spy;
            CREATE TABLE spy.seen (lock_timeout text, statement_timeout text);
            CREATE FUNCTION spy.look() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                INSERT INTO spy.seen VALUES (current_setting('lock_timeout'), current_setting('statement_timeout'));
            END $$;
            CREATE EVENT TRIGGER spy ON ddl_command_end EXECUTE FUNCTION spy.look()""")
    migrate.upgrade(owner_url, revision=HEAD)
    with doors.admin(empty_database) as connection:
        assert connection.execute("SELECT DISTINCT * FROM spy.seen").fetchall() == [("5s", "5min")]


def test_printed_sql_makes_the_same(owner_url: str, database: ClonedDatabase) -> None:
    printed = io.StringIO()
    command.upgrade(Config(toml_file=ROOT / "pyproject.toml", output_buffer=printed), HEAD, sql=True)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        for statement in _as_psql_sends(printed.getvalue()):
            connection.execute(statement.encode())
        timeouts = [
            connection.execute(f"SHOW {name}".encode()).fetchone() for name in ("lock_timeout", "statement_timeout")
        ]
    assert timeouts == [("5s",), ("5min",)]
    assert snapshot(owner_url) == snapshot(database.url(Login.OWNER))


def test_server_with_an_auth_uid_of_its_own_keeps_it(empty_database: ClonedDatabase, owner_url: str) -> None:
    with doors.admin(empty_database) as connection:
        connection.execute("""
            CREATE SCHEMA auth;
            CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE
                AS $$ SELECT (current_setting('request.jwt.claims', true)::jsonb ->> 'sub')::uuid $$;
            GRANT USAGE ON SCHEMA auth TO PUBLIC""")
    theirs = snapshot(owner_url)
    migrate.upgrade(owner_url, revision=HEAD)
    migrate.downgrade(owner_url, "base")
    assert snapshot(owner_url) == theirs


def _as_psql_sends(printed: str) -> Iterator[str]:
    """A statement at a time: CREATE INDEX CONCURRENTLY can be no part of a batch."""
    statement = ""
    for part in printed.split(";\n\n"):
        statement += part
        if statement.count("$$") % 2:  # inside of a function
            statement += ";\n\n"
        else:
            yield statement
            statement = ""


@contextmanager
def _ending_whoever_waits(database: ClonedDatabase, done: threading.Event) -> Iterator[None]:
    """Terminate the first session of the owner's that waits for a lock."""

    def look() -> None:
        waiting = "usename = 'orchestrator_owner' AND datname = current_database() AND wait_event_type = 'Lock'"
        with psycopg.connect(database.admin_url, autocommit=True) as connection:
            while not done.is_set():
                ended = connection.execute(
                    f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {waiting}".encode()
                )
                if ended.rowcount:
                    done.set()
                time.sleep(0.01)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        thread.join(10)
