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

from lib.engine.ending import put_an_end_to
from lib.engine.follow_up import FollowUp
from lib.models.run import PhaseStatus
from lib.providers.base import NO_ENDPOINT, JsonWish, ModelAnswer, ModelCall, ModelChoice, Provider
from lib.providers.errors import NOT_CHARGED, ErrorKind, ModelCallError
from lib.storable import storable
from lib.templates.json_output.checking import check_answer
from lib.templates.plan import PlannedPhase

log = logging.getLogger(__name__)

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
    #: These are noted once it is known who is asked, for whoever ends the attempt before it ends by itself.
    may_be_charged: bool = False
    endpoint: str = NO_ENDPOINT


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: an answer, or the error; both where the answer is not what the phase asks for."""

    attempt: Attempt
    answer: ModelAnswer | None = None
    error: ModelCallError | None = None
    #: What is wrong with the answer, for the model to be told.
    faults: tuple[str, ...] = ()
    #: What follows a failure; None where nothing was decided any more, as in a run that is being cancelled.
    follow_up: FollowUp | None = None

    def as_finish(self) -> Mapping[str, Any]:
        """The row of `api.advance_run`'s `finish`."""
        choice = self.attempt.phase.choice
        row = {
            "id": str(self.attempt.id),
            "provider": choice.provider,
            "model": choice.model,
            "endpoint": self.attempt.endpoint,
            "method": "POST",
        }
        if self.answer is not None:
            told = row | self._answered(self.answer)
            return (
                told
                if self.error is None
                else told | {"status": PhaseStatus.FAILED, "review": None, "error": self._why(self.error)}
            )
        if self.error is not None:
            return row | {
                "status": PhaseStatus.FAILED,
                "status_code": self.error.status,
                "cost_usd": _dollars(_cost_of_failure(self.attempt, self.error.kind)),
                "finish_reason": "interrupted" if self.error.kind is ErrorKind.LOST else "error",
                "error": self._why(self.error),
            }
        return row | {
            "status": PhaseStatus.CANCELLED,
            "cost_usd": _dollars(_cost_of_failure(self.attempt)),
            "finish_reason": "cancelled",
            "error": {"kind": "cancelled", "message": "The run was cancelled while this was being written."},
        }

    def _answered(self, answer: ModelAnswer) -> dict[str, Any]:
        gate = self.attempt.phase.review
        return {
            "status": self.attempt.phase.status_when_answered,
            "review": gate and gate.model_dump(mode="json"),
            "response": storable(answer.text),
            "prompt_tokens": min(answer.prompt_tokens, _MOST_TOKENS),
            "completion_tokens": min(answer.completion_tokens, _MOST_TOKENS),
            "reported_model": storable(answer.model)[:255],
            "status_code": answer.status,
            "cost_usd": _dollars(answer.cost_usd),
            "execution_time_ms": answer.execution_time_ms,
            "finish_reason": storable(answer.finish_reason)[:50],
        }

    def _why(self, error: ModelCallError) -> dict[str, Any]:
        choice, follow_up = self.attempt.phase.choice, self.follow_up
        why = {
            "kind": error.kind,
            "message": storable(error.message),
            "provider": choice.provider,
            "model": choice.model,
            "status": error.status,
            "retry_seconds": follow_up.wait_seconds if follow_up else None,
            "retry_reason": follow_up.told(str(choice)) if follow_up else None,
            "retry_model": follow_up.model if follow_up and follow_up.wait_seconds is not None else None,
        }
        return why | ({"faults": [storable(fault) for fault in self.faults]} if self.faults else {})


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
        json=JsonWish(attempt.phase.output.json_schema) if attempt.phase.output.kind == "json" else None,
    )
    showing = asyncio.create_task(_show(attempt.id, pieces, write_stream))
    try:
        asked = await provider(attempt.phase.choice)
        attempt.may_be_charged, attempt.endpoint = not asked.is_free, asked.endpoint_of(call.model)
        answer = await asked.answer(call, on_text=pieces.append)
    except ModelCallError as error:
        return Outcome(attempt, error=error)
    except Exception:
        log.exception("attempt %s failed inside", attempt.id)
        return Outcome(attempt, error=_own_fault(attempt, asyncio.get_running_loop().time() - started))
    finally:
        with suppress(asyncio.CancelledError):
            await put_an_end_to([showing])
    return await _check(attempt, answer)


async def _check(attempt: Attempt, answer: ModelAnswer) -> Outcome:
    """The answer held against what the phase asks for, beside the event loop: it may take seconds."""
    output, choice = attempt.phase.output, attempt.phase.choice
    is_cut = answer.finish_reason == "length"
    try:
        faults = await asyncio.to_thread(check_answer, output, answer.text, is_cut=is_cut)
    except Exception:
        log.exception("the answer of attempt %s can't be checked", attempt.id)
        return Outcome(attempt, error=_own_fault(attempt, answer.execution_time_ms / 1000))
    if not faults:
        return Outcome(attempt, answer=answer)
    what = "the JSON that is asked for" if output.json_schema is None else "JSON that fits the schema"
    error = ModelCallError(
        f"The answer is not {what}: {'; '.join(faults)}.",
        kind=ErrorKind.INVALID_OUTPUT,
        provider=choice.provider,
        model=choice.model,
        status=answer.status,
    )
    return Outcome(attempt, answer=answer, error=error, faults=faults)


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
    return Outcome(attempt, error=error, follow_up=FollowUp(0.0, "its worker was stopped", str(choice)))


def unwritable(attempt: Attempt) -> Outcome:
    """An attempt of which nothing else can be written, so that nobody pays for another one like it."""
    return Outcome(attempt, error=_own_fault(attempt, 0))


def _own_fault(attempt: Attempt, seconds: float) -> ModelCallError:
    choice = attempt.phase.choice
    return ModelCallError(
        f"Something went wrong on our side after {seconds:.0f} s, not at the model. It is in the worker's log.",
        kind=ErrorKind.INTERNAL,
        provider=choice.provider,
        model=choice.model,
    )


def _cost_of_failure(attempt: Attempt, kind: ErrorKind | None = None) -> Decimal | None:
    return None if attempt.may_be_charged and kind not in NOT_CHARGED else Decimal(0)


def _dollars(cost: Decimal | None) -> str | None:
    return None if cost is None else format(cost, "f")
