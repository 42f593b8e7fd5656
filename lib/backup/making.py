"""Makes a backup while the product runs: all of the database is of one moment, and so are the tables' sums.

Artifacts and archives are copied after that moment. A file is there before its row says so, and none is removed until
the backup is made, so every row's file is in it. A file that came later has no row: after a restore the workers remove
it, or nobody misses it.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg

from lib import clock
from lib.archives.shelf import find_archive_folder
from lib.backup import keys, shelf
from lib.backup.files import copy_file, list_files, make_folders, private_file, sum_file
from lib.backup.manifest import ARCHIVES, ARTIFACTS, DUMP, MANIFEST, FileSum, Manifest, TableSum
from lib.backup.programs import APPLICATION, Program, find_program, run
from lib.backup.tables import sum_tables
from lib.backup.way_in import backup_url, require_every_row
from lib.data_folder import sync_file
from lib.db.restoring import require_whole
from lib.db.roles import MONITORING
from lib.db.session_locks import given_back
from lib.errors import ConfigurationError, Conflict, DatabaseUnavailable
from lib.integrations.folder import find_artifact_folder
from lib.integrations.leftovers import SWEEPING

#: One backup of a database at a time, whoever makes it.
LOCK: Final = 4721
_CONNECT_SECONDS: Final = 10
_ENTER: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that is whole."""

    folder: Path
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class _Database:
    """What the dump and the manifest know of the database."""

    installation_id: UUID
    revision: str
    server_version: int
    tables: dict[str, TableSum]


def make_backup(folder: Path, *, is_wanted: Callable[[], bool] = lambda: True) -> Made | None:
    """Make one in the folder. None where, once it is our turn, it is not wanted any more.

    Raises Conflict while another one is made, ConfigurationError, DatabaseUnavailable with what was wrong. What was
    begun and does not become whole is removed; where this process is killed, by the next backup.
    """
    fingerprints = tuple(keys.fingerprint(key) for key in keys.present_keys())
    url = backup_url()
    try:
        with (
            psycopg.connect(url, connect_timeout=_CONNECT_SECONDS, application_name=APPLICATION) as connection,
            _turn(connection),
        ):
            if not is_wanted():
                return None
            made_at, began = clock.now(), time.monotonic()
            with shelf.begin(folder) as (unfinished, held):
                program = find_program("pg_dump", at_least=connection.info.server_version // 10000)
                database = _dump(connection, url, program, unfinished / DUMP, held)
                manifest = Manifest(
                    version=version("ai-orchestrator"),
                    made_at=made_at,
                    installation_id=database.installation_id,
                    schema_revision=database.revision,
                    postgres=database.server_version,
                    pg_dump=program.major,
                    key_fingerprints=fingerprints,
                    tables=database.tables,
                    files={DUMP: sum_file(unfinished / DUMP), **_copy_files(unfinished)},
                    seconds=round(time.monotonic() - began, 1),
                )
                with private_file(unfinished / MANIFEST) as file:
                    file.write(manifest.to_text().encode())
                sync_file(unfinished / MANIFEST)
                return Made(shelf.finish(unfinished, made_at=made_at), manifest)
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(f"No backup was made: the database does not answer, or went away. {error}") from error
    except OSError as error:
        free = shutil.disk_usage(folder.parent if not folder.exists() else folder).free // 1_000_000
        raise ConfigurationError(
            f"No backup was made: {error.strerror} ({free:,} MB are free in {folder}). Nothing of it is left there."
        ) from error


@contextmanager
def _turn(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """See that this login may read all there is, and that until the end nobody makes a backup or removes a file."""
    require_every_row(connection)
    require_whole(connection)
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
    if row is None or not row[0]:
        connection.rollback()
        raise Conflict("A backup of this database is being made already. Wait until it is there.")
    connection.execute("SET statement_timeout = 0")
    connection.execute("SELECT pg_advisory_lock_shared(%s)", [SWEEPING])
    connection.commit()
    with given_back(connection):
        yield


def _dump(connection: psycopg.Connection[Any], url: str, program: Program, target: Path, held: int) -> _Database:
    """Write the dump, and sum up every table as the dump has it: both see the database at the same moment."""
    with connection.transaction():
        connection.execute(_ENTER)
        connection.execute("SET LOCAL statement_timeout = 0")
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        revision, installation_id, snapshot = _read_schema(connection)
        target.touch(mode=0o600)
        # the administrator's own, who makes it anew with the logins
        how = [f"--exclude-schema={MONITORING}", "--format=custom", f"--snapshot={snapshot}", f"--file={target}"]
        run(program, *how, url=url, keep_open=[held])
        sync_file(target)
        return _Database(installation_id, revision, connection.info.server_version, sum_tables(connection))


def _read_schema(connection: psycopg.Connection[Any]) -> tuple[str, UUID, str]:
    """Revision, installation and the name of the snapshot."""
    is_there = connection.execute("SELECT to_regclass('public.engine_settings') IS NOT NULL").fetchone()
    if is_there == (True,):
        row = connection.execute(
            "SELECT version_num, installation_id, pg_export_snapshot() FROM alembic_version, engine_settings"
        ).fetchone()
        if row is not None:
            return row[0], row[1], row[2]
    raise ConfigurationError("The database is empty, so there is nothing to back up.")


def _copy_files(unfinished: Path) -> dict[str, FileSum]:
    """What operations wrote, and archives that lie here and not in a bucket."""
    copied: dict[str, FileSum] = {}
    for name, source in ((ARTIFACTS, find_artifact_folder()), (ARCHIVES, find_archive_folder())):
        if source is None:
            continue
        for path in list_files(source):
            target = unfinished / name / path
            make_folders(target.parent, unfinished)
            if (done := copy_file(source / path, target)) is not None:
                copied[f"{name}/{path.as_posix()}"] = done
    return copied
