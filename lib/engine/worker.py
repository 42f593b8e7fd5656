"""The worker process: walks runs from the queue, several at once; launches what is due, sends mails and events."""

import asyncio
import logging
import signal
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Final
from uuid import UUID

import psycopg
from dbos import DBOS

from lib.config import Settings
from lib.db.logins import Login
from lib.db.server import database_url
from lib.engine.chores import do_chores
from lib.engine.connected import first_line
from lib.engine.deliveries import Deliveries
from lib.engine.drain import DrainingStore
from lib.engine.lease import Lease, listen
from lib.engine.leftovers import clear_for_ever
from lib.engine.models import find_provider
from lib.engine.post import Post
from lib.engine.queue import Wake, start_queue
from lib.engine.reports import report_for_ever
from lib.engine.schedules import Schedules
from lib.engine.segment import Segment
from lib.engine.shelves import MAKINGS, make_for_ever
from lib.engine.store import RunKey
from lib.providers.catalog import close_providers

log = logging.getLogger(__name__)

#: How long giving up the runs may take when the worker stops; whoever waits for its end kills it soon after.
_RELEASE_SECONDS: Final = 3.0


class Worker:
    """The runs that this process walks, and the way to reach each of them."""

    def __init__(
        self, store: DrainingStore, settings: Settings, *, hand_over: Callable[[UUID], Awaitable[None]]
    ) -> None:
        self._store = store
        self._settings = settings
        #: Puts a run back into the queue.
        self._hand_over = hand_over
        self._segments: dict[UUID, Segment] = {}
        #: Until the runs that this process has set aside are due.
        self._rests: set[asyncio.Task[None]] = set()
        self._is_stopping = False

    def runs(self) -> list[UUID]:
        """The runs that are being walked."""
        return list(self._segments)

    def cancel(self, run_id: UUID) -> None:
        """End the model calls of a run, if it is one of this worker's."""
        if segment := self._segments.get(run_id):
            segment.cancel.set()

    def waiting(self) -> list[UUID]:
        """Of these runs, the attempts and operations that wait for people while something else goes on."""
        return [attempt_id for segment in self._segments.values() for attempt_id in segment.asked]

    def steer(self, run_id: UUID) -> None:
        """Have a run looked at anew, if it is one of this worker's."""
        if segment := self._segments.get(run_id):
            segment.look.set()

    async def look_for_wishes(self) -> None:
        """Ask which of these runs somebody wants cancelled, or has steered otherwise, and act on it."""
        for run_id in await self._store.list_cancel_requests(self.runs()):
            self.cancel(run_id)
        for run_id in await self._store.list_steered(self.runs(), self.waiting()):
            self.steer(run_id)

    async def walk(self, key: RunKey) -> str:
        """Walk a run as far as it goes. Where the database is away it stays as it stands, to be taken up again."""
        if self._is_stopping:  # it came too late: another worker walks it
            await self._hand_over(key.run_id)
            await asyncio.Event().wait()
        find = partial(find_provider, self._store, key.organization_id, settings=self._settings)
        segment = Segment(key, self._store, provider=find)
        self._segments[key.run_id] = segment
        try:
            ended = await segment.walk()
            if ended == "lost":
                log.warning("run %s: another worker holds it by now, nothing was written", key.run_id)
            if segment.rest_seconds is not None:
                rest = asyncio.create_task(self._take_up_after(key.run_id, segment.rest_seconds))
                self._rests.add(rest)
                rest.add_done_callback(self._rests.discard)
            return ended
        except psycopg.OperationalError as error:
            log.warning("run %s: the database is away, it is taken up again: %s", key.run_id, first_line(error))
            return "away"
        finally:
            if self._segments.get(key.run_id) is segment:
                del self._segments[key.run_id]
                self._store.forget(key.run_id)
            segment.is_released.set()

    async def _take_up_after(self, run_id: UUID, seconds: float) -> None:
        """Put the run back into the queue when it is due. Where this process has ended by then, the sweep does it."""
        await asyncio.sleep(seconds)
        with suppress(psycopg.OperationalError):  # the database is away: the same
            await self._store.take_up(run_id)

    async def drain(self) -> None:
        """Take and begin nothing new, and hand each run over as soon as its calls have ended."""
        self._is_stopping = True
        self._store.begin_nothing()
        await asyncio.gather(*map(self._let_go, list(self._segments.values())))

    async def _let_go(self, segment: Segment) -> None:
        run_id = segment.key.run_id
        await self._store.wait_until_still(run_id)
        segment.release.set()
        await segment.is_released.wait()
        if run_id in self._segments:  # it has not ended
            with suppress(psycopg.OperationalError):  # the database is away: the run is taken over as a dead one's
                await self._hand_over(run_id)

    async def release(self) -> None:
        """Give up every run, its calls closed with the time that they took, for another worker to go on at once."""
        self._is_stopping = True
        for rest in self._rests:
            rest.cancel()
        segments = list(self._segments.values())
        for segment in segments:
            segment.release.set()
        with suppress(TimeoutError):  # the database is away: whoever takes them over closes the calls
            async with asyncio.timeout(_RELEASE_SECONDS):
                for segment in segments:
                    await segment.is_released.wait()


