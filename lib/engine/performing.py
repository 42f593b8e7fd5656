"""One attempt at an operation: perform it, and say how it ended and what follows."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError

from lib.config import get_settings
from lib.connections.integrations.opening import open_integration
from lib.integrations.base import FailureKind, Occasion, OperationFailed, Performed
from lib.integrations.registry import get_kind
from lib.models.operation import OperationStatus
from lib.providers import retry
from lib.providers.errors import ErrorKind

log = logging.getLogger(__name__)

#: Attempts at one operation, those that a lost worker began among them; api.take_over_operations knows the number too.
MOST_ATTEMPTS: Final = 5
_S = OperationStatus
#: Looks up a connection by its short name, the secret still sealed.
Find = Callable[[str], Awaitable[Mapping[str, Any] | None]]


@dataclass(frozen=True, slots=True)
class OperationState:
    """How an operation stands."""

    id: UUID
    #: The attempt at its phase.
    attempt_id: UUID
    type: str
    name: str | None
    params: Mapping[str, Any]
    status: OperationStatus
    attempts: int
    idempotency_key: UUID
    error: Mapping[str, Any] = field(default_factory=dict)
    #: Where it led when it was approved, as `api.leads_to` says it; None where nobody was asked.
    approved_for: Mapping[str, Any] | None = None
    #: Until the next attempt.
    wait_seconds: float = 0.0

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "OperationState":
        """As `api.operation_state` says it."""
        return cls(
            id=UUID(said["id"]),
            attempt_id=UUID(said["attempt_id"]),
            type=said["type"],
            name=said["name"],
            params=said["params"],
            status=OperationStatus(said["status"]),
            attempts=said["attempts"],
            idempotency_key=UUID(said["idempotency_key"]),
            error=said["error"],
            approved_for=said["approved_for"],
            wait_seconds=(said["wait_ms"] or 0) / 1000,
        )


@dataclass(frozen=True, slots=True)
class OperationOutcome:
    """How one attempt ended."""

    operation: OperationState
    performed: Performed | None = None
    failed: OperationFailed | None = None

    def as_state(self) -> OperationState:
        """How the operation stands then."""
        if self.performed is not None:
            return replace(self.operation, status=_S.COMPLETED, error={})
        if self.failed is None:
            message = "The run was cancelled while this was under way: it may have happened."
            return replace(self.operation, status=_S.CANCELLED, error={"kind": "cancelled", "message": message})
        wait, why = self._decide()
        error = {
            "kind": self.failed.kind,
            "message": self.failed.message,
            "status": self.failed.status,
            "retry_seconds": wait,
            "retry_reason": why,
        }
        status = _S.FAILED if wait is None else _S.PENDING
        return replace(self.operation, status=status, error=error, wait_seconds=wait or 0.0)

    def _decide(self) -> tuple[float | None, str]:
        assert self.failed is not None  # noqa: S101 - asked by as_state
        if self.failed.kind is FailureKind.LOST:  # handed over: another worker does it at once
            return 0.0, "its worker was stopped"
        decided = retry.decide(
            ErrorKind.UNAVAILABLE if self.failed.is_retryable else ErrorKind.INVALID_REQUEST,
            attempt=self.operation.attempts,
            max_attempts=MOST_ATTEMPTS,
            retry_after_seconds=self.failed.retry_after_seconds,
            jitter=retry.jitter_of(self.operation.id, self.operation.attempts),
        )
        return decided.wait_seconds, decided.reason

    def as_finish(self) -> Mapping[str, Any]:
        """The row of `api.finish_operations`."""
        state = self.as_state()
        status = self.performed.status if self.performed else self.failed.status if self.failed else None
        return {
            "id": str(state.id),
            "status": state.status,
            "result": dict(self.performed.result) if self.performed else None,
            "error": dict(state.error),
            "wait_ms": round(state.wait_seconds * 1000) if state.status is _S.PENDING else None,
            "status_code": status,
            "method": str(self.operation.params.get("method") or "POST")[:10],
        }


async def perform_operation(
    operation: OperationState, *, organization_id: UUID, run_id: UUID, find: Find
) -> OperationOutcome:
    """One attempt, with no transaction open. Never raises but on cancellation: a fault of ours is an error too."""
    try:
        return OperationOutcome(operation, performed=await _perform(operation, organization_id, run_id, find))
    except OperationFailed as error:
        failed = error
    except ValidationError:
        message = "Its parameters are of another version and can't be used any more. Run the phase again."
        failed = OperationFailed(message, kind=FailureKind.INVALID)
    except Exception:
        log.exception("operation %s failed inside", operation.id)
        message = "Something went wrong on our side. It is in the worker's log."
        failed = OperationFailed(message, kind=FailureKind.INTERNAL, is_retryable=True)
    return OperationOutcome(operation, failed=failed)


async def _perform(operation: OperationState, organization_id: UUID, run_id: UUID, find: Find) -> Performed:
    kind = get_kind(operation.type)
    params = kind.parameters.model_validate(operation.params)
    slug = params.connection_slug
    found = await find(slug) if slug else None
    if found and operation.approved_for and any(found[name] != said for name, said in operation.approved_for.items()):
        # between the step and this look-up; the step that begins the next attempt asks people again
        message = "Its connection was changed a moment ago, and leads elsewhere than where it was approved for."
        raise OperationFailed(message, kind=FailureKind.NOT_CONFIGURED, is_retryable=True)
    connection = open_integration(found, slug=slug, kind=kind.name) if slug else None
    occasion = Occasion(
        organization_id=organization_id,
        run_id=run_id,
        operation_id=operation.id,
        idempotency_key=operation.idempotency_key,
        allowed_hosts=get_settings().allowed_hosts,
    )
    return await kind.perform(params, connection, occasion)
