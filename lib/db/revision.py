"""How far the schema is, as every login may see it; without Alembic, whose import takes a third of a second."""

from functools import cache
from typing import Any

import psycopg

from lib.config import ROOT
from lib.db.logins import Login
from lib.errors import ConfigurationError


@cache
def newest_revision() -> str:
    """The one that this version brings. Revisions are numbered from 0001 in one line; a test holds that."""
    return max(file.name[:4] for file in (ROOT / "migrations" / "versions").glob("[0-9]*.py"))


def require_schema(connection: psycopg.Connection[Any], login: Login) -> None:
    """Raise ConfigurationError unless the schema is as new as this version, and for the worker the queue is there.

    A schema that is newer still is let pass: it is upgraded before the processes are, one after the other.
    """
    found = _find_revision(connection)
    if found is None or found < newest_revision():
        state = "is empty" if found is None else f"stands at revision {found}"
        raise ConfigurationError(
            f"The database {state}, and this version needs {newest_revision()}. Run `orchestrator db upgrade`, which "
            "takes DATABASE_URL."
        )
    if login is Login.WORKER and not _has_queue(connection):
        raise ConfigurationError(
            "The database has no queue yet: its upgrade was interrupted. Run `orchestrator db upgrade` again."
        )


def _find_revision(connection: psycopg.Connection[Any]) -> str | None:
    try:
        with connection.transaction():
            row = connection.execute("SELECT version_num FROM public.alembic_version").fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):  # the first migration lets all read
        return None
    return row[0] if row else None


def _has_queue(connection: psycopg.Connection[Any]) -> bool:
    """DBOS's last step, after all of its migrations, is to let the worker in."""
    row = connection.execute(
        "SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = 'dbos'"
    ).fetchone()
    return row is not None and row[0]
