"""A worker's writing of long files that people have asked for, beside the runs and never in their way.

The work is done in a thread, over a connection of its own that holds the export: a worker that dies lets go of it at
once, and any other one begins anew.
"""

import asyncio
import logging
from functools import partial
from typing import Final

import psycopg

from lib.engine.aside import do_aside
from lib.engine.connected import keep_connected
from lib.engine.schedules import find_obstacle
from lib.export_jobs.working import clear_leftovers, do_all

log = logging.getLogger(__name__)

#: Between two looks for files that nobody knows.
_CLEAR_SECONDS: Final = 3600.0
#: How long an export that was asked for waits at most where a worker is free.
_POLL_SECONDS: Final = 3.0
_AFTER_OUTAGE_SECONDS: Final = 5.0


async def export_for_ever(url: str) -> None:
    """Write what is asked for, one file after another. Comes back after an outage of the database."""
    await keep_connected(
        url,
        partial(_work, url),
        name="orchestrator-exports-watch",
        log=log,
        waits="exports wait",
        seconds=_AFTER_OUTAGE_SECONDS,
    )


async def _work(url: str, connection: psycopg.AsyncConnection) -> None:
    clock = asyncio.get_running_loop().time
    clears_at = clock()
    while True:
        if clock() >= clears_at:
            await do_aside(partial(clear_leftovers, url), name="exports-leftovers")
            clears_at = clock() + _CLEAR_SECONDS
        cursor = await connection.execute("SELECT api.is_export_waiting()")
        # what keeps workers from speaking for anybody is in the log: the schedules say it
        if await cursor.fetchone() == (True,) and await find_obstacle(connection) is None:
            await do_aside(partial(do_all, url), name="exports")
        await asyncio.sleep(_POLL_SECONDS)
