"""Backups and restores that are killed at a chosen moment: what they leave is taken for nothing whole."""

import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import psycopg
import pytest

from lib.archives.shelf import archive_folder
from lib.backup.checking import verify
from lib.backup.daily import is_due
from lib.backup.making import make_backup
from lib.backup.programs import APPLICATION
from lib.backup.shelf import list_backups, list_unfinished
from lib.backup.tables import sum_tables
from lib.config import ROOT
from lib.db.logins import Login
from lib.db.server import check_server
from lib.errors import InvalidInput, OrchestratorError
from lib.integrations.folder import artifact_folder
from lib.maintenance.upgrade import upgrade_installation
from tests.conftest import Installation
from tests.database import ClonedDatabase
from tests.installations.commands import environment, settings_of
from tests.lib.backup.conftest import CHANGED, Target, files, shelf, source, target
from tests.workers import until

__all__ = ["shelf", "source", "target"]

#: Of a backup: what is called, which turn of it, and whether the end comes before it or after.
BACKUP: Final[Mapping[str, tuple[str, str]]] = {
    "the dump is written, and no table is summed up": ("lib.backup.making:sum_tables:1", "before"),
    "one file is copied": ("lib.backup.making:copy_file:2", "before"),
    "a file is begun": ("lib.backup.files:private_file:2", "after"),
    "the manifest is begun": ("lib.backup.making:private_file:1", "after"),
    "the manifest is written, and not brought to the disk": ("lib.backup.making:sync_file:2", "before"),
    "all but the name is there": ("pathlib:Path.rename:1", "before"),
}
#: Those after which every byte is there, though maybe not on the disk.
SEEMS_WHOLE: Final = {"the manifest is written, and not brought to the disk", "all but the name is there"}
#: Of a restore, the same. While pg_restore works another test kills it: see test_backup.py.
RESTORE: Final[Mapping[str, tuple[str, str]]] = {
    "tables are there, without rows": ("lib.backup.loading:run:2", "before"),
    "rows are there, and not compared": ("lib.backup.loading:_compare:1", "before"),
    "keys are there, and no policy binds": ("lib.backup.loading:run:4", "before"),
    "policies bind, and no file is copied": ("lib.backup.restoring:copy_file:1", "before"),
    "a file is begun": ("lib.backup.files:private_file:2", "after"),
    "all but the end of its mark is there": ("lib.db.restoring:unmark:1", "before"),
}
_NOT_FINISHED: Final = "A restore into this database is not finished"


def kill_at(moment: tuple[str, str], *words: str) -> None:
    """Run a command that is killed then."""
    result = subprocess.run(
        [sys.executable, "-m", "tests.installations.dying", *moment, *words],
        cwd=ROOT,
        env=environment(settings_of(*Login)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == -signal.SIGKILL, f"it ended by itself: {result.stdout}{result.stderr}"


def is_left(database: ClonedDatabase) -> None:
    """Wait until the server has seen the end of who was killed."""
    still = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
    with psycopg.connect(database.admin_url, autocommit=True) as looking:
        until(lambda: looking.execute(still, [APPLICATION]).fetchone() == (0,))


def differing(one: ClonedDatabase, other: ClonedDatabase) -> set[str]:
    """The tables whose rows or checksum are not the same in both."""
    with psycopg.connect(one.admin_url) as first, psycopg.connect(other.admin_url) as second:
        ours, theirs = sum_tables(first), sum_tables(second)
    assert len(ours) > 40
    return {name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name)}


@pytest.fixture
def upgraded(source: Installation) -> Installation:
    """With the built-in templates, which an upgrade brings: so that a restore changes nothing else."""
    upgrade_installation(source.database.url(Login.OWNER))
    return source


def require_no_backup(shelf: Path, *, is_whole: bool) -> None:
    """What was left is listed as unfinished and as nothing else; nor can it be restored, unless every byte is there."""
    (half,) = list_unfinished(shelf)
    assert list_backups(shelf) == []
    assert is_due(shelf)
    if not is_whole:
        with pytest.raises(InvalidInput):
            verify(half)


def require_not_finished(shelf: Path) -> None:
    """Nobody works with the database, and nobody saves it."""
    for login in (Login.WEB, Login.WORKER):
        with pytest.raises(OrchestratorError, match=_NOT_FINISHED):
            check_server(login)
    with pytest.raises(OrchestratorError, match=_NOT_FINISHED):
        make_backup(shelf)


def require_the_same(upgraded: Installation, target: Target, kept: Mapping[str, str]) -> None:
    """Every table of the restored one is as it was, but that everybody is signed out, and so is every file."""
    assert differing(upgraded.database, target.database) == {CHANGED}
    assert files(artifact_folder()) == kept
    assert [*files(archive_folder())] == ["acme/runs.zip"]


def kept_files() -> dict[str, str]:
    """Of the installation that the settings lead to, what a backup has."""
    return {name: digest for name, digest in files(artifact_folder()).items() if ".unfinished" not in name}


@pytest.mark.slow
@pytest.mark.parametrize(("making", "restoring"), [*zip(BACKUP, RESTORE, strict=True)])
def test_after_each_moment_at_which_one_is_killed_the_next_one_brings_everything(
    making: str, restoring: str, upgraded: Installation, shelf: Path, target: Target
) -> None:
    """A backup is killed, the next one restored; that is killed as well, and begun again."""
    kept = kept_files()
    kill_at(BACKUP[making], "backup", "--to", str(shelf))
    require_no_backup(shelf, is_whole=making in SEEMS_WHOLE)
    is_left(upgraded.database)
    made = make_backup(shelf)
    assert made is not None
    assert [*shelf.iterdir()] == [made.folder], "what was left is removed"
    target.use()
    kill_at(RESTORE[restoring], "restore", str(made.folder))
    require_not_finished(shelf)
    is_left(target.database)
    assert "What an interrupted restore had begun is removed." in target.restore(made.folder)
    require_the_same(upgraded, target, kept)


def test_backup_that_is_killed_once_it_has_its_name_is_one(source: Installation, shelf: Path) -> None:
    kill_at(("lib.backup.shelf:sync_file:1", "before"), "backup", "--to", str(shelf))
    (kept,) = list_backups(shelf)
    assert verify(kept.folder) == kept.manifest
    assert list_unfinished(shelf) == []
    assert not is_due(shelf)
