"""Who runs it: an ordinary user from a folder of theirs, one without a home, root under a strict umask."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from psycopg.conninfo import conninfo_to_dict

from lib.config import ROOT
from lib.db.embedded import EmbeddedPostgres
from tests.installations.commands import carried_out, environment, refused
from tests.web_process import wait_for_address

NAME = "nobody"
#: No entry in the system's list of users.
UNKNOWN_USER_ID = 64321

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@dataclass(frozen=True, slots=True)
class Person:
    """A user of this machine, with a Python that they may run and a home of theirs."""

    user_id: int
    group_id: int
    python: Path
    home: Path

    def options(self, settings: Mapping[str, str]) -> dict[str, Any]:
        """For subprocess: become them, with these settings and no others of ours."""
        packages = os.pathsep.join([str(ROOT), *(entry for entry in sys.path if entry.endswith("site-packages"))])
        known = {name: value for name, value in environment(settings).items() if name not in {"HOME", "XDG_DATA_HOME"}}
        return {
            "user": self.user_id,
            "group": self.group_id,
            "extra_groups": [],
            "cwd": "/",
            "env": known | {"PYTHONPATH": packages} | dict(settings),
            "text": True,
        }

    def refused(self, *words: str, settings: Mapping[str, str]) -> str:
        """What a command tells them that can't do what it should."""
        command = [self.python, "-m", "lib.cli", *words]
        done = subprocess.run(command, check=False, capture_output=True, timeout=120, **self.options(settings))
        assert done.returncode == 1, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr


@pytest.fixture(scope="module")
def person(open_folder: Path) -> Person:
    entry = pwd.getpwnam(NAME)
    home = open_folder / "home"
    home.mkdir()
    os.chown(home, entry.pw_uid, entry.pw_gid)
    for python in (sys.executable, shutil.which("python3", path="/usr/bin:/usr/local/bin")):
        if python is not None:
            found = Person(entry.pw_uid, entry.pw_gid, Path(python), home)
            try:
                subprocess.run([python, "-c", "import lib.cli"], check=True, capture_output=True, **found.options({}))
            except (PermissionError, subprocess.CalledProcessError):
                continue
            return found
    pytest.skip(f"no Python here can import this checkout as `{NAME}`")


@contextmanager
def serving(person: Person, settings: Mapping[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Their `orchestrator up`, and its address."""
    log = person.home / "up.log"
    with log.open("w") as output:
        command = [person.python, "-u", "-m", "lib.cli", "up", "--port", "0"]
        process = subprocess.Popen(command, stdout=output, stderr=output, **person.options(settings))
    try:
        yield process, wait_for_address(process, log=log, says="serving at ")
    finally:
        process.kill()
        process.wait()


@needs_root
def test_ordinary_user_runs_all_of_it_from_their_home(person: Person) -> None:
    data = person.home / ".local" / "share" / "ai-orchestrator"
    with serving(person, {"HOME": str(person.home), "ORCHESTRATOR_LOCAL_MODEL": "false"}) as (process, url):
        assert httpx2.get(f"{url}/readyz", timeout=60).status_code == 200
        server = EmbeddedPostgres(data / "postgres").status().process_id
        assert Path(f"/proc/{server}").stat().st_uid == person.user_id
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert not EmbeddedPostgres(data / "postgres").is_running
    strangers = [path for path in data.rglob("*") if path.lstat().st_uid != person.user_id]
    assert strangers == []
    open_to_others = [path for path in (data, *data.iterdir()) if path.is_dir() and path.stat().st_mode & 0o077]
    assert open_to_others == []


@needs_root
def test_home_that_is_not_there_is_named_with_the_way_out(person: Person, open_folder: Path) -> None:
    said = person.refused("up", settings={"HOME": str(open_folder / "gone")})
    assert said == (
        f"The data folder {open_folder}/gone/.local/share/ai-orchestrator can't be made: Permission denied. "
        "Set ORCHESTRATOR_DATA_DIR to a folder of yours.\n"
    )


@needs_root
def test_folder_that_is_not_writable_is_named_with_the_way_out(person: Person, open_folder: Path) -> None:
    said = person.refused("up", settings={"ORCHESTRATOR_DATA_DIR": str(open_folder)})
    assert said == (
        f"The data folder {open_folder} is not writable for you. Set ORCHESTRATOR_DATA_DIR to a folder of yours.\n"
    )


@needs_root
def test_user_without_a_home_needs_a_folder_for_the_embedded_database_only(person: Person) -> None:
    unknown = Person(UNKNOWN_USER_ID, UNKNOWN_USER_ID, person.python, person.home)
    assert "no home folder for the data. Set ORCHESTRATOR_DATA_DIR" in unknown.refused("db", "status", settings={})
    server = {"DATABASE_URL": "postgresql://orchestrator_owner@127.0.0.1:1/orchestrator"}
    said = unknown.refused("db", "status", settings=server)
    assert said.startswith("The database does not let orchestrator_owner in")


def test_strict_umask_and_a_long_path_do_not_hinder(open_folder: Path) -> None:
    data = open_folder / ("deep" * 20) / ("deep" * 20) / "data"
    settings = {"ORCHESTRATOR_DATA_DIR": str(data)}
    before = os.umask(0o077)
    try:
        said = carried_out("db", "upgrade", settings=settings)
    finally:
        os.umask(before)
    assert "Run `orchestrator db upgrade`" not in said
    server = EmbeddedPostgres(data / "postgres")
    assert not server.is_running
    socket_folder = Path(str(conninfo_to_dict(server.admin_url)["host"]))
    assert not socket_folder.is_relative_to(data), "the path of a socket holds some hundred bytes"
    socket_folder.rmdir()


@needs_root
def test_folder_of_somebody_else_is_refused(open_folder: Path) -> None:
    theirs = open_folder / "theirs" / "postgres"
    theirs.mkdir(parents=True)
    os.chown(theirs, UNKNOWN_USER_ID, UNKNOWN_USER_ID)
    said = refused("db", "status", settings={"ORCHESTRATOR_DATA_DIR": str(theirs.parent)})
    assert said.startswith(f"{theirs} belongs to another user. ")
