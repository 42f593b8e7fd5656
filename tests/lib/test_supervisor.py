"""`orchestrator up`, as a person meets it: real processes, a real browser's first request."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from lib.config import ROOT


class Up:
    """A running `orchestrator up`."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        environment = os.environ | {"ORCHESTRATOR_DATA_DIR": str(folder), "ORCHESTRATOR_LOCAL_MODEL": "false"}
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "lib.cli", "up", *options],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def read_until(self, words: str) -> str:
        """What it says up to the line with these words."""
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if words in line:
                return said
        raise AssertionError(f"it ended without “{words}”: {said}")

    def family(self) -> list[psutil.Process]:
        """Everything that it started, the server and its guard among them."""
        mine = str(self.folder)
        found = [self.process.pid, *(child.pid for child in psutil.Process(self.process.pid).children(recursive=True))]
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if any(mine in word for word in process.cmdline()):
                    found.append(process.pid)
        return [psutil.Process(number) for number in sorted(set(found))]

    def child(self, word: str) -> psutil.Process:
        """Its web or worker process, which may be about to start."""
        found: list[psutil.Process] = []

        def is_there() -> bool:
            children = psutil.Process(self.process.pid).children()
            found[:] = [process for process in children if word in process.cmdline()]
            return bool(found)

        wait_for(is_there)
        return found[0]


@pytest.fixture(scope="module")
def folder(open_folder: Path) -> Path:
    return open_folder / "data"


@contextmanager
def up(folder: Path, *options: str) -> Iterator[Up]:
    started = Up(folder, *(options or ("--port", "0")))
    try:
        yield started
    finally:
        started.process.kill()
        started.process.communicate()


def wait_for(condition: Callable[[], bool], *, seconds: float = 15) -> None:
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, "it did not happen"
        time.sleep(0.05)


def alive(processes: list[psutil.Process]) -> list[str]:
    return [
        " ".join(process.cmdline()) for process in processes if process.is_running() and process.status() != "zombie"
    ]


def get(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def port_of(said: str) -> int:
    match = re.search(r"http://localhost:(\d+)", said)
    assert match is not None
    return int(match[1])


def test_empty_installation_is_served_with_a_link_and_ctrl_c_ends_everything(folder: Path) -> None:
    with up(folder) as first:
        said = first.read_until("set-up?token=")
        port = port_of(said)
        assert get(port, "/healthz") == 200
        assert get(port, "/readyz") == 200

        second = subprocess.run(
            [sys.executable, "-m", "lib.cli", "up"], cwd=ROOT, capture_output=True, text=True, check=True,
            env=os.environ | {"ORCHESTRATOR_DATA_DIR": str(folder)},
        )  # fmt: skip
        assert second.stdout == (
            f"AI Orchestrator is running already, at http://localhost:{port} (process {first.process.pid}).\n"
        )

        first.child("worker")
        family = first.family()
        assert len(family) >= 5  # itself, web, worker, PostgreSQL, guard
        first.process.send_signal(signal.SIGINT)
        assert first.process.wait(20) == 0
        assert alive(family) == []


def test_dead_processes_are_started_again(folder: Path) -> None:
    with up(folder) as running:
        port = port_of(running.read_until("serving at"))
        database = int((folder / "postgres" / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        os.kill(database, signal.SIGKILL)
        running.read_until("PostgreSQL had died and runs again")
        running.child("web").kill()
        running.read_until("The web process ended (killed by SIGKILL)")
        wait_for(lambda: get(port, "/readyz") == 200)
        running.child("worker").kill()
        running.read_until("The worker process ended")
        running.process.terminate()
        assert running.process.wait(20) == 0


def test_nothing_outlives_a_killed_supervisor(folder: Path) -> None:
    with up(folder) as running:
        running.read_until("serving at")
        running.child("worker")
        family = running.family()
        running.process.kill()
        running.process.wait()
        wait_for(lambda: alive(family) == [])


def test_each_process_has_its_own_ways_in_only(folder: Path) -> None:
    with up(folder) as running:
        running.read_until("serving at")
        for word, expected in (("web", {"WEB", "IDENTITY"}), ("worker", {"WORKER"})):
            environment = running.child(word).environ()
            found = {name for name in environment if name.endswith("DATABASE_URL")}
            assert found == {f"ORCHESTRATOR_{login}_DATABASE_URL" for login in expected}
        running.process.terminate()
        assert running.process.wait(20) == 0


def test_port_of_somebody_else_is_named_with_the_way_out(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with up(folder, "--port", str(port)) as refused:
            said, _ = refused.process.communicate(timeout=20)
    assert refused.process.returncode == 1
    assert re.fullmatch(rf"Can't listen on port {port} of 127\.0\.0\.1: address already in use\. .*--port \d+\n", said)
