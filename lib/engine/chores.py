"""What a worker does now and then beside the runs, over one connection: each when it is due, one after another."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

import psycopg

from lib.engine.lease import first_line
from lib.engine.rollup import roll_up
from lib.engine.sealing import Sealing

log = logging.getLogger(__name__)

_AFTER_OUTAGE_SECONDS: Final = 5.0
#: Does what is due, and says in how many seconds it is due again.
Chore = Callable[[psycopg.AsyncConnection], Awaitable[float]]


async def do_chores(url: str) -> None:
    """Sum up usage and seal audit trails, for ever. Comes back after an outage of the database."""
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                url, autocommit=True, application_name="orchestrator-chores", connect_timeout=5
            ) as connection:
                await _do_when_due(connection, [roll_up, Sealing().go_on])
        except psycopg.OperationalError as error:
            log.warning("usage is summed up and trails are sealed later, the database is away: %s", first_line(error))
            await asyncio.sleep(_AFTER_OUTAGE_SECONDS)


async def _do_when_due(connection: psycopg.AsyncConnection, chores: list[Chore]) -> None:
    clock = asyncio.get_running_loop().time
    due = dict.fromkeys(chores, clock())
    while True:
        chore = min(due, key=lambda each: due[each])
        await asyncio.sleep(max(0.0, due[chore] - clock()))
        due[chore] = clock() + await chore(connection)
