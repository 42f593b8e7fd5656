"""An installation with a row in every table and files of operations, and an empty one to restore into."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from lib.archives.shelf import archive_folder
from lib.backup.making import Made, make_backup
from lib.backup.restoring import restore
from lib.config import get_settings
from lib.db import session
from lib.db.logins import Login
from lib.db.roles import make_roles
from lib.db.server import URL_VARIABLES
from lib.integrations.folder import artifact_folder
from tests.cast import Cast
from tests.conftest import Installation
from tests.database import PASSWORDS, ClonedDatabase, Server
from tests.workspace import make_workspace

#: The one table that a restore changes: everybody's sign-ins are ended.
CHANGED = "public.user_sessions"
FILES = {"a/b/c/empty": b"", "a/b/Bericht „Größe“ 1.md": b"# x", "a/big.bin": bytes(range(256)) * 9000}
Contents = dict[str, list[str]]


def contents(database: ClonedDatabase) -> Contents:
    """Every row of every table as text, without the code that is tested."""
    with psycopg.connect(database.admin_url) as connection:
        names = connection.execute(
            "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('public', 'dbos') ORDER BY 1"
        ).fetchall()
        return {
            name: sorted(row for (row,) in connection.execute(f"SELECT the_row::text FROM {name} AS the_row"))
            for (name,) in names
        }


def files(folder: Path) -> dict[str, str]:
    """Path within the folder -> digest."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@dataclass(frozen=True, slots=True)
class Target:
    """An empty database, and an empty data folder."""

    database: ClonedDatabase
    data_dir: Path
    monkeypatch: pytest.MonkeyPatch

    def use(self) -> None:
        """From now on it is the installation that the settings lead to."""
        session.dispose()
        for login in Login:
            self.monkeypatch.setenv(URL_VARIABLES[login], self.database.url(login))
        self.monkeypatch.setenv("ORCHESTRATOR_BACKUP_DATABASE_URL", self.database.admin_url)
        self.monkeypatch.setenv("ORCHESTRATOR_DATA_DIR", str(self.data_dir))
        get_settings.cache_clear()

    def restore(self, folder: Path, *, keys_file: Path | None = None, without_keys: bool = False) -> list[str]:
        """Restore into it; what was said meanwhile."""
        self.use()
        said: list[str] = []
        restore(folder, keys_file=keys_file, without_keys=without_keys, say=said.append)
        return said


@pytest.fixture
def source(installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """Two organizations with a row in every table, and files: an empty one, one with an odd name, a big one."""
    make_workspace(installation.database, cast.alice)
    make_workspace(installation.database, cast.charlie)
    monkeypatch.setenv("ORCHESTRATOR_BACKUP_DATABASE_URL", installation.database.admin_url)
    get_settings.cache_clear()
    with psycopg.connect(installation.database.admin_url) as connection:
        connection.execute("INSERT INTO sign_in_networks (network, attempts) VALUES ('192.0.2.0/24', 1)")
    folder = artifact_folder()
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / ".unfinished").mkdir()
    (folder / ".unfinished" / "half").write_bytes(b"half")
    (archive_folder() / "acme").mkdir()
    (archive_folder() / "acme" / "runs.zip").write_bytes(b"zip")
    (archive_folder() / ".unfinished").mkdir()
    (archive_folder() / ".unfinished" / "half.zip").write_bytes(b"half")
    return installation


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Where backups are put."""
    return tmp_path / "shelf"


@pytest.fixture
def made(source: Installation, shelf: Path) -> Made:
    """A backup of it."""
    found = make_backup(shelf)
    assert found is not None
    return found


@pytest.fixture
def target(database_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """An empty installation: its logins and its database are there, and nothing else."""
    name = f"test_{os.getpid()}_restored"
    drop = f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"
    with psycopg.connect(database_server.admin_url, autocommit=True) as connection:
        connection.execute(drop)
        make_roles(database_server.admin_url, passwords=PASSWORDS, database=name)
        yield Target(ClonedDatabase(name, database_server), tmp_path / "target", monkeypatch)
        session.dispose()
        connection.execute(drop)
