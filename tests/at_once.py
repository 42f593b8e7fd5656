"""Two things at once, in an order that the test decides."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lib.errors import OrchestratorError
from tests.conftest import Installation
from tests.records import rows


@contextmanager
def attempt(change: Callable[[], object]) -> Iterator[list[object]]:
    """Try it in a thread while the block runs; afterwards the list has what came of it: its answer or its error."""
    outcome: list[object] = []

    def run() -> None:
        try:
            outcome.append(change())
        except OrchestratorError as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield outcome
    finally:
        thread.join()


def is_waiting(installation: Installation) -> bool:
    """Whether somebody waits for a lock that somebody else holds."""
    return rows(installation, "SELECT 1 FROM pg_locks WHERE NOT granted") != []
