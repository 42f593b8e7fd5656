"""The worker's deliveries: what endpoints are told, beside the runs and never in their way.

Deliveries are taken for a while, sent side by side, and what came of them is written down together. A worker that dies
in between leaves them to be sent once more, under the same event's id. How many calls an endpoint gets at once depends
on how it answers (api.claim_deliveries), so one that hangs holds up nobody but itself.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from lib.config import Settings
from lib.engine.connected import first_line
from lib.errors import SecretUnreadable
from lib.models.webhook import EventType
from lib.webhooks.payloads import EventRow, render
from lib.webhooks.retry import MOST_ATTEMPTS, decide
from lib.webhooks.sending import CALL_SECONDS, Sent, send
from lib.webhooks.signing import open_secret, sign

log = logging.getLogger(__name__)

#: Longer than a call may take: whoever holds a delivery for longer is dead.
HELD_SECONDS: Final = int(2 * CALL_SECONDS)
#: How many calls a worker makes at once.
AT_ONCE: Final = 128
#: How long a delivery that is due waits at most when its NOTIFY was missed.
POLL_SECONDS: Final = 5.0
#: What ends within this time is written down together.
_TOGETHER_SECONDS: Final = 0.01
_PURGE_SECONDS: Final = 3600.0
#: Where there is more than is removed at once, so that what is to be sent does not wait.
_PURGE_AGAIN_SECONDS: Final = 1.0
_PURGED_AT_ONCE: Final = 1_000
_AFTER_OUTAGE_SECONDS: Final = 1.0
#: How long the calls under way may take when the worker stops.
_RELEASE_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker has taken, for `HELD_SECONDS`."""

    id: UUID
    webhook_id: UUID
    #: From 1 on, among all of the delivery.
    attempt: int
    #: Those of them that were made before somebody had it delivered again.
    earlier_attempts: int
    url: str
    #: As they are sealed; the second one while it signs along.
    secrets: tuple[str, ...]
    event: EventRow

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Claimed":
        """As api.claim_deliveries tells it."""
        organization_id = UUID(row["organization_id"])
        return cls(
            UUID(row["id"]),
            UUID(row["webhook_id"]),
            row["attempt"],
            row["earlier_attempts"],
            row["url"],
            tuple(filter(None, (row["secret"], row["previous_secret"]))),
            EventRow(
                id=UUID(row["event_id"]),
                type=EventType(row["type"]),
                organization_id=organization_id,
                created_at=datetime.fromisoformat(row["created_at"]),
                actor=row["actor"],
                data=row["data"],
            ),
        )


