"""A worker's making and restoring of archives, beside the runs and never in their way.

The work is done in a thread, over a connection of its own that holds the archive: a worker that dies lets go of it at
once, and any other one begins anew or goes on.
"""

import asyncio
import logging
from functools import partial
from typing import Final

import psycopg

from lib.archives.working import clear_leftovers, do_all
from lib.engine.aside import do_aside
from lib.engine.connected import keep_connected

log = logging.getLogger(__name__)

#: Between two looks for files that nobody knows.
_CLEAR_SECONDS: Final = 3600.0
#: How long an archive that was asked for waits at most where a worker is free.
_POLL_SECONDS: Final = 3.0
_AFTER_OUTAGE_SECONDS: Final = 5.0


async def archive_for_ever(url: str) -> None:
    """Do what is asked for, one archive after another. Comes back after an outage of the database."""
    await keep_connected(
        url,
        partial(_work, url),
        name="orchestrator-archives-watch",
        log=log,
        waits="archives wait",
        seconds=_AFTER_OUTAGE_SECONDS,
    )


async def _work(url: str, connection: psycopg.AsyncConnection) -> None:
    clock = asyncio.get_running_loop().time
    clears_at = clock()
    while True:
        if clock() >= clears_at:
            await do_aside(partial(clear_leftovers, url), name="archives-leftovers")
            clears_at = clock() + _CLEAR_SECONDS
        cursor = await connection.execute("SELECT api.is_archive_waiting()")
        if await cursor.fetchone() == (True,):
            await do_aside(partial(do_all, url), name="archives")
        await asyncio.sleep(_POLL_SECONDS)
