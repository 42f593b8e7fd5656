"""The worker process: takes runs from the queue and walks them, several at once."""

import asyncio
import logging
import signal
import uuid
from uuid import UUID

from dbos import DBOS

from lib.config import Settings
from lib.db.logins import Login
from lib.db.server import database_url
from lib.engine.lease import Lease, listen
from lib.engine.queue import Wake, start_queue
from lib.engine.segment import Segment
from lib.engine.store import RunKey, Store
from lib.providers.catalog import close_providers, get_provider

log = logging.getLogger(__name__)


class Worker:
    """The runs that this process walks, and the way to reach each of them."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._segments: dict[UUID, Segment] = {}

    def runs(self) -> list[UUID]:
        """The runs that are being walked."""
        return list(self._segments)

    def cancel(self, run_id: UUID) -> None:
        """End the model calls of a run, if it is one of this worker's."""
        if segment := self._segments.get(run_id):
            segment.cancel.set()

    async def look_for_cancels(self) -> None:
        """Ask which of these runs somebody wants cancelled, and end their model calls."""
        for run_id in await self._store.list_cancel_requests(self.runs()):
            self.cancel(run_id)

    async def walk(self, key: RunKey) -> str:
        """Walk a run as far as it goes. A fault of ours leaves it as it stands, to be taken up again."""
        segment = Segment(key, self._store, provider=lambda name: get_provider(name, settings=self._settings))
        self._segments[key.run_id] = segment
        try:
            return await segment.walk()
        finally:
            if self._segments.get(key.run_id) is segment:
                del self._segments[key.run_id]


def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT. What is being written then is taken up by another worker, or at the next start."""
    logging.getLogger("dbos").setLevel(logging.ERROR)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    url = database_url(Login.WORKER)
    executor_id = f"worker-{uuid.uuid4()}"
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    wake = Wake()
    async with Store(url, connections=settings.worker_concurrency + 2) as store:
        worker = Worker(store, settings)
        lease = Lease(url, executor_id=executor_id, wake=wake)
        held = asyncio.Event()
        guards = [
            asyncio.create_task(lease.hold(runs=worker.runs, cancel=worker.cancel, is_held=held)),
            asyncio.create_task(listen(url, wake=wake, look_for_cancels=worker.look_for_cancels)),
            asyncio.create_task(stop.wait()),
        ]
        await held.wait()
        await start_queue(
            url, executor_id=executor_id, concurrency=settings.worker_concurrency, wake=wake, walk=worker.walk
        )
        await asyncio.wait(guards, return_when=asyncio.FIRST_COMPLETED)
        failures = [error for guard in guards if guard.done() and (error := guard.exception())]
        for guard in guards:
            guard.cancel()
        wake.stop()
        await close_providers(settings=settings)
        DBOS.destroy()
    for error in failures:
        raise error  # whoever watches over the worker starts another one
