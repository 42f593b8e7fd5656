"""Restores a backup into an empty installation, on this machine or another one.

From its first change to its last the database is marked (`lib.db.restoring`), and no process begins to work with it.
Interrupted, even killed, it is begun again by the same command: what the first one made is removed before.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from lib.archives.shelf import archive_folder
from lib.backup import keys, loading
from lib.backup.checking import verify
from lib.backup.files import copy_file, list_files, make_folders, sync_folders
from lib.backup.manifest import ARCHIVES, ARTIFACTS, DUMP, Manifest
from lib.backup.programs import Program, find_program
from lib.data_folder import data_folder
from lib.db import restoring
from lib.db.logins import Login
from lib.db.revision import newest_revision
from lib.db.server import check_server, database_url, require_settings
from lib.errors import ConfigurationError, Conflict
from lib.integrations.folder import artifact_folder
from lib.maintenance.upgrade import upgrade_installation

Say = Callable[[str], object]


def restore(folder: Path, *, keys_file: Path | None, without_keys: bool, say: Say) -> Manifest:
    """Restore the backup in the folder; raises with what to do where that can't be, and nothing was changed then.

    Every file is compared with what was written before anything is changed, every table once it is loaded. All
    sign-ins are ended.
    """
    manifest = verify(folder)
    say(f"The backup is whole: {manifest.rows:,} rows in {len(manifest.tables):,} tables.")
    _require_old_enough(folder, manifest)
    require_settings(Login.OWNER, with_key=True)
    with _nothing_else_here():
        check_server(Login.OWNER, while_restoring=True)
        url = database_url(Login.OWNER)
        with loading.alone(url) as connection:
            program = _find_pg_restore(connection, manifest)
            _require_no_files(connection)
            loading.require_empty(connection)
            if keys_file is not None:
                keys.take_over(_fitting_keys(keys_file, manifest))
            missing = None if without_keys else keys.require_keys(manifest.key_fingerprints)
            with loading.held(connection, data_folder() / "restore.lock") as held:
                _restore(connection, url, folder, manifest, program=program, held=held, say=say)
        say("Bringing it to this version …")
        upgrade_installation(url)
        with loading.alone(url) as connection:
            restoring.unmark(connection)
    if missing:
        say(missing)
    return manifest


def _restore(
    connection: psycopg.Connection[Any],
    url: str,
    folder: Path,
    manifest: Manifest,
    *,
    program: Program,
    held: int,
    say: Say,
) -> None:
    if loading.clear(connection, str(folder.absolute())):
        say("What an interrupted restore had begun is removed.")
    say("Loading the database …")
    loading.load(connection, url, folder / DUMP, program=program, saved=manifest.tables, held=held, then=_end_sessions)
    say("Every table is as it was saved.")
    _copy_files(folder, manifest)


def _require_old_enough(folder: Path, manifest: Manifest) -> None:
    if manifest.schema_revision > newest_revision():
        raise ConfigurationError(
            f"{folder} was made by version {manifest.version} with schema {manifest.schema_revision}, and this version "
            f"knows the schema up to {newest_revision()}. Restore it with that version or a newer one."
        )


def _find_pg_restore(connection: psycopg.Connection[Any], manifest: Manifest) -> Program:
    server, saved = connection.info.server_version // 10000, manifest.postgres // 10000
    if server < saved:
        raise ConfigurationError(
            f"The backup is PostgreSQL {saved}'s, and this server is PostgreSQL {server}. Use one that is as new."
        )
    return find_program("pg_restore", at_least=max(server, manifest.pg_dump))


def _fitting_keys(path: Path, manifest: Manifest) -> tuple[str, ...]:
    found = keys.read_keys(path)
    if keys.fingerprint(found[0]) != manifest.key_fingerprints[0]:
        raise ConfigurationError(f"{path} holds another key than this backup was made with. Nothing was changed.")
    return found


@contextmanager
def _nothing_else_here() -> Iterator[None]:
    """While `orchestrator up` serves no data folder of ours, nor begins to: it reads there who is first."""
    with (data_folder() / "up.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("AI Orchestrator runs on this data folder. End it first: Ctrl-C.") from None
        lock.truncate(0)
        lock.write(json.dumps({"url": "no address yet: a backup is being restored", "port": 0, "process": os.getpid()}))
        lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)


def _require_no_files(connection: psycopg.Connection[Any]) -> None:
    """Files of an installation before would be taken for those of the restored one."""
    for folder in (artifact_folder(), archive_folder()):
        if restoring.find_source(connection) is None and next(list_files(folder), None) is not None:
            raise ConfigurationError(
                f"{folder} holds files of another installation. Set ORCHESTRATOR_DATA_DIR to a new folder, or move "
                "them away. Nothing was changed."
            )


def _copy_files(folder: Path, manifest: Manifest) -> None:
    targets = {ARTIFACTS: artifact_folder(), ARCHIVES: archive_folder()}
    for path in manifest.files:
        if path != DUMP:
            name, _, within = path.partition("/")
            copy = targets[name] / within
            make_folders(copy.parent, targets[name])
            copy.unlink(missing_ok=True)  # an interrupted restore may have begun it
            if copy_file(folder / path, copy) != manifest.files[path]:
                raise ConfigurationError(f"{folder / name} has changed meanwhile. Begin again.")
    for target in targets.values():
        sync_folders(target)


def _end_sessions(connection: psycopg.Connection[Any]) -> None:
    """Sign-ins that were ended after the backup was made would be open again."""
    connection.execute("UPDATE public.user_sessions SET revoked_at = now() WHERE revoked_at IS NULL")
