"""A worker's summing up of usage: hours and days that have ended, so that the pages need not read their rows.

It may come late, twice or never: what is not summed up is read from the rows (docs/decisions/0020).
"""

from typing import Final

import psycopg

_EVERY_SECONDS: Final = 60.0
#: In one transaction: whoever writes usage of an organization that is summed up waits for it.
_AT_ONCE: Final = 4
_BREATH_SECONDS: Final = 0.02


async def roll_up(connection: psycopg.AsyncConnection) -> float:
    """Sum up what has ended. Says in how many seconds it is due again.

    Where there is more than is done at once, that is after a breath for whoever writes.
    """
    cursor = await connection.execute("SELECT api.roll_up_usage(%s)", (_AT_ONCE,))
    row = await cursor.fetchone()
    return _BREATH_SECONDS if row and row[0] == _AT_ONCE else _EVERY_SECONDS
