"""A worker's making of what lies on a shelf, archives and long files, beside the runs and never in their way.

The work is done in a thread, over a connection of its own that holds what is made: a worker that dies lets go of it at
once, and any other one begins anew or goes on.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import psycopg

from lib.archives import working as archives
from lib.engine.aside import do_aside
from lib.engine.connected import keep_connected
from lib.engine.schedules import find_obstacle
from lib.export_jobs import working as exports

log = logging.getLogger(__name__)

#: Between two looks for files that nobody knows.
_CLEAR_SECONDS: Final = 3600.0
#: How long what was asked for waits at most where a worker is free.
_POLL_SECONDS: Final = 3.0
_AFTER_OUTAGE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """What is made for a shelf."""

    #: More than one of it.
    noun: str
    #: In SQL, whether one waits.
    is_waiting: str
    do_all: Callable[[str], None]
    clear_leftovers: Callable[[str], int]
    #: Whether the worker speaks for whoever asked.
    is_of_person: bool = False


MAKINGS: Final = (
    Making(
        noun="archives",
        is_waiting="SELECT api.is_archive_waiting()",
        do_all=archives.do_all,
        clear_leftovers=archives.clear_leftovers,
    ),
    Making(
        noun="exports",
        is_waiting="SELECT api.is_export_waiting()",
        do_all=exports.do_all,
        clear_leftovers=exports.clear_leftovers,
        is_of_person=True,
    ),
)


async def make_for_ever(url: str, making: Making) -> None:
    """Make what is asked for, one after another. Comes back after an outage of the database."""
    await keep_connected(
        url,
        partial(_work, url, making),
        name=f"orchestrator-{making.noun}-watch",
        log=log,
        waits=f"{making.noun} wait",
        seconds=_AFTER_OUTAGE_SECONDS,
    )


async def _work(url: str, making: Making, connection: psycopg.AsyncConnection) -> None:
    clock = asyncio.get_running_loop().time
    clears_at = clock()
    while True:
        if clock() >= clears_at:
            await do_aside(partial(making.clear_leftovers, url), name=f"{making.noun}-leftovers")
            clears_at = clock() + _CLEAR_SECONDS
        cursor = await connection.execute(making.is_waiting.encode())
        if await cursor.fetchone() == (True,) and await _may_work(connection, making):
            await do_aside(partial(making.do_all, url), name=making.noun)
        await asyncio.sleep(_POLL_SECONDS)


async def _may_work(connection: psycopg.AsyncConnection, making: Making) -> bool:
    """Whether nothing keeps this worker from speaking for anybody, where that takes it; the schedules log what does."""
    return not making.is_of_person or await find_obstacle(connection) is None
