"""A worker's making and restoring of archives, beside the runs and never in their way.

The work is done in a thread, over a connection of its own that holds the archive: a worker that dies lets go of it at
once, and any other one begins anew or goes on.
"""

import asyncio
import logging
from functools import partial
from typing import Final

import psycopg

from lib.archives.working import do_all
from lib.engine.aside import do_aside
from lib.engine.connected import keep_connected

log = logging.getLogger(__name__)

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
    while True:
        cursor = await connection.execute("SELECT api.is_archive_waiting()")
        if await cursor.fetchone() == (True,):
            await do_aside(partial(do_all, url), name="archives")
        await asyncio.sleep(_POLL_SECONDS)
