"""When a delivery that was not taken is tried again."""

from dataclasses import dataclass
from typing import Final

#: With the waits between them: up to a day after the event.
MOST_ATTEMPTS: Final = 8
_FIRST_WAIT_SECONDS: Final = 15.0
_FACTOR: Final = 4
_LONGEST_WAIT_SECONDS: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class RetryDecision:
    """How long to wait; None is never. `hold_seconds` is how long its endpoint wants no call at all."""

    wait_seconds: float | None
    hold_seconds: float | None = None


def decide(attempt: int, *, chance: float, retry_after_seconds: float | None = None) -> RetryDecision:
    """What follows that attempt, the first being 1.

    15 s, then four times as long each time, which is 22 h 45 min in all. `chance`, from 0 to 1, takes away up to a
    fifth or adds a twentieth, so that deliveries that failed together do not come back together, and the last one is
    still within a day. An endpoint that asks for more time gets it, up to a day.
    """
    wait = None
    if attempt < MOST_ATTEMPTS:
        wait = _FIRST_WAIT_SECONDS * _FACTOR ** (attempt - 1) * (0.8 + chance / 4)
    if retry_after_seconds is None:
        return RetryDecision(wait)
    hold = min(retry_after_seconds, _LONGEST_WAIT_SECONDS)
    return RetryDecision(wait and max(wait, hold), hold)
