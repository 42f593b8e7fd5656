"""Brings the runs of an archive back: the rows in one transaction, compared with what was saved, and then the files.

Killed before the rows are there, nothing is; killed after, the next worker goes on with the files.
"""

from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg

from lib.archives import job as held
from lib.archives import reading
from lib.archives.job import Job
from lib.archives.manifest import TABLES, Manifest
from lib.errors import Conflict, InvalidInput
from lib.integrations.folder import artifact_folder, write_artifact
from lib.integrations.leftovers import SWEEPING
from lib.integrations.paths import check_path

_FILES: Final = "files/"


def restore(connection: psycopg.Connection[Any], job: Job, path: Path) -> None:
    """Bring back what is in the file. Raises `OrchestratorError` and OSError where nothing came back, and why."""
    manifest = verify_known(job, path)
    # files without rows are cleared away by every worker: none looks while these rows become visible
    connection.execute("SELECT pg_advisory_lock(%s)", (SWEEPING,))
    if not job.is_loaded:
        _require_known(connection, manifest)
        _load(connection, job, path)
    _write_files(job, path, manifest)
    held.settle(connection, job, "restored")


def verify_known(job: Job, path: Path) -> Manifest:
    """See that the file is whole, and the one that was made here. Raises InvalidInput that says what is not."""
    if reading.sum_file(path) != job.sha256:
        reading.verify(path)  # which part it is, where that can be said
        raise InvalidInput(f"{path.name} is not the file that was made for this archive. Nothing was changed.")
    manifest = reading.verify(path)
    if (manifest.archive_id, manifest.project_id) != (job.archive_id, job.project_id):
        raise InvalidInput(f"{path.name} is another archive. Nothing was changed.")
    return manifest


def _require_known(connection: psycopg.Connection[Any], manifest: Manifest) -> None:
    """See that all of it has a place in the tables of today, and that these need nothing which it does not have.

    What a table has got since gets its default, as the rows that stayed have. Raises Conflict.
    """
    gone, needed = [], []
    for table, saved in manifest.tables.items():
        now = held.list_columns(connection, table)
        gone += [f"{table}.{name}" for name in saved.columns if name not in now]
        needed += [f"{table}.{name}" for name, is_optional in now.items() if not (is_optional or name in saved.columns)]
    if gone or needed:
        what = f"has no place any more for {', '.join(gone)}" if gone else f"needs {', '.join(needed)}"
        message = (
            f"This archive was made by version {manifest.version}, and the version that runs now {what}. Nothing was "
            f"changed, and the file stays. An installation of version {manifest.version} can restore it."
        )
        raise Conflict(message)


def _load(connection: psycopg.Connection[Any], job: Job, path: Path) -> None:
    try:
        with connection.transaction():
            for table in TABLES:
                for lines in reading.read_rows(path, table):
                    held.put_back(connection, job, table, lines)
            held.settle(connection, job, "loaded")
    except psycopg.errors.ForeignKeyViolation as error:
        what = error.diag.constraint_name or "a reference"
        message = f"Something that these runs refer to is not there any more ({what}). Nothing was changed."
        raise Conflict(message) from error
    except psycopg.errors.UniqueViolation as error:
        message = (
            "Some of these runs are there already. Nothing was changed. Where others are missing, move the project's "
            "runs to an archive first, then restore this one."
        )
        raise Conflict(message) from error
    except (psycopg.errors.CheckViolation, psycopg.errors.DataError) as error:
        rule = error.diag.constraint_name or error.diag.message_primary
        message = f"The version that runs now does not allow what is in this archive ({rule}). Nothing was changed."
        raise Conflict(message) from error


def _write_files(job: Job, path: Path, manifest: Manifest) -> None:
    names = [name for name in manifest.parts if name.startswith(_FILES)]
    for name, content in reading.read_parts(path, names):
        run, operation, inner = name.removeprefix(_FILES).split("/", maxsplit=2)
        place = (job.organization_id, UUID(run), UUID(operation))
        write_artifact(artifact_folder(), place, check_path(inner), content)
