"""Who lives: an advisory lock says so, and the runs of whoever lost it are taken over.

The lock hangs on a session with `idle_session_timeout`: the server drops it when a worker dies, and also when it hangs
or is stopped and sends nothing for that long. A lock alone never notices a hung one.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Protocol
from uuid import UUID

import psycopg
from dbos import DBOSClient
from sqlalchemy.exc import SQLAlchemyError

from lib.engine.connected import first_line
from lib.engine.queue import QUEUE, Wake

log = logging.getLogger(__name__)

#: The class of the advisory locks; api.live_workers counts them.
LOCK_CLASS = 4711
HANG_SECONDS = 5
BEAT_SECONDS = 1.0
#: Every so many beats: are there runs that nobody walks, and organizations whose end has come?
_BEATS_PER_SWEEP = 5
_SWEEPS = (
    "api.end_organizations()",
    "api.requeue_lost_runs()",
    "api.remind_reviews()",
    "api.watch_spending()",
)
#: Every so many beats: has the queue kept something for long enough? So many rows a beat, until there are no more.
_BEATS_PER_PURGE = 60
_ROWS_PER_PURGE = 1000

_DEAD = """
    SELECT DISTINCT w.executor_id FROM dbos.workflow_status w
     WHERE w.status = 'PENDING' AND w.executor_id <> %(me)s
       AND pg_postmaster_start_time() < now() - make_interval(secs => %(grace)s)
       AND NOT EXISTS (
           SELECT 1 FROM pg_locks l
            WHERE l.locktype = 'advisory' AND l.classid = %(class)s AND l.objsubid = 2 AND l.granted
              AND l.objid = (hashtext(w.executor_id)::bigint & 4294967295)::oid)
"""
_HELD = """
    SELECT workflow_uuid, split_part(workflow_uuid, ':', 1)::uuid FROM dbos.workflow_status
     WHERE status = 'PENDING' AND executor_id = %s AND queue_name = %s
"""
#: How long DBOS may take to hand runs over; the lease itself has to be kept alive meanwhile.
_RESUME_SECONDS = HANG_SECONDS / 2


class Walks(Protocol):
    """The runs that a worker walks, as far as its eye on people's wishes needs them: see `lib.engine.worker.Worker`."""

    def runs(self) -> Collection[UUID]: ...
    def waiting(self) -> Collection[UUID]: ...
    def cancel(self, run_id: UUID) -> None: ...
    def steer(self, run_id: UUID) -> None: ...


