"""A worker's summing up of usage: hours and days that have ended, so that the pages need not read their rows.

It may come late, twice or never: what is not summed up is read from the rows (docs/decisions/0020).
"""

import asyncio
import logging
from typing import Final

import psycopg

from lib.engine.lease import first_line

log = logging.getLogger(__name__)

_EVERY_SECONDS: Final = 60.0
#: In one transaction: whoever writes usage of an organization that is summed up waits for it.
_AT_ONCE: Final = 4
_BREATH_SECONDS: Final = 0.02
_AFTER_OUTAGE_SECONDS: Final = 5.0


async def roll_up_for_ever(url: str) -> None:
    """Sum up what has ended, once a minute. Comes back after an outage of the database."""
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                url, autocommit=True, application_name="orchestrator-usage", connect_timeout=5
            ) as connection:
                while True:
                    # where there is more than is done at once, after a breath for whoever writes
                    count = await _roll_up(connection)
                    await asyncio.sleep(_BREATH_SECONDS if count == _AT_ONCE else _EVERY_SECONDS)
        except psycopg.OperationalError as error:
            log.warning("usage is summed up later, the database is away: %s", first_line(error))
            await asyncio.sleep(_AFTER_OUTAGE_SECONDS)


async def _roll_up(connection: psycopg.AsyncConnection) -> int:
    cursor = await connection.execute("SELECT api.roll_up_usage(%s)", (_AT_ONCE,))
    row = await cursor.fetchone()
    return int(row[0]) if row else 0
