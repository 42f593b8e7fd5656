"""Trying a prompt out: one call to a model in earnest, counted and paid for as a phase's is, beside the page.

The call is made in a thread of its own, so that whoever waits can look at what is written so far, go on writing, or
cancel. No transaction is open meanwhile. It is noted in the usage before it begins (`api.begin_try`) and closed when it
has ended, by the thread itself: nothing depends on the page's still being open.
"""

import asyncio
import logging
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from threading import BoundedSemaphore, Event, Lock, Thread
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, literal, select, text
from sqlalchemy.dialects.postgresql import JSONB

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.budgets.refusal import told_by_budget
from lib.connections.offers import open_model
from lib.connections.turns import take_turn
from lib.db.session import tenant_session
from lib.errors import Conflict, OrchestratorError, QuotaUsedUp
from lib.organizations.queries import read_quota
from lib.providers.base import JsonWish, ModelAnswer, ModelCall, ModelChoice, ModelParameters, Provider
from lib.providers.errors import NOT_CHARGED, ErrorKind, ModelCallError
from lib.providers.http_client import run_now

log = logging.getLogger(__name__)

#: Whatever the phase allows: nobody sits in front of a page for longer.
MOST_SECONDS: Final = 120
#: In one web process: each has a thread.
MOST_AT_ONCE: Final = 8
_MOST_TOKENS: Final = 2**30 - 1
_FAULT: Final = (
    "Something went wrong on our side, not at the model. Whoever runs this installation finds it in the log."
)

#: Of them one person's.
MOST_OF_ONE: Final = 2

_places = BoundedSemaphore(MOST_AT_ONCE)
_taken: Counter[UUID] = Counter()
_counting = Lock()


@dataclass(slots=True)
class Try:
    """A call under way, or how it ended. Read by the page while the thread writes it."""

    choice: ModelChoice
    prompt: str
    started: float = field(default_factory=time.monotonic)
    #: The answer, as far as it is written.
    pieces: list[str] = field(default_factory=list)
    answer: ModelAnswer | None = None
    #: What went wrong, in words; None where an answer came, or it was cancelled.
    error: str | None = None
    is_cancelled: bool = False
    #: What it cost; None is unknown.
    cost_usd: Decimal | None = None
    seconds: float = 0.0
    _ended: Event = field(default_factory=Event)
    _loop: asyncio.AbstractEventLoop | None = None
    _task: asyncio.Task[Any] | None = None

    @property
    def is_over(self) -> bool:
        """Whether it has ended, and is in the usage."""
        return self._ended.is_set()

    @property
    def elapsed_seconds(self) -> float:
        """Since it began, or what it took."""
        return self.seconds if self.is_over else time.monotonic() - self.started

    def cancel(self) -> None:
        """End the call; the model's connection is closed within moments."""
        self.is_cancelled = True
        loop, task = self._loop, self._task
        if loop is not None and task is not None:
            with suppress(RuntimeError):  # it has ended by itself meanwhile
                loop.call_soon_threadsafe(task.cancel)

    def wait(self, seconds: float) -> bool:
        """Until it has ended, at most so long; says whether it has."""
        return self._ended.wait(seconds)


def begin_try(
    actor: Actor,
    choice: ModelChoice,
    prompt: str,
    *,
    parameters: ModelParameters,
    timeout_seconds: int,
    json: JsonWish | None = None,
) -> Try:
    """Ask the model, and come back at once. The call is taken from the quota before it is made.

    Raises `NotPermitted`, `QuotaUsedUp`, `BudgetUsedUp`, `Conflict` where too many are at it or the connection's limit
    is reached, `ModelCallError` where nobody answers for the model; then nothing was counted.
    """
    actor.require(Permission.ORCHESTRATIONS_RUN)
    provider = open_model(actor, choice)
    _take_place(actor)
    try:
        take_turn(actor, choice.provider)
        usage_id = _count(actor, choice)
        tried = Try(choice, prompt)
        call = ModelCall(choice.model, prompt, min(timeout_seconds, MOST_SECONDS), parameters, json)
        Thread(target=_make, args=(actor, tried, provider, call, usage_id), name="try", daemon=True).start()
    except BaseException:
        _leave_place(actor)
        raise
    return tried


