"""A step that is asked again while the database is away: the answers in hand were paid for."""

import asyncio
import logging
from typing import Any
from uuid import UUID

import psycopg
from psycopg_pool import PoolClosed

from lib.engine.store import Advanced, RunKey, Store

log = logging.getLogger(__name__)

#: An answer that was paid for is kept this long while the database is away.
DATABASE_PATIENCE_SECONDS = 120.0
_DATABASE_WAIT_SECONDS = 0.5


async def advance_patiently(store: Store, key: RunKey, token: UUID, **step: Any) -> Advanced:
    """`Store.advance`, until it is answered or nobody can wait any longer.

    An outage can swallow the reply to a step that was written. Asked again, it is refused, because its attempts stand
    elsewhere by now; then the run is taken up again as it stands, as after any outage.
    """
    clock = asyncio.get_running_loop()
    give_up = clock.time() + DATABASE_PATIENCE_SECONDS
    is_asked_again = False
    while True:
        try:
            return await store.advance(key, token, **step)
        except PoolClosed:
            await asyncio.Event().wait()  # the worker is stopping: this walk ends with its loop
        except psycopg.OperationalError as error:
            if clock.time() > give_up:
                raise
            log.warning("run %s: the database does not answer, trying again: %s", key.run_id, error)
            is_asked_again = True
            await asyncio.sleep(_DATABASE_WAIT_SECONDS)
        except psycopg.Error as error:
            if is_asked_again:
                raise psycopg.OperationalError(f"the step was written before the outage: {error}") from error
            raise
