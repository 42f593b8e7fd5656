"""DBOS as the queue: which runs wait, and which worker holds which.

DBOS keeps a row a segment with the two ids of `RunKey` and a small status, nothing else of a tenant. Our tables are the
truth; a segment that is lost, old or purged is replaced by another one, which skips what is done.

Only runs that are admitted have a segment here (api.admit_runs): the queue knows neither organizations nor limits.

Private names of DBOS are used here and nowhere else, which is why pyproject.toml pins it exactly: its own poller sleeps
between two looks at the queue, and ours is woken by NOTIFY, so that a launch begins in milliseconds; and what DBOS
looks after once a second beside it, queues that come and go, an internal one, delays, time-outs, schedules, nobody
here uses. So an idle worker asks almost nothing.
"""

import threading
from collections.abc import Awaitable, Callable
from uuid import UUID

from dbos import DBOS, DBOSConfig
from dbos._dbos import _get_dbos_instance
from dbos._queue import queue_worker_thread

from lib.engine.store import RunKey

#: On every segment that is put into the queue (api.queue_run) and on every worker: who speaks the same engine. It goes
#: up, here and in api.engine_version, when a worker of the version before would walk a run of this one wrongly.
ENGINE_VERSION = "engine-2"
APPLICATION = "orchestrator"
QUEUE = "runs"
#: How long a launch waits at most when its NOTIFY was missed.
POLL_SECONDS = 5.0


class Wake:
    """What DBOS's poller takes for its stop event: `wake` ends the wait between two looks at the queue."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._is_due = False
        self._is_stopped = False

    def is_set(self) -> bool:
        return self._is_stopped

    def wake(self) -> None:
        with self._condition:
            self._is_due = True
            self._condition.notify_all()

    def stop(self) -> None:
        self._is_stopped = True
        self.wake()

    def wait(self, timeout: float | None = None) -> bool:
        with self._condition:
            if not self._is_due:
                self._condition.wait(timeout)
            self._is_due = False
        return self._is_stopped


async def start_queue(
    url: str, *, executor_id: str, concurrency: int, wake: Wake, walk: Callable[[RunKey], Awaitable[str]]
) -> None:
    """Take runs from the queue, at most `concurrency` at once, and `walk` each.

    The lease of `executor_id` has to be held by now: whoever has none is taken for dead.
    """
    config: DBOSConfig = {
        "name": APPLICATION,
        "system_database_url": url,
        "application_version": ENGINE_VERSION,
        "executor_id": executor_id,
        "run_migrations": False,
        "use_listen_notify": False,
        "log_level": "ERROR",
        "sys_db_pool_size": 5,
        "scheduler_polling_interval_sec": 30.0,
    }
    DBOS(config=config)

    @DBOS.workflow(name="segment")
    async def segment(organization_id: str, run_id: str) -> str:
        try:
            return await walk(RunKey(UUID(organization_id), UUID(run_id)))
        finally:
            threading.Timer(0.01, wake.wake).start()  # a place is free as soon as DBOS has noted the end

    DBOS.listen_queues([])  # DBOS polls no queue itself …
    DBOS.launch()
    await DBOS.register_queue_async(QUEUE, worker_concurrency=concurrency, polling_interval_sec=POLL_SECONDS)
    dbos = _get_dbos_instance()
    for looking in (*dbos.background_thread_stop_events, dbos._background_jobs_stop_event):
        looking.set()
    queue = dbos._sys_db.get_queue(QUEUE)
    threading.Thread(target=queue_worker_thread, args=(wake, dbos, queue), name="runs", daemon=True).start()
    wake.wake()  # … ours does
