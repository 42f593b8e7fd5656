"""Whether a failed attempt is tried again, and when. Pure: the same arguments give the same decision."""

import hashlib
from dataclasses import dataclass

from lib.providers.errors import RETRYABLE, ErrorKind

_FIRST_WAIT_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 60.0
#: Who is asked to wait longer than this stops: trying earlier would only be refused again.
LONGEST_RETRY_AFTER_SECONDS = 300.0
#: Nothing was wrong with the provider, so nobody is spared by waiting.
_AT_ONCE = frozenset({ErrorKind.LOST, ErrorKind.LOCAL_MODEL})


@dataclass(frozen=True, slots=True)
class RetryDecision:
    """Wait so long and try again, or stop (`wait_seconds` is None). `reason` says why, for the timeline."""

    wait_seconds: float | None
    reason: str


def decide(
    kind: ErrorKind, *, attempt: int, max_attempts: int, retry_after_seconds: float | None = None, jitter: float = 0.0
) -> RetryDecision:
    """What follows attempt number `attempt` (from 1) that failed as `kind`.

    The wait doubles from 1 s to at most 60 s and is shortened by up to half by `jitter` (0 to 1, see `jitter_of`),
    so that phases which failed together do not come back together. A provider's Retry-After is never undercut.
    """
    if kind not in RETRYABLE:
        return RetryDecision(None, "another attempt would fail the same way")
    if attempt >= max_attempts:
        return RetryDecision(None, "that was the last attempt" if max_attempts > 1 else "only one attempt is allowed")
    if retry_after_seconds is not None and retry_after_seconds > LONGEST_RETRY_AFTER_SECONDS:
        return RetryDecision(None, f"the provider asks to wait {retry_after_seconds:.0f} s")
    share = min(max(jitter, 0.0), 1.0)
    if kind in _AT_ONCE and attempt == 1:
        return RetryDecision(0.0, "tried again at once")
    wait = min(_FIRST_WAIT_SECONDS * 2.0 ** min(attempt - 1, 10), _LONGEST_WAIT_SECONDS) * (1 - share / 2)
    if retry_after_seconds is not None and retry_after_seconds > 0:
        wait = max(wait, retry_after_seconds + share)
    return RetryDecision(wait, f"tried again after {wait:.1f} s")


def jitter_of(*parts: object) -> float:
    """A number from 0 to below 1 that is always the same for the same parts, such as run, phase and attempt."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48
