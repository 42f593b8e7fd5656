"""A worker's note of how large each table is: once a day, whatever the number of workers."""

from typing import Final

import psycopg

#: After so long a new day may have begun, or a worker that was to note it has gone.
_EVERY_SECONDS: Final = 900.0


async def note_sizes(connection: psycopg.AsyncConnection) -> float:
    """Note them where nobody has today. Says in how many seconds it is due again."""
    await connection.execute("SELECT api.sample_sizes()")
    return _EVERY_SECONDS
