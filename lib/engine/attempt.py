"""One attempt at one phase: ask the model, show the answer as it comes, and say how it ended."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg

from lib.models.run import PhaseStatus
from lib.providers.base import ModelAnswer, ModelCall, ModelChoice, Provider
from lib.providers.errors import NOT_CHARGED, ErrorKind, ModelCallError
from lib.providers.retry import RetryDecision
from lib.templates.plan import PlannedPhase

log = logging.getLogger(__name__)

#: What every provider so far speaks; where an answer came, it says its own.
ENDPOINT = "/v1/chat/completions"
#: An endpoint's own count is believed up to here: the sum of both has to fit the specification's INTEGER.
_MOST_TOKENS = 2**30 - 1

#: How often the answer so far is written for those who watch.
STREAM_SECONDS = 0.3


@dataclass(slots=True)
class Attempt:
    """An attempt that was begun."""

    id: UUID
    number: int
    phase: PlannedPhase
    prompt: str
    #: Noted once it is known who is asked, for whoever ends the attempt before it ends by itself.
    may_be_charged: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: an answer, or the error."""

    attempt: Attempt
    answer: ModelAnswer | None = None
    error: ModelCallError | None = None
    #: What follows a failure; None where nothing was decided any more, as in a run that is being cancelled.
    follow_up: RetryDecision | None = None

    def as_finish(self) -> Mapping[str, Any]:
        """The row of `api.advance_run`'s `finish`."""
        choice = self.attempt.phase.choice
        row = {"id": str(self.attempt.id), "provider": choice.provider, "model": choice.model, "method": "POST"}
        if self.answer is not None:
            answer, gate = self.answer, self.attempt.phase.review
            return row | {
                "status": self.attempt.phase.status_when_answered,
                "review": gate and gate.model_dump(mode="json"),
                "response": storable(answer.text),
                "prompt_tokens": min(answer.prompt_tokens, _MOST_TOKENS),
                "completion_tokens": min(answer.completion_tokens, _MOST_TOKENS),
                "model": storable(answer.model)[:255],
                "endpoint": answer.endpoint,
                "status_code": answer.status,
                "cost_usd": _dollars(answer.cost_usd),
                "execution_time_ms": answer.execution_time_ms,
                "finish_reason": storable(answer.finish_reason)[:50],
            }
        if self.error is not None:
            return row | {
                "status": PhaseStatus.FAILED,
                "endpoint": ENDPOINT,
                "status_code": self.error.status,
                "cost_usd": _dollars(_cost_of_failure(self.attempt, self.error.kind)),
                "finish_reason": "interrupted" if self.error.kind is ErrorKind.LOST else "error",
                "error": {
                    "kind": self.error.kind,
                    "message": storable(self.error.message),
                    "provider": choice.provider,
                    "model": choice.model,
                    "status": self.error.status,
                    "retry_seconds": self.follow_up.wait_seconds if self.follow_up else None,
                    "retry_reason": self.follow_up.reason if self.follow_up else None,
                },
            }
        return row | {
            "status": PhaseStatus.CANCELLED,
            "endpoint": "model",
            "cost_usd": _dollars(_cost_of_failure(self.attempt)),
            "finish_reason": "cancelled",
            "error": {"kind": "cancelled", "message": "The run was cancelled while this was being written."},
        }


async def make_attempt(
    attempt: Attempt,
    *,
    provider: Callable[[ModelChoice], Awaitable[Provider]],
    write_stream: Callable[[UUID, str], Awaitable[None]],
) -> Outcome:
    """Ask the model, with no transaction open. Never raises but on cancellation: a fault of ours is an error too."""
    pieces: list[str] = []
    started = asyncio.get_running_loop().time()
    call = ModelCall(
        model=attempt.phase.choice.model,
        prompt=attempt.prompt,
        timeout_seconds=attempt.phase.timeout_seconds,
        parameters=attempt.phase.parameters,
    )
    showing = asyncio.create_task(_show(attempt.id, pieces, write_stream))
    try:
        asked = await provider(attempt.phase.choice)
        attempt.may_be_charged = not asked.is_free
        answer = await asked.answer(call, on_text=pieces.append)
    except ModelCallError as error:
        return Outcome(attempt, error=error)
    except Exception:
        log.exception("attempt %s failed inside", attempt.id)
        return Outcome(attempt, error=_own_fault(attempt, asyncio.get_running_loop().time() - started))
    finally:
        showing.cancel()
        with suppress(asyncio.CancelledError):
            await showing
    return Outcome(attempt, answer=answer)


def storable(text: str) -> str:
    """`text` without what PostgreSQL's text can't hold: NUL and halves of surrogate pairs become U+FFFD."""
    return text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


async def _show(attempt_id: UUID, pieces: list[str], write_stream: Callable[[UUID, str], Awaitable[None]]) -> None:
    shown = 0
    while True:
        await asyncio.sleep(STREAM_SECONDS)
        if len(pieces) == shown:
            continue
        shown = len(pieces)
        # The side table is for watching only: when it can't be written the answer goes on.
        with suppress(psycopg.Error, OSError):
            await write_stream(attempt_id, storable("".join(pieces)))


def interrupted(attempt: Attempt) -> Outcome:
    """An attempt that is given up because its worker is told to stop: another worker makes the next one."""
    choice = attempt.phase.choice
    message = "The worker that was writing this phase was stopped in the middle of it."
    error = ModelCallError(message, kind=ErrorKind.LOST, provider=choice.provider, model=choice.model)
    return Outcome(attempt, error=error, follow_up=RetryDecision(0.0, "its worker was stopped"))


def _own_fault(attempt: Attempt, seconds: float) -> ModelCallError:
    choice = attempt.phase.choice
    return ModelCallError(
        f"Something went wrong on our side after {seconds:.0f} s, not at the model. It is in the worker's log.",
        kind=ErrorKind.SERVER,
        provider=choice.provider,
        model=choice.model,
    )


def _cost_of_failure(attempt: Attempt, kind: ErrorKind | None = None) -> Decimal | None:
    return None if attempt.may_be_charged and kind not in NOT_CHARGED else Decimal(0)


def _dollars(cost: Decimal | None) -> str | None:
    return None if cost is None else format(cost, "f")
