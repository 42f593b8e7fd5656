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
}


def say_reason(kind: str | None) -> str:
    """Why a call failed."""
    if kind is None:
        return "Succeeded"
    return REASONS.get(kind, kind.replace("_", " ").capitalize())
