"""The migrations on PostgreSQL 15, the oldest that is supported, where a machine has its programs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from urllib.parse import quote

import psycopg
import pytest

from lib.db import migrate
from lib.db.embedded_programs import Account, account_for, run_program
from lib.db.logins import Login
from lib.db.roles import OLDEST_SERVER_MAJOR, make_roles
from tests import doors
from tests.cast import make_cast
from tests.factories import make_workspace
from tests.migrations.catalog import snapshot

#: Where Debian's and PGDG's packages put them.
PROGRAMS = [
    Path(f"/usr/lib/postgresql/{OLDEST_SERVER_MAJOR}/bin"),
    Path(f"/usr/pgsql-{OLDEST_SERVER_MAJOR}/bin"),
]


@dataclass(frozen=True, slots=True)
class OldDatabase:
    """A migrated database on the old server, which believes everybody."""

    folder: Path
    name: str = "orchestrator"

    def url(self, login: Login) -> str:
        return self._url(login.role_name, self.name)

    @property
    def admin_url(self) -> str:
        return self._url("postgres", self.name)

    @property
    def server_url(self) -> str:
        return self._url("postgres", "postgres")

    def _url(self, user: str, database: str) -> str:
        return f"postgresql://{user}@/{database}?host={quote(str(self.folder), safe='')}"


@pytest.fixture(scope="module")
def old_database() -> Iterator[OldDatabase]:
    """PostgreSQL 15 with our roles, migrated."""
    programs = next((folder for folder in PROGRAMS if (folder / "initdb").exists()), None)
    if programs is None:
        pytest.skip(f"no PostgreSQL {OLDEST_SERVER_MAJOR} on this machine")
    folder = Path(mkdtemp(prefix="orchestrator-"))
    folder.chmod(0o777)
    account = account_for(folder / "data")
    try:
        _make_server(programs, folder, account)
        try:
            database = OldDatabase(folder)
            make_roles(database.server_url, passwords={}, database=database.name)
            migrate.upgrade(database.url(Login.OWNER))
            yield database
        finally:
            run_program(
                programs / "pg_ctl",
                "-D",
                folder / "data",
                "-m",
                "immediate",
                "stop",
                account=account,
                timeout_seconds=30,
            )
    finally:
        rmtree(folder)


def _make_server(programs: Path, folder: Path, account: Account) -> None:
    words = ("-D", folder / "data", "-A", "trust", "-U", "postgres", "-N", "-E", "UTF8", "--locale", "C")
    run_program(programs / "initdb", *words, account=account, timeout_seconds=60)
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    start = ("-D", folder / "data", "-w", "-l", folder / "log", "-o", options, "start")
    run_program(programs / "pg_ctl", *start, account=account, timeout_seconds=60)


def test_down_and_up_again_makes_the_same(old_database: OldDatabase) -> None:
    url = old_database.url(Login.OWNER)
    with psycopg.connect(url) as connection:
        assert connection.info.server_version // 10000 == OLDEST_SERVER_MAJOR
    made = snapshot(url)
    migrate.downgrade(url, "base")
    assert len(snapshot(url)) < 5
    migrate.upgrade(url)
    assert snapshot(url) == made


def test_doors_open_to_their_own_organization_only(old_database: OldDatabase) -> None:
    cast = make_cast(old_database)
    make_workspace(old_database, cast.alice)
    make_workspace(old_database, cast.charlie)
    with doors.person(old_database, cast.charlie) as connection:
        seen = connection.execute("SELECT DISTINCT organization_id FROM phase_executions").fetchall()
    assert seen == [(cast.organization_b,)]
    with doors.engine(old_database, cast.organization_b) as connection:
        seen = connection.execute("SELECT DISTINCT organization_id FROM orchestration_runs").fetchall()
    assert seen == [(cast.organization_b,)]
    with doors.login(old_database, Login.WEB) as connection:
        assert doors.refusal(connection, "SELECT 1 FROM projects") == "42501"
