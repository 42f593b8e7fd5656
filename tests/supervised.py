"""`orchestrator up` as a person has it: real processes in a data folder of their own, and what of it lives."""

import ctypes
import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from lib.config import ROOT

_PR_SET_PDEATHSIG = 1
_C_LIBRARY = ctypes.CDLL(None)


class Up:
    """A running `orchestrator up`. What it says goes to a file: nothing waits for a reader of it."""

    def __init__(self, folder: Path, *options: str, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._log = folder.with_name(f"{folder.name}-{time.monotonic_ns()}.log")
        self._read = 0
        environment = os.environ | {"ORCHESTRATOR_DATA_DIR": str(folder), "ORCHESTRATOR_LOCAL_MODEL": "false"}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-u", "-m", "lib.cli", "up", *options],
                cwd=ROOT,
                env=environment | dict(settings or {}),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_as_from_a_terminal,  # noqa: PLW1509 - two system calls, and nothing is left of a killed test
            )

    @property
    def said(self) -> str:
        """All that it has said so far."""
        return self._log.read_text(encoding="utf-8")

    def read_until(self, words: str, *, seconds: float = 60) -> str:
        """What it says from where the last call ended up to the line with these words."""
        give_up_at = time.monotonic() + seconds
        while True:
            has_ended = self.process.poll() is not None
            new = self.said[self._read :]
            if (at := new.find(words)) >= 0 and (end := new.find("\n", at)) >= 0:
                self._read += end + 1
                return new[: end + 1]
            assert not has_ended, f"it ended without “{words}”: {new}"
            assert time.monotonic() < give_up_at, f"it did not say “{words}”: {new}"
            time.sleep(0.02)

    def wait(self, seconds: float = 30) -> int:
        """Its exit code, once it has ended."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            lines = [line for line in self.said.splitlines() if not line.startswith("import time:")]
            raise AssertionError(f"it does not end; it said: {lines[-40:]}") from None

    def family(self) -> list[psutil.Process]:
        """Everything that it started, the server and its guard among them."""
        mine = str(self.folder)
        children = psutil.Process(self.process.pid).children(recursive=True)
        found = {process.pid: process for process in (psutil.Process(self.process.pid), *children)}
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if any(mine in word for word in process.cmdline()):
                    found[process.pid] = process
        return list(found.values())

    def children(self, word: str) -> list[psutil.Process]:
        """Those of its processes that have this word in their command: `web`, `worker`."""
        found = []
        with suppress(psutil.Error):
            for process in psutil.Process(self.process.pid).children():
                with suppress(psutil.Error):
                    if word in process.cmdline():
                        found.append(process)
        return found

    def child(self, word: str) -> psutil.Process:
        """Its web or worker process, which may be about to start."""
        wait_for(lambda: bool(self.children(word)))
        return self.children(word)[0]

    def postmaster(self) -> psutil.Process:
        """The PostgreSQL that it started."""
        pid_file = self.folder / "postgres" / "data" / "postmaster.pid"
        return psutil.Process(int(pid_file.read_text(encoding="utf-8").split()[0]))


def _as_from_a_terminal() -> None:
    """It ends with its test, and hears Ctrl-C: a shell has what it starts in the background ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with suppress(AttributeError):  # macOS has no prctl
        _C_LIBRARY.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@contextmanager
def up(folder: Path, *options: str, settings: Mapping[str, str] | None = None) -> Iterator[Up]:
    """One on a free port, unless `options` say where; killed at the end if it has not ended by then."""
    started = Up(folder, *(options or ("--port", "0")), settings=settings)
    try:
        yield started
    finally:
        started.process.kill()
        started.process.wait()


def wait_for(
    condition: Callable[[], bool], *, seconds: float = 30, instead: Callable[[], object] = lambda: "no more is known"
) -> None:
    """Until it is so; who gives up tells what was so `instead`."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, f"it did not happen: {instead()}"
        time.sleep(0.05)


def alive(processes: list[psutil.Process]) -> list[str]:
    """The commands of those that live."""
    found = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
    return found


def get(port: int, path: str) -> int:
    """The status with which the web process answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def answers(port: int, path: str = "/readyz") -> bool:
    """Whether it says that all is well there."""
    with suppress(OSError, http.client.HTTPException):
        return get(port, path) == 200
    return False


def port_of(said: str) -> int:
    """The port in an address that was said."""
    match = re.search(r"http://localhost:(\d+)", said)
    assert match is not None, said
    return int(match[1])
