"""A migrated database that one test after another gets, empty again and with its connections.

A clone of its own costs a test a tenth of a second of a core, most of it in connections that know nothing yet. What a
test has written is removed; what it has changed otherwise, a function or a seeded row, ends the database's use.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg

from lib.db import session
from tests.database import ClonedDatabase, Server, clone_of
from tests.kept import close_idle, count_idle

#: Removed rows leave room behind that later scans go over.
_MOST_TIMES = 100
_TABLES = "SELECT format('%I.%I', schemaname, relname) FROM pg_stat_user_tables"
#: Where DDL and GRANT leave a row that is newer, or one less.
_CATALOGS = (
    "pg_class", "pg_attribute", "pg_attrdef", "pg_proc", "pg_trigger", "pg_policy", "pg_constraint", "pg_index",
    "pg_namespace", "pg_type", "pg_statistic", "pg_statistic_ext", "pg_default_acl", "pg_extension",
)  # fmt: skip
_FINGERPRINT = " UNION ALL ".join(
    f"SELECT count(*), max(xmin::text::bigint) FROM pg_catalog.{name}" for name in _CATALOGS
)
#: What ANALYZE notes in place.
_NOTED = "SELECT sum(reltuples), sum(relpages) FROM pg_class"
_SETTINGS = "SELECT setdatabase, setrole, setconfig FROM pg_db_role_setting ORDER BY 1, 2"
_SEQUENCES = "SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2"
_BESIDE = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


class Recycled:
    """The database of one test process."""

    def __init__(self, server: Server, template: str) -> None:
        self._server, self._template = server, template
        self._held = ExitStack()
        self._database: ClonedDatabase | None = None
        self._admin: psycopg.Connection | None = None
        self._tables: Sequence[str] = ()
        self._seeds: dict[str, object] = {}
        self._state: Sequence[object] = ()
        self._times = 0
        #: The pools of the product that lead to it; nobody else finds them.
        self._engines: dict[Any, Any] = {}

    @contextmanager
    def lent(self) -> Iterator[ClonedDatabase]:
        """It, as new, for the length of the block."""
        if self._database is None:
            self._make()
        assert self._database
        session.dispose()
        session._engines.update(self._engines)
        try:
            yield self._database
        finally:
            self._times += 1
            if self._times < _MOST_TIMES and self._is_as_new():
                self._engines = {**session._engines}
                session._engines.clear()
            else:
                self.close()

    def is_lent(self, database: ClonedDatabase) -> bool:
        """Whether this is the one."""
        return database is self._database

    def close(self) -> None:
        """Drop it; whoever asks next gets another one."""
        session._engines.update(self._engines)
        session.dispose()
        self._engines = {}
        if self._admin:
            self._admin.close()
        self._held.close()
        self._database, self._admin, self._times = None, None, 0

    def _make(self) -> None:
        self._database = self._held.enter_context(clone_of(self._template, self._server))
        self._admin = psycopg.connect(self._database.admin_url, autocommit=True)
        self._admin.execute("SET session_replication_role = replica")
        self._tables = [name for (name,) in self._admin.execute(_TABLES)]
        self._seeds = {name: self._content(name) for name in self._filled()}
        self._state = self._look()

    def _is_as_new(self) -> bool:
        """Whether it is, once what was written is gone."""
        assert self._admin
        try:
            self._see_strangers_out()
            if self._look() != self._state:
                return False
            for name in self._filled():
                if name not in self._seeds:
                    self._admin.execute(f"DELETE FROM {name}".encode())
            return {name: self._content(name) for name in self._seeds} == self._seeds
        except psycopg.Error:
            return False

    def _look(self) -> Sequence[object]:
        assert self._admin
        return [
            self._admin.execute(query.encode()).fetchall() for query in (_FINGERPRINT, _NOTED, _SETTINGS, _SEQUENCES)
        ]

    def _filled(self) -> Sequence[str]:
        assert self._admin
        asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in self._tables)
        return [name for (name,) in self._admin.execute(asked.encode())]

    def _content(self, name: str) -> object:
        assert self._admin
        return self._admin.execute(f"SELECT array_agg(t::text ORDER BY t::text) FROM {name} t".encode()).fetchone()

    def _see_strangers_out(self) -> None:
        """Whoever is connected and is none of ours that waits: a process of the test, a transaction that went on."""
        assert self._database
        assert self._admin
        engines = session._engines.values()
        waiting = [engine.pool.checkedin() for engine in engines]  # type: ignore[attr-defined]  # all are of the kind that can
        row = self._admin.execute(f"SELECT count(*) {_BESIDE}".encode()).fetchone()
        is_ours = all(engine.url.database == self._database.name for engine in engines)
        if is_ours and row == (count_idle(self._database.name) + sum(waiting),):
            return
        session.dispose()
        close_idle(self._database.name)
        self._admin.execute(f"SELECT pg_terminate_backend(pid, 5000) {_BESIDE}".encode())
