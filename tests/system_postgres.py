"""A throw-away cluster of the PostgreSQL that comes with the system: on Debian 12 it is 15, the oldest we support."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from lib.db.embedded_programs import Account, account_for, run_program
from lib.db.roles import OLDEST_SERVER_MAJOR
from tests.database import CARELESS, NamedServer, roomy_folder

_SUPERUSER = "postgres"
_PASSWORD = "superuser-of-the-tests"
#: Where Debian's and PGDG's packages put the programs, each version in a folder of its own.
_VERSIONED = ((Path("/usr/lib/postgresql"), "*/bin"), (Path("/usr"), "pgsql-*/bin"))


@contextmanager
def system_postgres() -> Iterator[NamedServer]:
    """It runs in a folder of its own, on a socket, for as long as the block lasts.

    Where the system has none the test is skipped; on the build machine, which says CI=true, it fails.
    """
    folder = Path(tempfile.mkdtemp(prefix="orchestrator-", dir=roomy_folder()))
    try:
        with _running(_find_programs(), folder):
            yield NamedServer(f"postgresql://{_SUPERUSER}:{_PASSWORD}@/postgres?host={quote(str(folder), safe='')}")
    finally:
        shutil.rmtree(folder)


def _find_programs() -> Path:
    """The folder of the oldest version that is new enough."""
    folders = [path for start, pattern in _VERSIONED for path in start.glob(pattern)]
    if pg_config := shutil.which("pg_config"):
        said = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=True)
        folders.append(Path(said.stdout.strip()))
    found = {_major(folder): folder for folder in folders if (folder / "initdb").exists()}
    usable = [major for major in found if major >= OLDEST_SERVER_MAJOR]
    if usable:
        return found[min(usable)]
    message = f"No PostgreSQL {OLDEST_SERVER_MAJOR} or newer is installed; on Debian: apt-get install postgresql"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def _major(folder: Path) -> int:
    said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    number = re.search(r"\) (\d+)", said)
    assert number is not None, said
    return int(number[1])


@contextmanager
def _running(programs: Path, folder: Path) -> Iterator[None]:
    account = account_for(folder / "data")
    _make(programs, folder, account)
    pg_ctl = (programs / "pg_ctl", "-D", folder / "data", "-w")
    run_program(*pg_ctl, "-l", folder / "log", "start", account=account, timeout_seconds=60)
    try:
        yield
    finally:
        run_program(*pg_ctl, "-m", "immediate", "stop", account=account, timeout_seconds=60)


def _make(programs: Path, folder: Path, account: Account) -> None:
    if os.geteuid() == 0:
        os.chown(folder, account.uid, account.gid)
    password_file = folder / "password"
    password_file.write_text(_PASSWORD, encoding="ascii")
    password_file.chmod(0o644)  # the folder is closed to others
    how = ("-U", _SUPERUSER, "-A", "scram-sha-256", f"--pwfile={password_file}", "-N", "-E", "UTF8", "--locale=C")
    run_program(programs / "initdb", "-D", folder / "data", *how, account=account, timeout_seconds=60)
    known = {name: value for name, value in CARELESS.items() if name != "io_method"}  # which came with PostgreSQL 18
    options = known | {"listen_addresses": "", "unix_socket_directories": str(folder)}
    with (folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in options.items())
