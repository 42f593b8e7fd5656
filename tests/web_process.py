"""`orchestrator web`, or another server of pages, as a process of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests import warm
from tests.ending import end

_START_SECONDS = 90


@contextmanager
def orchestrator_web(settings: Mapping[str, str], *, log: Path) -> Iterator[str]:
    """The dashboard under these settings, until the `with` ends; its address without a slash at the end."""
    log.write_bytes(b"")
    process = warm.start(["web", "--port", "0"], log=log, environment={**_environment(), **settings})
    with _until_the_end(process):
        yield wait_for_address(process, log=log, says="Serving ")


@contextmanager
def running(module: Sequence[str], *, cwd: Path, log: Path, settings: Mapping[str, str], says: str) -> Iterator[str]:
    """A Python module as a process, until the `with` ends; yields the address that it prints after `says`."""
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=cwd,
            stdout=output,
            stderr=output,
            env={**_environment(), "PYTHONUNBUFFERED": "1", **settings},
        )
    with _until_the_end(process):
        yield wait_for_address(process, log=log, says=says)


def _environment() -> dict[str, str]:
    """This process's, without what it says of the product."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("ORCHESTRATOR_", "STREAMLIT_"))}
    known.pop("DATABASE_URL", None)
    return known


@contextmanager
def _until_the_end(process: warm.Process) -> Iterator[None]:
    try:
        yield
    finally:
        end(process)


def wait_for_address(process: warm.Process, *, log: Path, says: str) -> str:
    """What a server prints after `says`, once it answers there; without a slash at the end."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        text = log.read_text()
        if says in text:
            url = text.partition(says)[2].split()[0].rstrip("./")
            with suppress(URLError), urlopen(f"{url}/healthz", timeout=5):
                return url
        time.sleep(0.05)
    pytest.fail(f"the server did not start:\n{log.read_text()}")
