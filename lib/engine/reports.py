"""The worker's sending of reports of usage, beside the runs and never in their way.

A report is claimed for some minutes and added up in a thread; the mail, and that its period is told, are written in one
transaction. A worker that dies in between leaves it to be claimed again; one that comes back late finds it told.
"""

import asyncio
import logging
from functools import partial
from typing import Final

import psycopg
from psycopg.rows import class_row

from lib.engine.aside import do_aside
from lib.engine.connected import keep_connected
from lib.engine.schedules import find_obstacle
from lib.errors import OrchestratorError
from lib.usage.reports.sending import DueReport, send_due

log = logging.getLogger(__name__)

#: Longer than the statements of a report may take together.
CLAIMED_SECONDS: Final = 300
#: How late a report is at most where a worker has nothing else to report.
POLL_SECONDS: Final = 30.0
_AFTER_OUTAGE_SECONDS: Final = 5.0


async def report_for_ever(url: str) -> None:
    """Send what is due, one after another. Comes back after an outage of the database."""
    await keep_connected(
        url,
        _work,
        name="orchestrator-reports",
        log=log,
        waits="reports of usage wait",
        seconds=_AFTER_OUTAGE_SECONDS,
    )


async def _work(connection: psycopg.AsyncConnection) -> None:
    while True:
        # what keeps workers from speaking for anybody is in the log: the schedules say it
        if await find_obstacle(connection) is None:
            while await _send_next(connection):
                pass
        await asyncio.sleep(POLL_SECONDS)


async def _send_next(connection: psycopg.AsyncConnection) -> bool:
    """Send the report that is due first. False when there is none; one that fails now is taken again later."""
    cursor = connection.cursor(row_factory=class_row(DueReport))
    await cursor.execute("SELECT * FROM api.claim_usage_report(%s)", (CLAIMED_SECONDS,))
    due = await cursor.fetchone()
    if due is None:
        return False
    try:
        next_at = await do_aside(partial(send_due, due), name="report")
    except OrchestratorError as error:
        log.warning("report %s of usage waits: %s", due.report_id, error.message)
    except Exception:  # whatever is wrong with this one, the next one is not to wait for it
        log.exception("report %s of usage can't be put together, and stays due", due.report_id)
    else:
        if next_at is not None:
            values = (due.report_id, due.due_at, next_at)
            await connection.execute("SELECT api.settle_usage_report(%s, %s, %s)", values)
    return True
