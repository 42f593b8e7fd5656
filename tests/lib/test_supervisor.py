"""`orchestrator up`, as a person meets it: real processes, a real browser's first request."""

import os
import re
import signal
import socket
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

from lib import supervisor
from lib.config import ROOT
from tests.supervised import alive, answers, get, port_of, up, wait_for


@pytest.fixture(scope="module")
def folder(open_folder: Path) -> Path:
    return open_folder / "data"


def test_empty_installation_is_served_with_a_link_and_ctrl_c_ends_everything(folder: Path) -> None:
    with up(folder) as first:
        said = first.read_until("set-up?token=")
        assert said.startswith(f"Starting. The data folder is {folder}.\n")
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
        assert first.wait() == 0
        assert alive(family) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_signal_that_came_inside_a_callback_is_not_lost() -> None:
    dying = frozenset({1})
    with supervisor._signals_as_stop(then=lambda: None) as stop_if_asked:
        watched = weakref.ref(dying, lambda _: signal.raise_signal(signal.SIGTERM))
        del dying  # the signal comes here, and Python goes on
        assert watched() is None
        with pytest.raises(supervisor._Stop):
            stop_if_asked()


def test_dead_processes_are_started_again(folder: Path) -> None:
    with up(folder) as running:
        port = port_of(running.read_until("serving at"))
        running.postmaster().kill()
        running.read_until("PostgreSQL had died and runs again")
        running.child("web").kill()
        running.read_until("The web process ended (killed by SIGKILL)")
        wait_for(lambda: answers(port))
        running.child("worker").kill()
        running.read_until("The worker process ended")
        running.process.terminate()
        assert running.wait() == 0


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
        assert running.wait() == 0


def test_port_of_somebody_else_is_named_with_the_way_out(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with up(folder, "--port", str(port)) as refused:
            assert refused.wait() == 1
            said = refused.said
    assert re.fullmatch(rf"Can't listen on port {port} of 127\.0\.0\.1: address already in use\. .*--port \d+\n", said)
