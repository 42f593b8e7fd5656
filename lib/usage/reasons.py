"""Why calls fail, in a word or two."""

from collections.abc import Mapping
from typing import Final

#: Kinds of errors, of `lib.providers.errors` and `lib.integrations.base`, in a word or two.
REASONS: Final[Mapping[str, str]] = {
    "rate_limit": "Rate limit",
    "quota": "Credit used up",
    "auth": "Refused key",
    "model_not_found": "Unknown model",
    "context": "Prompt too long",
    "timeout": "Time-out",
    "stalled": "Stalled",
    "connection": "Not reachable",
    "unavailable": "Overloaded",
    "server": "Server error",
    "invalid_request": "Refused request",
    "stream_cut": "Answer cut off",
    "empty_answer": "Empty answer",
    "no_usage": "No count of tokens",
    "malformed": "Unreadable answer",
    "too_long": "Endless answer",
    "refused": "Content filter",
    "not_configured": "Not set up",
    "local_model": "Local model ended",
    "invalid_output": "Not the form asked for",
    "internal": "Fault of ours",
    "lost": "Worker ended",
    "cancelled": "Cancelled",
    "invalid": "Wrong parameters",
    "busy": "Receiver is busy",
    "status": "Receiver refused",
    "disk_full": "Disk is full",
    "exists": "Exists already",
}
#: What is another thing of an operation than of a call to a model.
OF_OPERATIONS: Final[Mapping[str, str]] = {
    "refused": "Barred address",
}


def say_reason(kind: str | None, *, is_model: bool = True) -> str:
    """Why a call failed, to a model or of an operation."""
    if kind is None:
        return "Succeeded"
    if not is_model and kind in OF_OPERATIONS:
        return OF_OPERATIONS[kind]
    return REASONS.get(kind, kind.replace("_", " ").capitalize())
