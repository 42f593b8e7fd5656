"""The mark on a database into which a backup is being restored: nothing begins to work with half of it.

It is the database's comment, so that it is there from one moment to the next, needs no table, and every login reads it.
"""

from typing import Any, Final

import psycopg
from psycopg import sql

from lib.errors import ConfigurationError

_MARK: Final = "AI Orchestrator: a restore is not finished. From: "
_READ: Final = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"


def mark(connection: psycopg.Connection[Any], source: str) -> None:
    """Mark the database of this connection, which is its owner's, as one that is being restored from `source`."""
    _comment(connection, sql.Literal(_MARK + source))


def unmark(connection: psycopg.Connection[Any]) -> None:
    """It is whole now."""
    _comment(connection, sql.SQL("NULL"))


def find_source(connection: psycopg.Connection[Any]) -> str | None:
    """From where a restore was begun that has not ended; None where there is none."""
    row = connection.execute(_READ).fetchone()
    said = (row and row[0]) or ""
    return said.removeprefix(_MARK) if said.startswith(_MARK) else None


def require_whole(connection: psycopg.Connection[Any]) -> None:
    """Raise ConfigurationError where a restore has not ended."""
    source = find_source(connection)
    if source is not None:
        raise ConfigurationError(
            f"A restore into this database is not finished: it is under way, or was interrupted. If none is running, "
            f"begin it again: orchestrator restore {source}"
        )


def _comment(connection: psycopg.Connection[Any], comment: sql.Composable) -> None:
    name = sql.Identifier(connection.info.dbname)
    connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, comment))
