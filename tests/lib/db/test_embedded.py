import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from lib.config import ROOT
from lib.db.embedded import EmbeddedPostgres
from lib.db.embedded_programs import wheel_programs
from lib.errors import ConfigurationError, DatabaseUnavailable
from tests.database import CARELESS

#: Another process that uses a server until its input ends.
USER = f"""
import sys
from pathlib import Path
from lib.db.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1]), {CARELESS!r}) as server:
    print(server.status().process_id, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def folder(open_folder: Path) -> Path:
    """A cluster that was made once; each test finds it stopped and leaves it stopped."""
    folder = open_folder / "postgres"
    with EmbeddedPostgres(folder, CARELESS):
        pass
    return folder


@contextmanager
def another_user(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, "-c", USER, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())


def wait_for(condition: Callable[[], bool], *, seconds: float = 10) -> None:
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, "it did not happen"
        time.sleep(0.02)


def ask(server: EmbeddedPostgres, question: str) -> object:
    with psycopg.connect(server.admin_url) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row and row[0]


def test_server_runs_for_its_only_user(folder: Path) -> None:
    server = EmbeddedPostgres(folder, CARELESS)
    assert not server.is_running
    with server:
        assert server.is_running
        assert ask(server, "SHOW listen_addresses") == ""
        assert ask(server, "SHOW shared_preload_libraries") == "pg_stat_statements"
        assert ask(server, "SELECT bool_and(rolpassword LIKE 'SCRAM%') FROM pg_authid WHERE rolcanlogin") is True
    assert not server.is_running


def test_wrong_password_is_refused_on_the_socket(folder: Path) -> None:
    with (
        EmbeddedPostgres(folder, CARELESS) as server,
        pytest.raises(psycopg.OperationalError, match="password authentication failed"),
    ):
        psycopg.connect(server.url("postgres", "guess", database="postgres"))


def test_password_file_is_for_its_owner_only(folder: Path) -> None:
    assert stat.S_IMODE((folder / "password").stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give PostgreSQL another user")
def test_under_root_it_runs_as_somebody_else(folder: Path) -> None:
    with EmbeddedPostgres(folder, CARELESS) as server:
        assert Path(f"/proc/{server.status().process_id}").stat().st_uid != 0


def test_four_starts_at_once_share_one_server(open_folder: Path) -> None:
    folder = open_folder / "four"
    command = [sys.executable, "-c", USER, str(folder)]
    users = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    servers = {user.stdout.readline() for user in users if user.stdout}
    for user in users:
        user.communicate()
    assert len(servers) == 1
    assert int(servers.pop()) > 0
    assert not EmbeddedPostgres(folder).is_running


def test_server_stays_while_somebody_else_uses_it(folder: Path) -> None:
    with another_user(folder) as (_, process_id):
        server = EmbeddedPostgres(folder, CARELESS)
        server.start()
        assert server.status().process_id == process_id
        server.stop()
        assert server.is_running
    assert not server.is_running


def test_server_ends_when_its_last_user_was_killed(folder: Path) -> None:
    with another_user(folder) as (user, _):
        user.kill()
    wait_for(lambda: not EmbeddedPostgres(folder).is_running)


def test_killed_server_is_started_again_with_its_data(folder: Path) -> None:
    with EmbeddedPostgres(folder, CARELESS) as server:
        with psycopg.connect(server.admin_url) as connection:
            connection.execute("SET synchronous_commit = on")
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(server.status().process_id or 0, signal.SIGKILL)
        wait_for(lambda: not server.is_running)
        server.start()
        assert ask(server, "SELECT answer FROM kept") == 42


def test_pid_file_that_names_a_stranger_does_not_hinder(folder: Path) -> None:
    with EmbeddedPostgres(folder, CARELESS) as server:
        pid_file = (folder / "data" / "postmaster.pid").read_text(encoding="utf-8")
    (folder / "data" / "postmaster.pid").write_text(
        f"{os.getpid()}\n{pid_file.partition(chr(10))[2]}", encoding="utf-8"
    )
    assert not server.is_running
    with server:
        assert server.status().process_id != os.getpid()


def test_socket_path_stays_short_in_a_deep_folder(open_folder: Path) -> None:
    with EmbeddedPostgres(open_folder / ("deep" * 30), CARELESS) as server:
        sockets = Path(str(ask(server, "SHOW unix_socket_directories")).strip('"'))
        assert len(str(sockets)) < 88
    sockets.rmdir()


def test_kept_server_stays_until_it_is_released(folder: Path) -> None:
    server = EmbeddedPostgres(folder, CARELESS)
    server.keep()
    with server:
        pass
    assert server.status().is_kept
    assert server.is_running
    assert server.release()
    assert not server.is_running


def test_release_lets_a_user_finish(folder: Path) -> None:
    server = EmbeddedPostgres(folder, CARELESS)
    with another_user(folder):
        server.keep()
        assert not server.release()
        assert server.is_running
    assert not server.is_running


def test_failure_shows_the_end_of_the_log(folder: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match='invalid value for parameter "work_mem"'):
        EmbeddedPostgres(folder, {"work_mem": "plenty"}).start()


def test_interrupted_initdb_is_begun_again(open_folder: Path) -> None:
    folder = open_folder / "interrupted"
    (folder / "unfinished-data-1" / "base").mkdir(parents=True)
    folder.chmod(0o711)
    with EmbeddedPostgres(folder, CARELESS) as server:
        assert ask(server, "SELECT 1") == 1
    assert not (folder / "unfinished-data-1").exists()


def test_new_cluster_is_brought_to_the_disk_meanwhile(open_folder: Path) -> None:
    with EmbeddedPostgres(open_folder / "durable", {**CARELESS, "fsync": "on"}) as server:
        assert ask(server, "SHOW fsync") == "on"
        wait_for(lambda: not (open_folder / "durable" / "unsynced").exists())


def test_data_of_another_version_are_left_alone(folder: Path) -> None:
    version_file = folder / "data" / "PG_VERSION"
    version_file.write_text("17\n", encoding="ascii")
    try:
        with pytest.raises(ConfigurationError, match="written by PostgreSQL 17"):
            EmbeddedPostgres(folder).start()
    finally:
        version_file.write_text("18\n", encoding="ascii")


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's PostgreSQL can go where they can")
def test_folder_closed_to_the_account_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(ConfigurationError, match=rf"can't pass through {tmp_path}"):
        EmbeddedPostgres(tmp_path / "postgres").start()


def test_wheel_brings_the_clients() -> None:
    assert {"psql", "pg_dump", "pg_restore"} <= {program.name for program in wheel_programs().iterdir()}
