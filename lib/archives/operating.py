"""What the command line does with archives, of whatever organization. It works as a worker does."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from lib.access.actor import command_line
from lib.archives import job as held
from lib.archives import reading
from lib.archives.service import BEING_WORKED_ON
from lib.archives.working import do_next
from lib.db.logins import Login
from lib.db.server import database_url
from lib.errors import Conflict, InvalidInput, NotFound
from lib.models.archive import UNDER_WAY, ArchiveStatus

#: Between two looks at what a worker has begun before us.
_LOOK_SECONDS: Final = 0.5
#: What the trail says of who does it.
_COMMAND: Final = {"user_agent": command_line("archives").user_agent}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An archive, as `api.list_archives` tells of it."""

    archive_id: UUID
    organization_slug: str
    project_id: UUID
    project_name: str
    status: str
    failure: str | None
    asked_at: datetime
    made_at: datetime | None
    run_count: int
    store: str | None
    file: str | None
    bytes: int | None
    sha256: str | None


def list_all() -> list[Listed]:
    """Every archive, the newest first."""
    with _connect() as connection:
        return _list(connection)


def make(project_id: UUID) -> Listed:
    """Move a project's runs to an archive. Raises NotFound, and Conflict with why that was not done."""
    with _connect() as connection, _one_at_a_time():
        row = connection.execute("SELECT api.order_archive(%s)", (project_id,)).fetchone()
        if row is None or row[0] is None:
            message = "There is no such project, or it is active. Mark it as completed or archive it first."
            raise Conflict(message)
        return _do(connection, row[0], done=ArchiveStatus.MADE)


def restore(what: str) -> Listed:
    """Restore the archive of that id, or the one whose file is handed over: known by its SHA-256, wherever it was kept.

    Raises NotFound, InvalidInput, and Conflict with why that was not done.
    """
    with _connect() as connection, _one_at_a_time():
        file = Path(what)
        if file.is_file():
            found = _find_by_file(connection, file)
            return _do(connection, found.archive_id, done=ArchiveStatus.RESTORED, file=file)
        try:
            archive_id = UUID(what)
        except ValueError:
            raise InvalidInput(f"There is no file {what}, and that is no archive's id.", field="ARCHIVE") from None
        found = _find(connection, archive_id)
        if found.made_at is None:
            raise Conflict("This archive is not made, so its runs are where they were. Nothing was changed.")
        if found.status == ArchiveStatus.REMOVED:
            message = "The file of this archive was deleted. Hand over a copy: `orchestrator archives restore FILE`."
            raise Conflict(message)
        return _do(connection, archive_id, done=ArchiveStatus.RESTORED)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Raise `Conflict` where another archive of the project is under way as this one is ordered or claimed."""
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        raise Conflict(BEING_WORKED_ON) from error


def _connect() -> psycopg.Connection[Any]:
    connection = held.connect(database_url(Login.WORKER))
    connection.execute("SELECT set_config('request.jwt.claims', %s, false)", (json.dumps(_COMMAND),))
    return connection


def _do(
    connection: psycopg.Connection[Any], archive_id: UUID, *, done: ArchiveStatus, file: Path | None = None
) -> Listed:
    """Do it, or wait for the worker that is at it."""
    status = ArchiveStatus.RESTORING if done is ArchiveStatus.RESTORED else None
    while not do_next(connection, archive_id=archive_id, status=status, file=file):
        if _find(connection, archive_id).status not in UNDER_WAY:
            break
        time.sleep(_LOOK_SECONDS)
    found = _find(connection, archive_id)
    if found.status != done or found.failure:
        raise Conflict(found.failure or f"This archive is {found.status}. `orchestrator archives list` says more.")
    return found


def _find_by_file(connection: psycopg.Connection[Any], file: Path) -> Listed:
    sha256 = reading.sum_file(file)
    for each in _list(connection):
        if each.sha256 == sha256:
            return each
    reading.verify(file)  # what is wrong with it, where that can be said
    raise InvalidInput(f"{file} was not made by this installation, so it is not restored into it.", field="ARCHIVE")


def _find(connection: psycopg.Connection[Any], archive_id: UUID) -> Listed:
    cursor = connection.cursor(row_factory=class_row(Listed))
    found = cursor.execute("SELECT * FROM api.list_archives() WHERE archive_id = %s", (archive_id,)).fetchone()
    if found is None:
        raise NotFound("archive")
    return found


def _list(connection: psycopg.Connection[Any]) -> list[Listed]:
    cursor = connection.cursor(row_factory=class_row(Listed))
    return cursor.execute("SELECT * FROM api.list_archives()").fetchall()
