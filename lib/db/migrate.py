"""Brings a database to a revision: our tables by Alembic, the queue's by DBOS."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool

from lib.config import ROOT
from lib.db.session_locks import given_back
from lib.errors import ConfigurationError, DatabaseUnavailable

#: One upgrade at a time, whoever starts it.
UPGRADE_LOCK = 4712
#: A migration that waits longer than this for a lock blocks everybody behind it: it stops instead.
LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "5min"

_LOCK_NOT_AVAILABLE, _QUERY_CANCELED, _INSUFFICIENT_PRIVILEGE = "55P03", "57014", "42501"
_GOES_ON = "Nothing is half done: run the command again, and it goes on where it stopped."


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

    Each migration is a transaction of its own: one that was interrupted is begun again by the next call. Raises
    DatabaseUnavailable when one is interrupted, ConfigurationError when there is no such revision or the owner lacks
    a right.
    """
    engine = _engine(owner_url)
    with _in_plain_words(), _alone(engine):
        with engine.connect() as connection:
            command.upgrade(_config(connection), revision)
        if revision == "head":
            _upgrade_queue(owner_url, engine)


def downgrade(owner_url: str, revision: str) -> None:
    """Take our tables back to `revision` (`base` is none). The queue's tables stay. Raises as `upgrade`."""
    engine = _engine(owner_url)
    with _in_plain_words(), _alone(engine), engine.connect() as connection:
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
        session = connection.connection.driver_connection
        assert session is not None  # noqa: S101 - it was asked just now
        with given_back(session):
            yield


@contextmanager
def _in_plain_words() -> Iterator[None]:
    try:
        yield
    except CommandError as error:
        raise ConfigurationError(f"{error}. `orchestrator db status` says how far the schema is and can be.") from error
    except OperationalError as error:
        state = getattr(error.orig, "sqlstate", None)
        if state == _LOCK_NOT_AVAILABLE:
            what = f"A table was in use for longer than {LOCK_TIMEOUT}, and the upgrade does not make others wait."
        elif state == _QUERY_CANCELED:
            what = f"A step was stopped by somebody, or because it took longer than {STATEMENT_TIMEOUT}."
        else:
            what = f"The database went away: {error.orig}."
        raise DatabaseUnavailable(f"{what} {_GOES_ON}") from error
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != _INSUFFICIENT_PRIVILEGE:
            raise
        raise ConfigurationError(
            f"orchestrator_owner may not do what the schema needs: {error.orig}. `orchestrator db roles` by an "
            "administrator puts that right."
        ) from error


def _engine(owner_url: str) -> Engine:
    return create_engine(make_url(owner_url).set(drivername="postgresql+psycopg"), poolclass=NullPool)


def _config(connection: Connection) -> Config:
    config = Config(toml_file=ROOT / "pyproject.toml")
    config.attributes["connection"] = connection
    return config


def _upgrade_queue(owner_url: str, engine: Engine) -> None:
    """DBOS's own migrations, and the rights on its schema: the worker's, and nobody else's."""
    from dbos import DBOS  # noqa: PLC0415  a third of a second that most commands don't need

    url = make_url(owner_url)
    options = f"{url.query.get('options', '')} -c lock_timeout={LOCK_TIMEOUT} -c statement_timeout={STATEMENT_TIMEOUT}"
    url = url.update_query_dict({"options": options.strip()})
    logging.getLogger("dbos").setLevel(logging.ERROR)  # it warns where the owner gets into no database but ours
    DBOS.migrate(url.render_as_string(hide_password=False), application_role="orchestrator_worker")
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
