"""One attempt at a delivery: the call of an endpoint, and what came of it. Knows no database."""

import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from lib.integrations.base import OperationFailed
from lib.integrations.calling import Answer, call, refuse_status
from lib.storable import storable

#: From the first byte sent to the last one read.
CALL_SECONDS: Final = 15.0
_GONE: Final = 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of an attempt. No secret is in it."""

    duration_ms: int
    #: None where no answer came.
    status_code: int | None = None
    #: The beginning of the answer's body.
    response: str = ""
    #: Why it does not count as delivered; None where it does.
    error: str | None = None
    #: It wants to hear nothing any more.
    is_gone: bool = False
    retry_after_seconds: float | None = None


async def send(url: str, body: str, headers: dict[str, str], *, allowed_hosts: frozenset[str]) -> Sent:
    """Call the endpoint; whatever it answers or does is told and not raised."""
    began = time.monotonic()
    answer: Answer | None = None
    error: str | None = None
    retry_after_seconds: float | None = None
    try:
        answer = await call(
            "POST",
            url,
            headers={"user-agent": "ai-orchestrator", "content-type": "application/json", **headers},
            content=body.encode(),
            allowed_hosts=allowed_hosts,
            seconds=CALL_SECONDS,
        )
        refuse_status(answer, urlsplit(url).hostname or "")
    except OperationFailed as failure:
        error, retry_after_seconds = failure.message, failure.retry_after_seconds
    is_gone = answer is not None and answer.status == _GONE
    return Sent(
        duration_ms=round((time.monotonic() - began) * 1000),
        status_code=answer.status if answer else None,
        response=storable(answer.body.decode(errors="replace")) if answer else "",
        error=f"{error} That says that it is gone." if is_gone else error,
        is_gone=is_gone,
        retry_after_seconds=retry_after_seconds,
    )
