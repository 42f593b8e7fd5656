"""An archive that a worker holds, and what it asks the database about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from lib.archives.manifest import TableSum

APPLICATION: Final = "orchestrator-archives"
#: A project of a million runs takes minutes.
_SETTINGS: Final = "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0"

#: By the catalog, which everybody may read.
_COLUMNS: Final = """
    SELECT a.attname, a.atthasdef OR NOT a.attnotnull OR a.attidentity <> ''
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'public' AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped
     ORDER BY a.attnum
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What `api.claim_archive` says of an archive; it is held for as long as the connection lives."""

    archive_id: UUID
    organization_id: UUID
    project_id: UUID
    project_name: str
    status: str
    store: str | None
    file: str | None
    bytes: int | None
    sha256: str | None
    #: Whether its rows are back already, and only its files are to come.
    is_loaded: bool


def connect(url: str) -> psycopg.Connection[Any]:
    """A connection of the worker's login for one job after another."""
    return psycopg.connect(url, autocommit=True, application_name=APPLICATION, connect_timeout=5, options=_SETTINGS)


def claim(
    connection: psycopg.Connection[Any], *, archive_id: UUID | None = None, status: str | None = None
) -> Job | None:
    """The job that waits longest, or the one that is named. None where there is none that nobody else is at."""
    cursor = connection.cursor(row_factory=class_row(Job))
    return cursor.execute("SELECT * FROM api.claim_archive(%s, %s)", (archive_id, status)).fetchone()


def let_go(connection: psycopg.Connection[Any]) -> None:
    """Hold it no more."""
    connection.execute("SELECT pg_advisory_unlock_all()")


def settle(connection: psycopg.Connection[Any], job: Job, outcome: str, failure: str | None = None) -> None:
    """Say what became of it: see `api.settle_archive`."""
    connection.execute("SELECT api.settle_archive(%s, %s, %s)", (job.archive_id, outcome, failure))


def begin_removal(connection: psycopg.Connection[Any], job: Job) -> bool:
    """Whether its file may be removed: see `api.begin_removal`."""
    row = connection.execute("SELECT api.begin_removal(%s)", (job.archive_id,)).fetchone()
    return row == (True,)


def sum_tables(connection: psycopg.Connection[Any], job: Job) -> dict[str, TableSum]:
    """What an archive that is being made has to hold, as this transaction sees it."""
    row = connection.execute("SELECT api.sum_archive(%s)", (job.archive_id,)).fetchone()
    assert row is not None  # noqa: S101 - it selects one row
    return {table: TableSum.model_validate(found) for table, found in row[0].items()}


def read_rows(connection: psycopg.Connection[Any], job: Job, table: str, runs: Sequence[UUID] | None) -> Iterator[str]:
    """Rows of a table as lines, one at a time from the server."""
    cursor = connection.cursor()
    for row in cursor.stream("SELECT api.read_archive(%s, %s, %s)", (job.archive_id, table, runs)):
        yield row[0]


def sum_lines(connection: psycopg.Connection[Any], job: Job, table: str, lines: Sequence[str]) -> int:
    """The checksum of the rows that these lines become again."""
    row = connection.execute(
        "SELECT api.check_archive(%s, %s, %s::jsonb)", (job.archive_id, table, f"[{','.join(lines)}]")
    ).fetchone()
    assert row is not None  # noqa: S101 - it selects one row
    return int(row[0])


def keep(connection: psycopg.Connection[Any], job: Job, made: Mapping[str, object]) -> str:
    """Remove the runs, which lie in a whole file now; says whether that was done: see `api.keep_archive`."""
    row = connection.execute("SELECT api.keep_archive(%s, %s)", (job.archive_id, Jsonb(dict(made)))).fetchone()
    assert row is not None  # noqa: S101 - it selects one row
    return str(row[0])


def list_columns(connection: psycopg.Connection[Any], table: str) -> dict[str, bool]:
    """The columns that a table has now; of each whether a row can do without it."""
    found = connection.execute(_COLUMNS, (table,)).fetchall()
    return dict(found)


def put_back(connection: psycopg.Connection[Any], job: Job, table: str, lines: Sequence[str]) -> None:
    """Make these lines the rows that they were."""
    connection.execute("SELECT api.restore_rows(%s, %s, %s::jsonb)", (job.archive_id, table, f"[{','.join(lines)}]"))


def find_gone(connection: psycopg.Connection[Any], ids: list[UUID]) -> tuple[UUID, list[UUID]] | None:
    """Whose database it is, and which of these archives have no row there: see `api.gone_archives`."""
    return connection.execute("SELECT * FROM api.gone_archives(%s)", (ids,)).fetchone()
