"""Brings a database to a revision: our tables by Alembic, the queue's by DBOS."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from lib.config import ROOT

#: One upgrade at a time, whoever starts it.
UPGRADE_LOCK = 4712


@dataclass(frozen=True, slots=True)
class MigrationStatus:
    """Where a database stands. The engine's numbers are the queue's own migrations."""

    current: str | None
    head: str
    engine_current: int
    engine_head: int

    @property
    def is_current(self) -> bool:
        """Whether nothing is left to do."""
        return self.current == self.head and self.engine_current >= self.engine_head


def upgrade(owner_url: str, *, revision: str = "head") -> None:
    """Bring the database up to `revision`, and with `head` the queue's tables too.

    Each migration is a transaction of its own: one that was interrupted is begun again by the next call.
    """
    engine = _engine(owner_url)
    with _alone(engine):
        with engine.connect() as connection:
            command.upgrade(_config(connection), revision)
        if revision == "head":
            _upgrade_queue(owner_url, engine)


def downgrade(owner_url: str, revision: str) -> None:
    """Take our tables back to `revision` (`base` is none). The queue's tables stay."""
    engine = _engine(owner_url)
    with _alone(engine), engine.connect() as connection:
        command.downgrade(_config(connection), revision)


def status(owner_url: str) -> MigrationStatus:
    """Where the database stands and how far it could go."""
    engine = _engine(owner_url)
    engine_current, engine_head = _queue_versions(engine)
    with engine.connect() as connection:
        return MigrationStatus(
            current=MigrationContext.configure(connection).get_current_revision(),
            head=ScriptDirectory.from_config(_config(connection)).get_current_head() or "",
            engine_current=engine_current,
            engine_head=engine_head,
        )


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Hold the upgrade lock.

    Asked for again and again: a session that waits for a lock holds a snapshot, and CREATE INDEX CONCURRENTLY would
    wait for that session in turn.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": UPGRADE_LOCK}):
            time.sleep(0.1)
        yield


def _engine(owner_url: str) -> Engine:
    return create_engine(make_url(owner_url).set(drivername="postgresql+psycopg"), poolclass=NullPool)


def _config(connection: Connection) -> Config:
    config = Config(toml_file=ROOT / "pyproject.toml")
    config.attributes["connection"] = connection
    return config


def _upgrade_queue(owner_url: str, engine: Engine) -> None:
    """DBOS's own migrations, and the rights on its schema: the worker's, and nobody else's."""
    from dbos import run_dbos_database_migrations  # noqa: PLC0415  a third of a second that most commands don't need

    run_dbos_database_migrations(owner_url, application_role="orchestrator_worker")
    with engine.begin() as connection:
        connection.execute(text("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA dbos FROM PUBLIC"))
        connection.execute(text("REVOKE ALL ON SCHEMA dbos FROM PUBLIC"))


def _queue_versions(engine: Engine) -> tuple[int, int]:
    from dbos._migration import get_dbos_migrations  # noqa: PLC0415  as above

    head = len(get_dbos_migrations("dbos", use_listen_notify=False))
    with engine.connect() as connection:
        if connection.scalar(text("SELECT to_regclass('dbos.dbos_migrations')")) is None:
            return 0, head
        return connection.scalar(text("SELECT max(version) FROM dbos.dbos_migrations")) or 0, head
