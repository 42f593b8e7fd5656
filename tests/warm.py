"""`python -m lib.cli …` without its imports: a process of its own that is forked from one that has done them.

A worker loads modules for a second of a core and a web process for two, and the tests start some three hundred. The
standard library's fork server loads them once a test process, before any thread and any setting, and what it forks
is in all else a process like another: its own pid, environment, signals and files, and nothing of the test's. Home.py,
and with it what Streamlit knows of pages, is loaded by each web process itself. `orchestrator up` starts its own anew.
"""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from lib.config import ROOT
from lib.ui import ahead

#: What workers and web processes load, also only once they are asked for something.
_LOADED = (
    "lib.cli.commands",
    "lib.engine.worker",
    "lib.web.middleware",
    "lib.web.run_routes",
    "streamlit.web.server.starlette",
    "streamlit.elements.widgets.chat",
    "pandas",
    "plotly.graph_objects",
    "uvicorn.protocols.http.h11_impl",
    "uvicorn.protocols.websockets.websockets_sansio_impl",
    "openai",
    "pydantic_ai.models.openai",
    "pydantic_ai.providers.openai",
)


class WarmProcess:
    """A process from `start`, which is handled as one of `subprocess.Popen` is."""

    def __init__(self, process: multiprocessing.process.BaseProcess) -> None:
        self._process = process
        assert process.pid
        self.pid: int = process.pid

    @property
    def returncode(self) -> int | None:
        """How it ended, once somebody has looked; a signal's number is below zero."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """How it has ended, or None."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises `subprocess.TimeoutExpired`."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("lib.cli", timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Nothing is sent to what has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """As the kernel would, without a word."""
        self.send_signal(signal.SIGKILL)


#: What a test may start, by either way.
Process = subprocess.Popen[bytes] | WarmProcess


def start(arguments: Sequence[str], *, log: Path, environment: Mapping[str, str]) -> WarmProcess:
    """`python -m lib.cli` with these arguments, its output added to the log."""
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload([*_LOADED, *ahead.NAMES])
    process = forking.Process(target=_run, args=(tuple(arguments), log, dict(environment)), daemon=True)
    with _no_main():
        process.start()
    return WarmProcess(process)


@contextmanager
def _no_main() -> Iterator[None]:
    """What is forked runs this process's main file first, which is a page's script once AppTest has run one."""
    main, sys.modules["__main__"] = sys.modules["__main__"], ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _run(arguments: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
    """Become the command, in the new process."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, sys.stdout.fileno())
    os.dup2(descriptor, sys.stderr.fileno())
    os.close(descriptor)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # it is a text stream
    sys.argv = ["orchestrator", *arguments]
    runpy.run_module("lib.cli", run_name="__main__", alter_sys=True)
