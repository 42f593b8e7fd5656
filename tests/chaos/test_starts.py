"""`orchestrator up` where it runs already, where a machine went down, and for a person who changes their mind."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from lib.db.embedded import EmbeddedPostgres
from lib.db.embedded_programs import account_for
from tests.chaos.conftest import data_folder
from tests.supervised import Up, alive, answers, port_of, up, wait_for

__all__ = ["data_folder"]


def test_four_starts_at_once_serve_once_and_say_where(data_folder: Path) -> None:
    with ExitStack() as stack:
        four = [stack.enter_context(up(data_folder)) for _ in range(4)]
        wait_for(lambda: sum(each.process.poll() is not None for each in four) == 3, seconds=60)
        (first,) = (each for each in four if each.process.poll() is None)
        port = port_of(first.read_until("serving at", seconds=120))
        assert answers(port)
        for each in four:
            if each is not first:
                assert each.wait() == 0
                assert each.said == _is_first(port, first)
        with up(data_folder, "--port", str(port % 65535 + 1)) as one:
            assert one.wait() == 1, "it was asked for another port, and does not serve there"
            assert one.said.startswith(_is_first(port, first).strip())
        with up(data_folder, "--port", str(port)) as one:
            assert (one.wait(), one.said) == (0, _is_first(port, first))
        family = first.family()
        first.process.terminate()
        assert first.wait() == 0
        assert alive(family) == []


def _is_first(port: int, first: Up) -> str:
    return f"AI Orchestrator is running already, at http://localhost:{port} (process {first.process.pid}).\n"


def test_it_starts_again_where_a_machine_went_down(data_folder: Path) -> None:
    """Nobody could clean up, and the numbers in the files are other processes' by now."""
    with up(data_folder) as first:
        port = port_of(first.read_until("serving at", seconds=120))
        with psycopg.connect(_admin_url(data_folder), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept ()")
        family = first.family()
        for process in sorted(family, key=lambda process: "embedded_guard" not in " ".join(process.cmdline())):
            with suppress(psutil.NoSuchProcess):
                process.kill()  # the guard first, which would stop the server
        wait_for(lambda: alive(family) == [])
    pid_file = data_folder / "postgres" / "data" / "postmaster.pid"
    rest = pid_file.read_text(encoding="utf-8").split("\n", 1)[1]
    with _stranger(data_folder) as number:
        pid_file.write_text(f"{number}\n{rest}", encoding="utf-8")
        said = {"url": f"http://localhost:{port}", "process": number}
        (data_folder / "up.lock").write_text(json.dumps(said), encoding="utf-8")
        with up(data_folder) as again:
            assert answers(port_of(again.read_until("serving at", seconds=120)))
            with psycopg.connect(_admin_url(data_folder)) as connection:
                connection.execute("SELECT FROM kept")
            again.process.terminate()
            assert again.wait() == 0


@contextmanager
def _stranger(folder: Path) -> Iterator[int]:
    """A process of PostgreSQL's user that has nothing to do with it: whom an old number in a pid file names."""
    account = account_for(folder / "postgres" / "data")
    switch = {"user": account.uid, "group": account.gid, "extra_groups": []} if os.geteuid() == 0 else {}
    stranger = subprocess.Popen(["sleep", "600"], **switch)
    try:
        yield stranger.pid
    finally:
        stranger.kill()
        stranger.wait()


def _admin_url(folder: Path) -> str:
    return EmbeddedPostgres(folder / "postgres").admin_url


@pytest.mark.parametrize("imported", ["typer", "lib.cli.users", "lib.supervisor"])
def test_ctrl_c_in_the_first_moments_prints_no_traceback(data_folder: Path, imported: str) -> None:
    with up(data_folder, settings={"PYTHONPROFILEIMPORTTIME": "1"}) as started:
        started.read_until(f" {imported}\n")
        family = started.family()
        started.process.send_signal(signal.SIGINT)
        assert started.wait() in {0, 130, -signal.SIGINT}
        starting = f"Starting. The data folder is {data_folder}."
        lines = [line for line in started.said.splitlines() if not line.startswith("import time:")]
        said = lines[1:] if lines[:1] == [starting] else lines
        assert said in ([], ["Stopping …"], ["Aborted!"])
        wait_for(lambda: alive(family) == [])
