"""Makes an archive: reads a project's runs as they stood at one moment, writes the file, and has them removed.

They are removed last, in one transaction, and only where what was read back from the file is what was in the rows, and
what is in the rows is still that. Killed before, all runs are there, and the next worker begins anew.
"""

import json
import logging
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg

from lib import clock
from lib.archives import job as held
from lib.archives import reading
from lib.archives.job import Job
from lib.archives.manifest import FORMAT, TABLES, Manifest, table_part
from lib.archives.shelf import ARCHIVES
from lib.archives.writing import ArchiveWriter
from lib.errors import Conflict, InvalidInput
from lib.integrations.folder import find_artifact_folder, list_artifacts, read_artifact
from lib.shelf.shelves import new_name

log = logging.getLogger(__name__)

#: Runs whose rows of another table are asked for at once.
_RUNS_AT_ONCE: Final = 200
#: Somebody may say something of a run while its project is written. More often nobody is unlucky.
_TRIES: Final = 3
_OPERATIONS: Final = "integration_operations"
_ONE_MOMENT: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


def make(connection: psycopg.Connection[Any], job: Job) -> None:
    """Make the archive that is held. Raises `OrchestratorError` and OSError with why it is not made."""
    place = ARCHIVES.new()
    for _ in range(_TRIES):
        ARCHIVES.remove_leftovers(place, job.organization_id, job.archive_id)
        name = new_name(job.organization_id, job.archive_id, ending=".zip")
        with ARCHIVES.desk(job.archive_id) as desk:
            path = desk / "archive.zip"
            manifest = _write(connection, job, path)
            _check(connection, job, path, manifest)
            sha256, size = reading.sum_file(path), path.stat().st_size
            place.put(path, name)
            if reading.sum_file(place.fetch(name, desk)) != sha256:
                message = "The file is not what was written when it is read back. Look at the disk, then try again."
                raise InvalidInput(message)
        made = {
            "tables": {table: summed.model_dump(mode="json") for table, summed in manifest.tables.items()},
            "store": place.store.value,
            "file": name,
            "bytes": size,
            "sha256": sha256,
            "file_count": manifest.file_count,
            "format_version": FORMAT,
        }
        outcome = held.keep(connection, job, made)
        if outcome == "kept":
            log.info(
                "archive %s: %d runs of project %s are in %s", job.archive_id, manifest.run_count, job.project_id, name
            )
            return
        place.remove(name)
        if outcome == "held":
            message = "A legal hold keeps these runs where they are. Whoever governs the organization can release it."
            raise Conflict(message)
        if outcome == "open":
            message = "The project is active again, or a run of it has not ended, so all runs stay where they are."
            raise Conflict(message)
    message = "Somebody was at work on these runs each time, so all of them stay where they are. Try again."
    raise Conflict(message)


def _write(connection: psycopg.Connection[Any], job: Job, path: Path) -> Manifest:
    writer = ArchiveWriter(path)
    runs: list[UUID] = []
    has_files = False

    def noted(lines: Iterator[bytes]) -> Iterator[bytes]:
        nonlocal has_files
        for line in lines:
            has_files = has_files or _has_written(line)
            yield line

    try:
        with connection.transaction():
            connection.execute(_ONE_MOMENT)
            tables = held.sum_tables(connection, job)
            revision = connection.execute("SELECT version_num FROM public.alembic_version").fetchone()
            for table in TABLES:
                lines = _lines(connection, job, table, runs)
                writer.add(table_part(table), noted(lines) if table == _OPERATIONS else lines)
        _add_files(writer, job, runs, has_some=has_files)
        manifest = Manifest(
            version=version("ai-orchestrator"),
            schema_revision=revision[0] if revision else "",
            made_at=clock.now(),
            archive_id=job.archive_id,
            organization_id=job.organization_id,
            project_id=job.project_id,
            project_name=job.project_name,
            tables=tables,
            parts=writer.parts,
        )
        writer.finish(manifest)
    finally:
        writer.abandon()
    return manifest


def _lines(connection: psycopg.Connection[Any], job: Job, table: str, runs: list[UUID]) -> Iterator[bytes]:
    """A table's rows; the first table is that of the runs, which says what the others are asked for."""
    if table == TABLES[0]:
        for line in held.read_rows(connection, job, table, None):
            runs.append(UUID(json.loads(line)["id"]))
            yield f"{line}\n".encode()
        return
    for start in range(0, len(runs), _RUNS_AT_ONCE):
        for line in held.read_rows(connection, job, table, runs[start : start + _RUNS_AT_ONCE]):
            yield f"{line}\n".encode()


def _has_written(line: bytes) -> bool:
    """Whether that operation has written a file."""
    return (json.loads(line).get("result") or {}).get("place") == "folder"


def _add_files(writer: ArchiveWriter, job: Job, runs: list[UUID], *, has_some: bool) -> None:
    """What operations have written; after the rows, which are there before their files are. Raises Conflict."""
    folder = find_artifact_folder()
    if folder is None:
        if has_some:
            message = "Operations of these runs have written files, and this worker has no artifact folder. Share it."
            raise Conflict(message)
        return
    for run_id in runs:
        for place, path in list_artifacts(folder, job.organization_id, run_id):
            content = read_artifact(folder, place, path)
            if content is None:
                raise Conflict(f"The file {path} of an operation can't be read, so all runs stay where they are.")
            writer.add(f"files/{run_id}/{place[2]}/{path}", [content])


def _check(connection: psycopg.Connection[Any], job: Job, path: Path, manifest: Manifest) -> None:
    """Read the file back: each part is as it was written, and the lines become the rows that they were."""
    reading.verify(path)
    for table, summed in manifest.tables.items():
        batches = reading.read_rows(path, table)
        if str(sum(held.sum_lines(connection, job, table, lines) for lines in batches)) != summed.checksum:
            message = f"What was written of {table} would not become what it was, so all runs stay where they are."
            raise InvalidInput(message)
