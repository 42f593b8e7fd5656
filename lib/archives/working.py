"""What a worker does about archives, one after another."""

import logging
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from lib.archives import job as held
from lib.archives.job import Job
from lib.archives.making import make
from lib.archives.restoring import restore
from lib.archives.shelf import ARCHIVES
from lib.errors import OrchestratorError
from lib.integrations.base import OperationFailed
from lib.models.archive import ArchiveStatus
from lib.shelf.leftovers import clear
from lib.shelf.store import Store

log = logging.getLogger(__name__)


def do_all(url: str) -> None:
    """Do what waits, until nothing does that nobody else is at. Raises psycopg's errors where the database is away."""
    with held.connect(url) as connection:
        while do_next(connection):
            pass


def clear_leftovers(url: str) -> int:
    """Remove files of archives that are gone; says how many."""
    with held.connect(url) as connection:
        return clear(ARCHIVES, partial(held.find_gone, connection))


def do_next(
    connection: psycopg.Connection[Any],
    *,
    archive_id: UUID | None = None,
    status: str | None = None,
    file: Path | None = None,
) -> bool:
    """Do what waits longest, or what is named, from that file where one is handed over; False where there is none.

    What goes wrong stands in the archive. Raises psycopg's errors where the database went away.
    """
    job = held.claim(connection, archive_id=archive_id, status=status)
    if job is None:
        return False
    try:
        _do(connection, job, file)
    except (OrchestratorError, OperationFailed) as error:
        _give_up(connection, job, str(error))
    except OSError as error:
        _give_up(connection, job, f"The file can't be written or read: {error.strerror}. Nothing was changed.")
    except psycopg.OperationalError as error:
        if connection.broken:
            raise
        _give_up(connection, job, f"The database could not do it: {error}. It is tried again.", goes_on=True)
    except Exception:
        log.exception("archive %s: it can't be done", job.archive_id)
        _give_up(connection, job, "Something is wrong with this archive; the workers' log says what.")
    finally:
        if not connection.closed:
            held.let_go(connection)
    return True


def _do(connection: psycopg.Connection[Any], job: Job, file: Path | None) -> None:
    if job.status == ArchiveStatus.MAKING:
        make(connection, job)
    elif job.status == ArchiveStatus.RESTORING:
        with ARCHIVES.desk(job.archive_id) as desk:
            restore(connection, job, file or _fetch(job, desk))
    elif held.begin_removal(connection, job):
        place = ARCHIVES.open(Store(job.store or ""))
        ARCHIVES.remove_leftovers(place, job.organization_id, job.archive_id)
        held.settle(connection, job, "removed")


def _fetch(job: Job, desk: Path) -> Path:
    return ARCHIVES.open(Store(job.store or "")).fetch(job.file or "", desk)


def _give_up(connection: psycopg.Connection[Any], job: Job, why: str, *, goes_on: bool = False) -> None:
    """Say why. What nobody wants back is tried again: the end of a file, and the files of rows that are there."""
    log.warning("archive %s: %s", job.archive_id, why)
    goes_on = goes_on or job.status == ArchiveStatus.REMOVING or job.is_loaded
    if job.status == ArchiveStatus.MAKING:
        with suppress(OrchestratorError, OSError):  # what can't be removed stands in no row, and nobody restores it
            ARCHIVES.remove_leftovers(ARCHIVES.new(), job.organization_id, job.archive_id)
    held.settle(connection, job, "later" if goes_on else "failed", why)