def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT.

    What is being written then may end for as long as the settings say, or until the signal comes again; the rest is
    given up, for another worker to go on.
    """
    logging.getLogger("dbos").setLevel(logging.ERROR)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    url = database_url(Login.WORKER)
    executor_id = f"worker-{uuid.uuid4()}"
    stop, hurry = _signals()
    wake = Wake()
    async with DrainingStore(url, connections=settings.worker_concurrency + 2) as store:
        lease = Lease(url, executor_id=executor_id, wake=wake, keep_hours=settings.keep_workflows_hours)
        worker = Worker(store, settings, hand_over=lease.hand_over)
        post = Post(url, settings)
        schedules = Schedules(url)
        deliveries = Deliveries(url, settings)
        held = asyncio.Event()
        guards = [
            asyncio.create_task(lease.hold(walks=worker, is_held=held)),
            asyncio.create_task(listen(url, wake=wake, look_for_wishes=worker.look_for_wishes)),
            asyncio.create_task(post.deliver()),
            asyncio.create_task(schedules.launch()),
            asyncio.create_task(deliveries.deliver()),
            asyncio.create_task(clear_for_ever(url)),
            asyncio.create_task(do_chores(url)),
            asyncio.create_task(report_for_ever(url)),
            *(asyncio.create_task(make_for_ever(url, making)) for making in MAKINGS),
            asyncio.create_task(stop.wait()),
        ]
        ready = asyncio.create_task(held.wait())
        await asyncio.wait([ready, *guards], return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if held.is_set():
            await start_queue(
                url, executor_id=executor_id, concurrency=settings.worker_concurrency, wake=wake, walk=worker.walk
            )
            await asyncio.wait(guards, return_when=asyncio.FIRST_COMPLETED)
        failures = [error for guard in guards if guard.done() and (error := guard.exception())]
        wake.stop()
        leaving = [schedules.release()]
        if stop.is_set():
            leaving.append(_drain(worker, seconds=settings.drain_seconds, hurry=hurry))
        await asyncio.gather(*leaving)
        await asyncio.gather(worker.release(), post.release(), deliveries.release())
        for guard in guards:
            guard.cancel()
        await close_providers(settings=settings)
        DBOS.destroy()
    for error in failures:
        raise error  # whoever watches over the worker starts another one


def _signals() -> tuple[asyncio.Event, asyncio.Event]:
    """What is set when the process is told to stop, and when it is told so again."""
    stop, hurry = asyncio.Event(), asyncio.Event()

    def tell() -> None:
        (hurry if stop.is_set() else stop).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, tell)
    return stop, hurry


async def _drain(worker: Worker, *, seconds: float, hurry: asyncio.Event) -> None:
    """Let the calls under way end, unless somebody is in a hurry."""
    ways = [asyncio.create_task(worker.drain()), asyncio.create_task(hurry.wait())]
    done, late = await asyncio.wait(ways, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for way in late:
        way.cancel()
    for way in done:
        way.result()
