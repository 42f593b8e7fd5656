"""What a worker does now and then beside the runs, over one connection: each when it is due, one after another."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

import psycopg

from lib.engine.connected import keep_connected
from lib.engine.removing import remove_expired
from lib.engine.rollup import roll_up
from lib.engine.sealing import Sealing

log = logging.getLogger(__name__)

_AFTER_OUTAGE_SECONDS: Final = 5.0
#: Does what is due, and says in how many seconds it is due again.
Chore = Callable[[psycopg.AsyncConnection], Awaitable[float]]


async def do_chores(url: str) -> None:
    """Sum up usage, seal audit trails and remove what is too old, for ever. Comes back after an outage."""
    await keep_connected(
        url,
        _do_when_due,
        name="orchestrator-chores",
        log=log,
        waits="usage is summed up, trails are sealed and what is too old is removed later",
        seconds=_AFTER_OUTAGE_SECONDS,
    )


async def _do_when_due(connection: psycopg.AsyncConnection) -> None:
    clock = asyncio.get_running_loop().time
    chores: list[Chore] = [roll_up, Sealing().go_on, remove_expired]
    due = dict.fromkeys(chores, clock())
    while True:
        chore = min(due, key=lambda each: due[each])
        await asyncio.sleep(max(0.0, due[chore] - clock()))
        due[chore] = clock() + await chore(connection)
