"""What a test of an installation works with: real workers, real web processes, a bench to launch runs from."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Protocol

import httpx2
import pytest

from lib.db.logins import Login
from tests.conftest import Installation
from tests.engine.conftest import Bench, bench
from tests.installations.commands import settings_of, web_process
from tests.workers import Workers, endpoint, workers

__all__ = ["Bench", "Workers", "bench", "endpoint", "workers"]


class StartWeb(Protocol):
    """Starts a web process and returns a browser at it."""

    def __call__(self) -> httpx2.Client: ...


@pytest.fixture
def start_web(installation: Installation, tmp_path: Path) -> Iterator[StartWeb]:
    """As many web processes on the test's database as a test asks for, each with its own two URLs and no other."""
    numbers = count(1)
    with ExitStack() as stack:

        def start() -> httpx2.Client:
            settings = settings_of(Login.WEB, Login.IDENTITY)
            return stack.enter_context(web_process(settings, log=tmp_path / f"web-{next(numbers)}.log"))

        yield start