class Lease:
    """A worker's sign of life, and its eye on the others'."""

    def __init__(self, url: str, *, executor_id: str, wake: Wake, keep_hours: int) -> None:
        self._url = url
        self._keep_hours = keep_hours
        self._me = executor_id
        self._wake = wake
        self._client = DBOSClient(system_database_url=url)
        self._unwalked: set[str] = set()

    async def hold(self, *, walks: Walks, is_held: asyncio.Event) -> None:
        """Hold the lock, beat once a second, adopt the dead, pass on what was missed. Comes back after an outage.

        After one nobody is adopted for a while, nor soon after the server's start: the others live as this worker does,
        and take their locks again.
        """
        loop = asyncio.get_running_loop()
        adopt_from = loop.time()
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._url,
                    autocommit=True,
                    application_name="orchestrator-lease",
                    connect_timeout=5,
                    options=f"-c idle_session_timeout={HANG_SECONDS}s",
                ) as connection:
                    await connection.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", (LOCK_CLASS, self._me))
                    is_held.set()
                    await self._beat(connection, walks=walks, adopt_from=adopt_from)
            except psycopg.OperationalError as error:
                log.warning("the lease was lost, taking it again: %s", first_line(error))
                await asyncio.sleep(BEAT_SECONDS / 2)
                adopt_from = loop.time() + HANG_SECONDS

    async def _beat(self, connection: psycopg.AsyncConnection, *, walks: Walks, adopt_from: float) -> None:
        beat = purge_at = 0
        while True:
            if asyncio.get_running_loop().time() >= adopt_from:
                cursor = await connection.execute(_DEAD, {"me": self._me, "class": LOCK_CLASS, "grace": HANG_SECONDS})
                for (executor_id,) in await cursor.fetchall():
                    await self._adopt(connection, executor_id)
            if held := list(walks.runs()):
                cursor = await connection.execute("SELECT api.cancel_requests(%s)", (held,))
                for (run_id,) in await cursor.fetchall():
                    walks.cancel(run_id)
                waiting = list(walks.waiting())
                cursor = await connection.execute("SELECT api.steered_runs(%s, %s)", (held, waiting))
                for (run_id,) in await cursor.fetchall():
                    walks.steer(run_id)
            if beat % _BEATS_PER_SWEEP == 0:
                for sweep in _SWEEPS:
                    await _sweep(connection, sweep)
                await self._resume_unwalked(connection, held)
            if beat >= purge_at:
                purge_at = beat + (1 if await self._purge(connection) else _BEATS_PER_PURGE)
            beat += 1
            await asyncio.sleep(BEAT_SECONDS)

    async def _adopt(self, connection: psycopg.AsyncConnection, executor_id: str) -> None:
        """Put a dead worker's segments back into the queue; one adopter at a time, under the dead one's own lock."""
        key = (LOCK_CLASS, executor_id)
        cursor = await connection.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", key)
        row = await cursor.fetchone()
        if not row or not row[0]:
            return
        try:
            cursor = await connection.execute(_HELD, (executor_id, QUEUE))
            lost = [workflow_id for workflow_id, _ in await cursor.fetchall()]
            if lost:
                log.warning("worker %s is gone: taking over %d runs", executor_id, len(lost))
                await self._resume(lost)
        finally:
            await connection.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", key)

    async def _purge(self, connection: psycopg.AsyncConnection) -> bool:
        """Remove what the queue has kept for long enough of segments that ended; whether there may be more."""
        removed = await _sweep(connection, "api.purge_workflows(%s, %s)", self._keep_hours, _ROWS_PER_PURGE)
        return removed == _ROWS_PER_PURGE

    async def hand_over(self, run_id: UUID) -> None:
        """Put a run that this worker lets go of back into the queue, for another one to go on at once."""
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True, connect_timeout=5) as connection:
            cursor = await connection.execute(_HELD, (self._me, QUEUE))
            if held := [workflow_id for workflow_id, held_id in await cursor.fetchall() if held_id == run_id]:
                await self._resume(held)
                await connection.execute("SELECT pg_notify('orchestrator_runs', '')")

    async def _resume_unwalked(self, connection: psycopg.AsyncConnection, walked: Collection[UUID]) -> None:
        """Put back what DBOS took for this worker and lost in an outage: it never began, or its end was not noted.

        Seen twice, because it takes DBOS a moment from one to the other.
        """
        cursor = await connection.execute(_HELD, (self._me, QUEUE))
        unwalked = {workflow_id for workflow_id, run_id in await cursor.fetchall() if run_id not in walked}
        if stuck := sorted(unwalked & self._unwalked):
            log.warning("%d runs were lost in an outage: taking them up again", len(stuck))
            await self._resume(stuck)
        self._unwalked = unwalked

    async def _resume(self, workflow_ids: list[str]) -> None:
        """Put them back into the queue. What goes wrong is tried again at a later beat; the lease is kept meanwhile."""
        try:
            async with asyncio.timeout(_RESUME_SECONDS):
                await self._client.resume_workflows_async(workflow_ids, queue_name=QUEUE)
        except (SQLAlchemyError, TimeoutError) as error:
            log.warning("%d runs could not be taken up yet: %s", len(workflow_ids), first_line(error))
        self._wake.wake()


async def _sweep(connection: psycopg.AsyncConnection, function: str, *arguments: object) -> object:
    """What the function answers. One row that it stumbles over costs what it would have done, and no worker's life."""
    try:
        row = await (await connection.execute(f"SELECT {function}".encode(), arguments)).fetchone()
    except psycopg.Error:
        if connection.closed:
            raise  # the lease is lost with it
        log.exception("%s failed; it is asked again", function)
        return None
    return row[0] if row else None


async def listen(url: str, *, wake: Wake, look_for_wishes: Callable[[], Awaitable[None]]) -> None:
    """New work and people's wishes are announced by NOTIFY; what is missed in an outage, beat and poller find.

    Anybody who may log in may notify: it is a hint to look, and nothing that it says is believed.
    """
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                url, autocommit=True, application_name="orchestrator-listen", connect_timeout=5
            ) as connection:
                await connection.execute("LISTEN orchestrator_runs")
                await connection.execute("LISTEN orchestrator_cancel")
                await connection.execute("LISTEN orchestrator_steer")
                wake.wake()
                async for notice in connection.notifies():
                    if notice.channel == "orchestrator_runs":
                        wake.wake()
                    else:
                        await look_for_wishes()
        except psycopg.OperationalError as error:
            log.warning("listening again after: %s", first_line(error))
            await asyncio.sleep(BEAT_SECONDS / 2)
