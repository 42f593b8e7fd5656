"""A worker's deliveries in this process, over real sockets: where a test turns the clock or the name server."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

from lib.config import get_settings
from lib.db.logins import Login
from lib.db.server import database_url
from lib.engine.deliveries import Deliveries
from lib.providers.http_client import close_shared_client


@contextmanager
def delivering() -> Iterator[Deliveries]:
    """Deliveries that are sent until the end of the block; what is under way then is finished, as at a worker's end."""
    loop = asyncio.new_event_loop()
    made = Deliveries(database_url(Login.WORKER), get_settings())
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    task = asyncio.run_coroutine_threadsafe(made.deliver(), loop)

    async def end() -> None:
        await made.release()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(asyncio.wrap_future(task), timeout=5)
        await close_shared_client()

    try:
        yield made
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(15)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
