"""An export that a worker holds, and what it asks the database about it."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from lib.access.speaking import Spoken

APPLICATION: Final = "orchestrator-exports"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Spoken):
    """What `api.claim_export` says of an export; it is held for as long as the connection lives."""

    export_id: UUID
    status: str
    kind: str
    query: str
    format: str
    store: str | None


def connect(url: str) -> psycopg.Connection[Any]:
    """A connection of the worker's login for one job after another. It waits while files are written."""
    return psycopg.connect(url, autocommit=True, application_name=APPLICATION, connect_timeout=5)


def claim(connection: psycopg.Connection[Any]) -> Job | None:
    """The job that waits longest. None where there is none that nobody else is at."""
    cursor = connection.cursor(row_factory=class_row(Job))
    return cursor.execute("SELECT * FROM api.claim_export()").fetchone()


def let_go(connection: psycopg.Connection[Any]) -> None:
    """Hold it no more."""
    connection.execute("SELECT pg_advisory_unlock_all()")


def settle(connection: psycopg.Connection[Any], job: Job, outcome: str, **values: object) -> bool:
    """Say what became of it, and whether that counted: see `api.settle_export`."""
    row = connection.execute("SELECT api.settle_export(%s, %s, %s)", (job.export_id, outcome, Jsonb(values))).fetchone()
    return row == (True,)


def find_gone(connection: psycopg.Connection[Any], ids: list[UUID]) -> tuple[UUID, list[UUID]] | None:
    """Whose database it is, and which of these exports have no row there: see `api.gone_exports`."""
    return connection.execute("SELECT * FROM api.gone_exports(%s)", (ids,)).fetchone()
