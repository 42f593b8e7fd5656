"""Loads a dump into an empty database, as its owner and as nobody more.

Row-level security is switched on last of all. Until then the owner reads every row, so what was loaded is compared with
what was saved, and foreign keys are checked, without a login that passes policies by.
"""

import fcntl
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from lib.backup.manifest import TableSum
from lib.backup.programs import APPLICATION, Program, list_entries, run
from lib.backup.tables import list_tables, sum_tables
from lib.db import restoring
from lib.db.migrate import UPGRADE_LOCK
from lib.db.session_locks import given_back
from lib.errors import ConfigurationError, Conflict, DatabaseUnavailable

_CONNECT_SECONDS: Final = 10
#: Lines of `pg_restore --list`: number, two ids, kind, schema, name, owner.
_ROW_SECURITY: Final = re.compile(r"\d+; \d+ \d+ ROW SECURITY ")
_EXTENSION: Final = re.compile(r"\d+; \d+ \d+ (EXTENSION|COMMENT - EXTENSION) ")
_MOST_JOBS: Final = 4
_END_LOADERS: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s "
    "AND datname = current_database() AND usename = session_user AND pid <> pg_backend_pid()"
)
_LOADERS_END_SECONDS: Final = 20
#: What is dropped of `public`, which is not the owner's; other schemas go as a whole. In this order.
_IN_PUBLIC: Final[Mapping[str, str]] = {
    "VIEW": "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'v'",
    "TABLE": "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')",
    "SEQUENCE": "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'",
    "TYPE": "SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')",
}
_SCHEMAS: Final = "SELECT nspname FROM pg_namespace WHERE nspname <> 'public' AND nspowner = session_user::regrole"
_PUBLIC_FUNCTIONS: Final = (
    "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
    "AND proowner = session_user::regrole"
)


@contextmanager
def alone(owner_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the owner, while nobody else restores into the database or upgrades it.

    Raises Conflict where somebody does, DatabaseUnavailable.
    """
    try:
        connecting = psycopg.connect(owner_url, autocommit=True, connect_timeout=_CONNECT_SECONDS)
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(f"The database does not let its owner in. PostgreSQL said: {error}") from error
    with connecting as connection:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [UPGRADE_LOCK]).fetchone()
        if row != (True,):
            raise Conflict("The database is being upgraded, or something is being restored into it. Wait for its end.")
        with given_back(connection):
            yield connection


def require_empty(connection: psycopg.Connection[Any]) -> None:
    """Raise ConfigurationError where anything is in the database but what a restore had begun."""
    if list_tables(connection) and restoring.find_source(connection) is None:
        raise ConfigurationError(
            "This installation is not empty: there are tables in its database. A backup is restored into a new one "
            "only. On one machine, set ORCHESTRATOR_DATA_DIR to a new folder; with a PostgreSQL of your own, make a "
            "new database and name it in the URLs. Nothing was changed."
        )


def clear(connection: psycopg.Connection[Any], source: str) -> bool:
    """Have the database empty, and marked as one that is being restored; whether another restore had been begun."""
    was_begun = restoring.find_source(connection) is not None
    if was_begun:
        _drop_everything(connection)
    restoring.mark(connection, source)
    return was_begun


@contextmanager
def held(connection: psycopg.Connection[Any], lock: Path) -> Iterator[int]:
    """A descriptor that pg_restore is to inherit: it holds a lock for as long as anybody has it open.

    Loaders of a restore that was killed live on, and would go on writing: they are ended. Raises Conflict where one of
    them does not end.
    """
    give_up_at = time.monotonic() + _LOADERS_END_SECONDS
    with lock.open("ab") as opened:
        while connection.execute(_END_LOADERS, [APPLICATION]).fetchall() or not _is_locked(opened.fileno()):
            if time.monotonic() > give_up_at:
                raise Conflict("A pg_restore from before still works on the database. End it, and begin again.")
            time.sleep(0.1)
        yield opened.fileno()


def load(
    connection: psycopg.Connection[Any],
    url: str,
    dump: Path,
    *,
    program: Program,
    saved: Mapping[str, TableSum],
    held: int,
    then: Callable[[psycopg.Connection[Any]], None],
) -> None:
    """Load the dump, and see that every table is as it was saved. `then` may change rows, before any policy binds.

    Extensions are left out: they are the administrator's to make, and nothing of ours needs one. Raises
    DatabaseUnavailable where pg_restore fails or a table is not the same.
    """
    entries = [entry for entry in list_entries(program, dump) if not _EXTENSION.match(entry)]
    early = [entry for entry in entries if not _ROW_SECURITY.match(entry)]
    last = [entry for entry in entries if _ROW_SECURITY.match(entry)]
    how = ("--exit-on-error", "--no-owner", f"--jobs={min(os.cpu_count() or 1, _MOST_JOBS)}")
    with tempfile.TemporaryDirectory() as folder:
        chosen = Path(folder) / "entries"

        def restore(section: str, wanted: Sequence[str]) -> None:
            chosen.write_text("".join(f"{entry}\n" for entry in wanted), encoding="utf-8")
            words = (*how, f"--section={section}", f"--use-list={chosen}", dump)
            run(program, *words, url=url, keep_open=[held])

        restore("pre-data", early)
        restore("data", early)
        _compare(connection, saved)
        then(connection)
        restore("post-data", early)
        restore("post-data", last)
    connection.execute("ANALYZE")


def _compare(connection: psycopg.Connection[Any], saved: Mapping[str, TableSum]) -> None:
    with connection.transaction():
        found = sum_tables(connection)
    names = sorted(name for name in {*saved, *found} if saved.get(name) != found.get(name))
    if names:
        raise DatabaseUnavailable(
            f"These tables are not as they were saved: {', '.join(names)}. The backup's sums don't fit its dump; take "
            "another backup."
        )


def _is_locked(descriptor: int) -> bool:
    """Lock it; False where another process holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _drop_everything(connection: psycopg.Connection[Any]) -> None:
    """All that a restore can have begun to make. Cut short itself, it is done again."""
    for (schema,) in connection.execute(_SCHEMAS).fetchall():
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
    for kind, names in _IN_PUBLIC.items():
        for (name,) in connection.execute(names.encode()).fetchall():
            words = sql.SQL("DROP {} IF EXISTS {} CASCADE").format(sql.SQL(kind), sql.Identifier("public", name))
            connection.execute(words)
    for (function,) in connection.execute(_PUBLIC_FUNCTIONS).fetchall():
        connection.execute(sql.SQL("DROP ROUTINE IF EXISTS {} CASCADE").format(sql.SQL(function)))
    connection.execute("ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC")  # as in a new database