class Deliveries:
    """A worker's deliveries."""

    def __init__(self, url: str, settings: Settings) -> None:
        self._url = url
        self._settings = settings
        self._is_stopping = False
        self._under_way: Counter[UUID] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        #: What the database does not know yet.
        self._results: list[dict[str, Any]] = []
        #: Something has ended, or is due.
        self._news = asyncio.Event()
        #: Nothing is under way, and all that has ended is written down.
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    async def deliver(self) -> None:
        """Send what is due, for ever. Comes back after an outage of the database."""
        while True:
            try:
                async with (
                    await self._connect() as connection,
                    await self._connect() as listening,
                ):
                    await listening.execute("LISTEN orchestrator_webhooks")
                    ears = asyncio.create_task(self._listen(listening))
                    try:
                        await self._work(connection, ears)
                    finally:
                        ears.cancel()
            except psycopg.OperationalError as error:
                log.warning("deliveries wait, the database is away: %s", first_line(error))
                await asyncio.sleep(_AFTER_OUTAGE_SECONDS)
            except psycopg.Error:  # runs and mails of this worker go on
                log.exception("deliveries wait, the database refused a step of theirs")
                await asyncio.sleep(_AFTER_OUTAGE_SECONDS)

    async def release(self) -> None:
        """Take nothing more, and let what is under way be finished and noted, if that takes no longer than moments."""
        self._is_stopping = True
        self._news.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(_RELEASE_SECONDS):
                await self._is_idle.wait()

    async def _connect(self) -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, application_name="orchestrator-webhooks", connect_timeout=5
        )

    async def _listen(self, connection: psycopg.AsyncConnection) -> None:
        """Until the connection breaks."""
        try:
            async for _ in connection.notifies():
                self._news.set()
        finally:
            self._news.set()

    async def _work(self, connection: psycopg.AsyncConnection, ears: asyncio.Task[None]) -> None:
        purge_at = 0.0
        while True:
            if ears.done():
                ears.result()
            if (now := asyncio.get_running_loop().time()) >= purge_at:
                purge_at = now + (_PURGE_AGAIN_SECONDS if await _has_more_to_purge(connection) else _PURGE_SECONDS)
            self._news.clear()
            await self._note(connection)
            wait_seconds = POLL_SECONDS
            if not self._is_stopping and (room := AT_ONCE - len(self._tasks)) > 0:
                claimed, due_seconds = await self._claim(connection, room)
                for each in claimed:
                    self._begin(each)
                if claimed:
                    continue
                wait_seconds = min(wait_seconds, due_seconds)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_seconds):
                    await self._news.wait()
            if self._tasks or self._results:
                await asyncio.sleep(_TOGETHER_SECONDS)

    async def _claim(self, connection: psycopg.AsyncConnection, room: int) -> tuple[list[Claimed], float]:
        """What is to be sent now; and where that is nothing, how long nothing is."""
        busy = {str(webhook_id): count for webhook_id, count in self._under_way.items()}
        cursor = await connection.execute("SELECT api.claim_deliveries(%s, %s, %s)", (room, HELD_SECONDS, Jsonb(busy)))
        row = await cursor.fetchone()
        found = row[0] if row else {"deliveries": [], "wait_ms": None}
        wait_ms = found["wait_ms"]
        seconds = POLL_SECONDS if wait_ms is None else max(wait_ms, 0) / 1000
        return list(_read(found["deliveries"])), seconds

    def _begin(self, claimed: Claimed) -> None:
        self._under_way[claimed.webhook_id] += 1
        self._is_idle.clear()
        task = asyncio.create_task(self._send(claimed))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, claimed: Claimed) -> None:
        began = datetime.now(UTC)
        try:
            sent = await self._attempt(claimed, began)
        except Exception as error:  # whatever is wrong with this one, it is not to be taken for ever
            log.exception("delivery %s can't be sent", claimed.id)
            sent = Sent(duration_ms=0, error=f"It can't be sent: {type(error).__name__}.")
        finally:
            self._under_way[claimed.webhook_id] -= 1
            if not self._under_way[claimed.webhook_id]:
                del self._under_way[claimed.webhook_id]
        self._results.append(_as_result(claimed, sent, began))
        self._news.set()

    async def _attempt(self, claimed: Claimed, at: datetime) -> Sent:
        event = claimed.event
        try:
            keys = [open_secret(sealed, organization_id=event.organization_id) for sealed in claimed.secrets]
        except SecretUnreadable as error:
            return Sent(duration_ms=0, error=f"Its secret can't be read. {error.message}")
        if not keys:
            return Sent(duration_ms=0, error="It has no secret to sign with. Rotate its secret.")
        body = render(event, base_url=self._settings.url)
        headers = sign(event.id, body, keys=keys, at=at)
        return await send(claimed.url, body, headers, allowed_hosts=self._settings.allowed_hosts)

    async def _note(self, connection: psycopg.AsyncConnection) -> None:
        """Write down what has ended. What can't be written now stays, for the next connection."""
        results = list(self._results)
        if results:
            await connection.execute("SELECT api.finish_deliveries(%s)", (Jsonb(results),))
            del self._results[: len(results)]
        if not self._tasks and not self._results:
            self._is_idle.set()


def _as_result(claimed: Claimed, sent: Sent, began: datetime) -> dict[str, Any]:
    """As api.finish_deliveries reads it. A test event has one attempt: whoever tries looks at it."""
    outcome, wait, hold = "delivered", None, None
    if sent.error is not None:
        is_last = claimed.event.type is EventType.WEBHOOK_TEST
        attempt = MOST_ATTEMPTS if is_last else claimed.attempt - claimed.earlier_attempts
        decision = decide(attempt, chance=random.random(), retry_after_seconds=sent.retry_after_seconds)  # noqa: S311 no secret
        outcome = "failed" if decision.wait_seconds is None else "retry"
        wait, hold = decision.wait_seconds, decision.hold_seconds
    return {
        "id": str(claimed.id),
        "attempt": claimed.attempt,
        "url": claimed.url,
        "outcome": outcome,
        "status_code": sent.status_code,
        "error": sent.error,
        "response": sent.response or None,
        "started_at": began.isoformat(),
        "duration_ms": sent.duration_ms,
        "wait_seconds": wait,
        "hold_seconds": hold,
        "is_gone": sent.is_gone,
    }


def _read(rows: Sequence[Mapping[str, Any]]) -> Iterator[Claimed]:
    """What was claimed; what this version does not know yet is left to a worker that does."""
    for row in rows:
        try:
            yield Claimed.of(row)
        except (ValueError, KeyError, TypeError):
            log.exception("delivery %s can't be read", row.get("id"))


async def _has_more_to_purge(connection: psycopg.AsyncConnection) -> bool:
    """Remove some of what is too old; says whether there may be more."""
    cursor = await connection.execute("SELECT api.purge_events(%s)", (_PURGED_AT_ONCE,))
    row = await cursor.fetchone()
    return row is not None and row[0] >= _PURGED_AT_ONCE
