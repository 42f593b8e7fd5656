"""What a worker does about exports, one after another: it writes them as their person, and removes what has expired."""

import logging
import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import psycopg

from lib.access.speaking import speak_for
from lib.audit.exports import Written
from lib.errors import Conflict, DatabaseFull, DatabaseUnavailable, NotPermitted, OrchestratorError, RightsChanged
from lib.export_jobs import job as held
from lib.export_jobs.job import Job
from lib.export_jobs.kinds import KINDS
from lib.export_jobs.shelf import EXPORTS
from lib.exports import ExportFormat
from lib.models.export_job import ExportKind, ExportStatus
from lib.shelf.leftovers import clear
from lib.shelf.shelves import new_name
from lib.shelf.store import Store

log = logging.getLogger(__name__)

#: Where it is written from, in the trail.
USER_AGENT: Final = "engine/export"
#: What may be otherwise in a minute.
_PASSING: Final = (DatabaseUnavailable, DatabaseFull, RightsChanged)
_LOST_RIGHT: Final = "You may not export this any more: a right that it takes was taken from you."


def do_all(url: str) -> None:
    """Do what waits, until nothing does that nobody else is at. Raises psycopg's errors where the database is away."""
    with held.connect(url) as connection:
        while do_next(connection):
            pass


def clear_leftovers(url: str) -> int:
    """Remove files of exports that are gone; says how many."""
    with held.connect(url) as connection:
        return clear(EXPORTS, partial(held.find_gone, connection))


def do_next(connection: psycopg.Connection[Any]) -> bool:
    """Do what waits longest; False where there is none.

    What goes wrong stands in the export. Raises psycopg's errors where the database went away.
    """
    job = held.claim(connection)
    if job is None:
        return False
    try:
        if job.status == ExportStatus.MAKING:
            _make(connection, job)
        else:
            _remove(connection, job)
    except NotPermitted as error:
        _give_up(connection, job, str(error) if isinstance(error, RightsChanged) else _LOST_RIGHT, error=error)
    except OrchestratorError as error:
        _give_up(connection, job, str(error), error=error)
    except OSError as error:
        _give_up(connection, job, f"The file can't be written or removed: {error.strerror}.", error=error)
    except Exception as error:
        if connection.broken:
            raise
        log.exception("export %s: it can't be done", job.export_id)
        _give_up(connection, job, "Something is wrong with this export; the workers' log says what.", error=error)
    finally:
        if not connection.closed:
            held.let_go(connection)
    return True


def _make(connection: psycopg.Connection[Any], job: Job) -> None:
    """Write the file as the person who asked, and put it on the shelf whole."""
    if not job.is_there:
        message = "Whoever asked for this file is not active any more."
        raise Conflict(message)
    if job.lacks_second_factor:
        message = "Your organization asks for a second factor. Set yours up, then ask for the file anew."
        raise Conflict(message)
    place = EXPORTS.new()
    EXPORTS.remove_leftovers(place, job.organization_id, job.export_id)
    name = new_name(job.organization_id, job.export_id, ending=f".{job.format}")
    with EXPORTS.desk(job.export_id) as desk:
        path = desk / f"export.{job.format}"
        written = _write(job, path)
        size = path.stat().st_size
        place.put(path, name)
    made = {"store": place.store, "file": name, "bytes": size, "rows": written.rows, "is_cut": written.is_cut}
    if held.settle(connection, job, "made", **made):
        log.info("export %s: %d rows are in %s", job.export_id, written.rows, name)
    else:  # its person has removed it meanwhile, or is gone
        place.remove(name)


def _write(job: Job, path: Path) -> Written:
    actor = speak_for(job, user_agent=USER_AGENT)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        written = KINDS[ExportKind(job.kind)].write(actor, job.query, file, ExportFormat(job.format))
        file.flush()
        os.fsync(file.fileno())
    return written


def _remove(connection: psycopg.Connection[Any], job: Job) -> None:
    place = EXPORTS.open(Store(job.store)) if job.store else EXPORTS.new()
    EXPORTS.remove_leftovers(place, job.organization_id, job.export_id)
    held.settle(connection, job, "removed")


def _give_up(connection: psycopg.Connection[Any], job: Job, why: str, *, error: Exception) -> None:
    """Say why. What passes by itself is tried again, and so is removing: nobody would come back to it."""
    log.warning("export %s: %s", job.export_id, why)
    is_making = job.status == ExportStatus.MAKING
    if is_making:
        with suppress(OrchestratorError, OSError):  # what can't be removed now goes with the row
            EXPORTS.remove_leftovers(EXPORTS.new(), job.organization_id, job.export_id)
    goes_on = not is_making or isinstance(error, _PASSING)
    held.settle(connection, job, "later" if goes_on else "failed", failure=why)
