"""A worker's removal of what organizations have set to be kept no longer: once a day each, in small batches.

Each batch is one transaction that also says how far it has got, so whoever is killed in the middle leaves nothing half
done, and another one goes on. Two that come at once take different organizations.
"""

from typing import Final

import psycopg

_EVERY_SECONDS: Final = 60.0
#: In one transaction.
_MOST_RUNS, _MOST_ROWS = 200, 5_000
#: For whoever works beside it.
_BREATH_SECONDS: Final = 0.5


async def remove_expired(connection: psycopg.AsyncConnection) -> float:
    """Remove the next batch of what is due. Says in how many seconds it is due again."""
    cursor = await connection.execute("SELECT api.remove_expired(%s, %s)", (_MOST_RUNS, _MOST_ROWS))
    row = await cursor.fetchone()
    return _EVERY_SECONDS if row is None or row[0] is None else _BREATH_SECONDS
