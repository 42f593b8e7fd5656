"""The worker's clock: launches what is due, beside the runs and never in their way.

A schedule is claimed for a minute, launched in a thread, and its next time is part of the launch's own transaction. A
worker that dies in between leaves it to be claimed again; one that comes back late finds its time gone and undoes what
it did. Which time it is, the database says.
"""

import asyncio
import logging
from functools import partial
from typing import Final

import psycopg
from psycopg.rows import class_row

from lib.db.claims import sign
from lib.engine.aside import do_aside
from lib.engine.connected import keep_connected
from lib.errors import OrchestratorError
from lib.schedules.firing import DueSchedule, Settled, launch_due

log = logging.getLogger(__name__)

#: Longer than a launch may take, which asks each of its models for at most 8 s.
CLAIMED_SECONDS: Final = 60
#: How late a launch is at most where a worker has nothing else to launch.
POLL_SECONDS: Final = 2.0
#: How many launches a worker makes at once: they wait for models more than they work.
AT_ONCE: Final = 4
_AFTER_OUTAGE_SECONDS: Final = 1.0
_OBSTACLE_SECONDS: Final = 60.0
#: How long the launches under way may take when the worker stops.
_RELEASE_SECONDS: Final = 3.0
_NO_ROLE: Final = (
    "nothing that is scheduled is launched: the workers' login may not become `authenticated` yet. Run `orchestrator "
    "db roles` again, as an administrator of PostgreSQL; workers notice by themselves"
)
_OTHER_KEY: Final = (
    "nothing that is scheduled is launched: the database does not know this worker's ORCHESTRATOR_SECRET_KEY. Give "
    "every process the same key, and run `orchestrator db upgrade` after a change of it"
)


class Schedules:
    """A worker's launching of what is due."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._is_stopping = False
        self._under_way: set[asyncio.Task[None]] = set()

    async def launch(self) -> None:
        """Launch what is due, for ever. Comes back after an outage of the database."""
        await keep_connected(
            self._url,
            self._work,
            name="orchestrator-schedules",
            log=log,
            waits="schedules wait",
            seconds=_AFTER_OUTAGE_SECONDS,
        )

    async def release(self) -> None:
        """Launch nothing more, and let what is under way be finished, if that takes no longer than moments."""
        self._is_stopping = True
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=_RELEASE_SECONDS)

    async def _work(self, connection: psycopg.AsyncConnection) -> None:
        while obstacle := await find_obstacle(connection):
            log.error(obstacle)
            await asyncio.sleep(_OBSTACLE_SECONDS)
        while True:
            while len(self._under_way) < AT_ONCE and (due := await self._claim(connection)):
                task = asyncio.create_task(_take(connection, due))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
            if self._under_way:  # whoever is ready makes room for the next one
                await asyncio.wait(self._under_way, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.sleep(POLL_SECONDS)

    async def _claim(self, connection: psycopg.AsyncConnection) -> DueSchedule | None:
        if self._is_stopping:
            return None
        cursor = connection.cursor(row_factory=class_row(DueSchedule))
        await cursor.execute("SELECT * FROM api.claim_schedule(%s)", (CLAIMED_SECONDS,))
        return await cursor.fetchone()


async def find_obstacle(connection: psycopg.AsyncConnection) -> str | None:
    """What keeps this worker from speaking for anybody; None where nothing does."""
    cursor = await connection.execute(
        "SELECT pg_has_role('authenticated', 'MEMBER'), api.is_signed('{}', %s)", (sign("{}"),)
    )
    row = await cursor.fetchone()
    may_become, is_key_known = row or (False, False)
    return None if may_become and is_key_known else _OTHER_KEY if may_become else _NO_ROLE


async def _take(connection: psycopg.AsyncConnection, due: DueSchedule) -> None:
    """Launch it, or note why not. What can't be done now stays due: the claim runs out, and somebody takes it again."""
    try:
        settled = await do_aside(partial(launch_due, due), name="schedule")
        if settled is not None:
            await _settle(connection, due, settled)
    except OrchestratorError as error:
        log.warning("schedule %s waits: %s", due.schedule_id, error.message)
    except psycopg.OperationalError:
        log.info("schedule %s waits, the database is away", due.schedule_id)
    except Exception:  # nobody waits for this task, who would tell of it
        log.exception("schedule %s could not be settled, and stays due", due.schedule_id)


async def _settle(connection: psycopg.AsyncConnection, due: DueSchedule, settled: Settled) -> None:
    log.info("schedule %s: %s, %s", due.schedule_id, settled.result, settled.message)
    await connection.execute(
        "SELECT api.settle_schedule(%s, %s, %s, %s, %s, %s, %s)",
        (
            due.schedule_id,
            due.due_at,
            settled.next_at,
            settled.result,
            settled.message,
            settled.counts,
            settled.again_seconds,
        ),
    )
