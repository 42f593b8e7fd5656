"""A worker's deliveries in this process, over real sockets: where a test turns the clock or the name server."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from lib.config import get_settings
from lib.db.logins import Login
from lib.db.server import database_url
from lib.engine.deliveries import Deliveries
from lib.providers.http_client import close_shared_client
from tests.conftest import Installation
from tests.records import row, rows
from tests.workers import until

DELIVERIES = "SELECT *, next_attempt_at - now() AS due_in FROM webhook_deliveries ORDER BY id"


@contextmanager
def delivering() -> Iterator[Deliveries]:
    """Deliveries that are sent until the end of the block; what is under way then is finished, as at a worker's end."""
    loop = asyncio.new_event_loop()
    made = Deliveries(database_url(Login.WORKER), get_settings())
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(made.deliver(), loop)

    async def end() -> None:
        await made.release()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await close_shared_client()

    try:
        yield made
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(15)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def delivery(installation: Installation) -> dict[str, Any]:
    return row(installation, DELIVERIES)


def make_due(installation: Installation) -> None:
    """Let the wait be over, and have workers look."""
    rows(installation, "UPDATE webhooks SET resume_at = NULL RETURNING 1")
    rows(
        installation,
        "UPDATE webhook_deliveries SET next_attempt_at = now() RETURNING pg_notify(%s, '')",
        "orchestrator_webhooks",
    )


def until_tried(installation: Installation, times: int = 1) -> dict[str, Any]:
    """The delivery once so many attempts have been written down."""
    until(lambda: len(rows(installation, "SELECT 1 FROM webhook_attempts")) == times)
    return delivery(installation)
