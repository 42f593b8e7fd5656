"""`orchestrator web`, or another server of pages, as a process of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from lib.config import ROOT
from tests.ending import end

_START_SECONDS = 90


def orchestrator_web(settings: Mapping[str, str], *, log: Path) -> AbstractContextManager[str]:
    """The dashboard under these settings; its address without a slash at the end."""
    return running(["lib.cli", "web", "--port", "0"], cwd=ROOT, log=log, settings=settings, says="Serving ")


@contextmanager
def running(module: Sequence[str], *, cwd: Path, log: Path, settings: Mapping[str, str], says: str) -> Iterator[str]:
    """A Python module as a process, until the `with` ends; yields the address that it prints after `says`."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("ORCHESTRATOR_", "STREAMLIT_"))}
    known.pop("DATABASE_URL", None)
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=cwd,
            stdout=output,
            stderr=output,
            env={**known, "PYTHONUNBUFFERED": "1", **settings},
        )
        try:
            yield wait_for_address(process, log=log, says=says)
        finally:
            end(process)


def wait_for_address(process: subprocess.Popen[Any], *, log: Path, says: str) -> str:
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