def _take_place(actor: Actor) -> None:
    with _counting:
        if _taken[actor.user_id] >= MOST_OF_ONE:
            message = f"{MOST_OF_ONE} of your tries are under way. Wait for one to end, or cancel it."
            raise Conflict(message)
        if not _places.acquire(blocking=False):
            message = "Many people are trying something out right now. Wait a moment and try again."
            raise Conflict(message)
        _taken[actor.user_id] += 1


def _leave_place(actor: Actor) -> None:
    with _counting:
        _taken[actor.user_id] -= 1
        if not _taken[actor.user_id]:
            del _taken[actor.user_id]
        _places.release()


def _count(actor: Actor, choice: ModelChoice) -> UUID:
    with told_by_budget(actor), tenant_session(actor) as session:
        usage_id = session.scalar(select(func.api.begin_try(choice.provider, choice.model)))
        if usage_id is None:
            quota = read_quota(session, actor.organization_id)
            raise QuotaUsedUp(quota.limit or 0, quota.resets_at)
        found: UUID = usage_id
        return found


def _make(actor: Actor, tried: Try, provider: Provider, call: ModelCall, usage_id: UUID) -> None:
    try:
        end = _call(tried, provider, call)
        tried.seconds = time.monotonic() - tried.started
        with tenant_session(actor) as session:
            session.execute(text("SET LOCAL lock_timeout = 0"))  # nobody waits for it, and it was paid for
            session.execute(select(func.api.finish_try(usage_id, literal(end, JSONB()))))
    except OrchestratorError as error:  # the database is away, or the person's session has ended
        log.warning("how the tried call %s ended could not be noted: %s", usage_id, error.message)
    except Exception:
        log.exception("how the tried call %s ended could not be noted", usage_id)
    finally:
        _leave_place(actor)
        tried._ended.set()


def _call(tried: Try, provider: Provider, call: ModelCall) -> dict[str, object]:
    """Make the call and say how it ended, as `api.finish_try` takes it."""
    row: dict[str, object] = {"endpoint": provider.endpoint_of(call.model)}
    try:
        answer = tried.answer = run_now(_ask(tried, provider, call))
    except asyncio.CancelledError:
        tried.cost_usd = Decimal(0) if provider.is_free else None
        row |= {"kind": "cancelled"}
    except ModelCallError as error:
        tried.error = error.message
        tried.cost_usd = Decimal(0) if provider.is_free or error.kind in NOT_CHARGED else None
        row |= {"kind": error.kind, "status": error.status}
    except Exception:
        log.exception("a tried call failed inside")
        tried.error = _FAULT
        tried.cost_usd = Decimal(0) if provider.is_free else None
        row |= {"kind": ErrorKind.SERVER}
    else:
        tried.cost_usd = answer.cost_usd
        row |= {
            "prompt_tokens": min(answer.prompt_tokens, _MOST_TOKENS),
            "completion_tokens": min(answer.completion_tokens, _MOST_TOKENS),
            "status": answer.status,
            "time_ms": answer.execution_time_ms,
        }
    row.setdefault("time_ms", round((time.monotonic() - tried.started) * 1000))
    return row | {"cost_usd": None if tried.cost_usd is None else format(tried.cost_usd, "f")}


async def _ask(tried: Try, provider: Provider, call: ModelCall) -> ModelAnswer:
    tried._loop, tried._task = asyncio.get_running_loop(), asyncio.current_task()
    if tried.is_cancelled:  # before there was anything to cancel
        raise asyncio.CancelledError
    return await provider.answer(call, on_text=tried.pieces.append)
