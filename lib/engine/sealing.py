"""A worker's sealing of audit trails: what can't change any more, once an hour, whatever the number of workers.

Rows commit late. So a worker notes a moment and which transactions there are; once all of them have ended, whatever was
written before that moment is there, and is sealed. It may come late, or twice: the database makes each seal once.
"""

from datetime import datetime, timedelta
from typing import Final

import psycopg

_EVERY_SECONDS: Final = 60.0
#: In one transaction; each has up to 10,000 rows.
_AT_ONCE: Final = 4
_BREATH_SECONDS: Final = 0.1
#: An id is made a moment before its transaction has a number, and a clock may be set back a little.
_MARGIN: Final = timedelta(minutes=1)
#: A moment, and a transaction that began then: those with a lower number had written by that moment, or may have. (The
#: xmax of a snapshot would not do: what is under way can have a higher number than that.)
Mark = tuple[datetime, str]


class Sealing:
    """One worker's, for as long as its connection lasts."""

    def __init__(self) -> None:
        self._mark: Mark | None = None

    async def go_on(self, connection: psycopg.AsyncConnection) -> float:
        """Seal what has ended. Says in how many seconds it is due again."""
        # the first time at once: on a quiet database nothing older is under way
        self._mark, count = await _seal(connection, self._mark or await _note(connection))
        return _BREATH_SECONDS if count == _AT_ONCE else _EVERY_SECONDS


async def _note(connection: psycopg.AsyncConnection) -> Mark:
    cursor = await connection.execute("SELECT now(), pg_current_xact_id()::text")
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 - it selects one row
    return row[0] - _MARGIN, row[1]


async def _seal(connection: psycopg.AsyncConnection, mark: Mark) -> tuple[Mark, int]:
    """Seal up to the mark where all transactions of then have ended; the next mark, and how many were made."""
    cursor = await connection.execute(
        "SELECT pg_snapshot_xmin(pg_current_snapshot()) >= %s::xid8, api.seal_audit(%s, %s::xid8, %s)",
        (mark[1], mark[0], mark[1], _AT_ONCE),
    )
    row = await cursor.fetchone()
    has_ended, count = row or (False, 0)
    return (await _note(connection) if has_ended else mark), int(count)
