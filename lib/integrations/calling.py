"""One HTTP call of an operation, through the client that reaches nothing of ours; failures in words."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from lib.integrations.base import FailureKind, OperationFailed
from lib.providers.http_client import safe_client

#: From the first byte sent to the last one read: a receiver that trickles is given up as well.
CALL_SECONDS: Final = 30.0
#: Of an answer that is kept.
KEPT_BYTES: Final = 4_000
_LATER: Final = frozenset({408, 425, 429})
#: As in `lib.providers.retry`: whoever asks for more is not waited for.
_LONGEST_RETRY_AFTER: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, its body cut."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool


async def call(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    content: bytes | None,
    allowed_hosts: frozenset[str],
    seconds: float = CALL_SECONDS,
    more_bytes: int = 0,
) -> Answer:
    """The receiver's answer, whatever it says; of its body `KEPT_BYTES` and `more_bytes`.

    Raises `OperationFailed` where none came.
    """
    import httpx2  # noqa: PLC0415 - 0.1 s that a page without a call never spends

    from lib.http.safe import AddressRefused  # noqa: PLC0415 - 0.2 s, likewise

    host = urlsplit(url).hostname or ""
    try:
        async with asyncio.timeout(seconds):
            client = safe_client(allowed_hosts)
            async with client.stream(method, url, headers=dict(headers), content=content) as response:
                body, is_cut = await _read(response, KEPT_BYTES + more_bytes)
                return Answer(response.status_code, response.headers, body, is_cut)
    except AddressRefused as error:
        raise OperationFailed(str(error), kind=FailureKind.REFUSED) from error
    except (TimeoutError, httpx2.TimeoutException) as error:
        message = f"“{host}” did not answer within {seconds:.0f} s. Nobody knows whether it has taken the call."
        raise OperationFailed(message, kind=FailureKind.TIMEOUT, is_retryable=True) from error
    except httpx2.InvalidURL as error:
        message = f"“{host}” is no address that can be called."
        raise OperationFailed(message, kind=FailureKind.INVALID) from error
    except httpx2.HTTPError as error:
        untrusted = _find_untrusted(error)
        message = (
            f"“{host}” shows a certificate that can't be trusted: {untrusted}."
            if untrusted
            else f"“{host}” can't be reached, or the connection to it broke."
        )
        raise OperationFailed(message, kind=FailureKind.CONNECTION, is_retryable=True) from error


def _find_untrusted(error: BaseException) -> str:
    """What is wrong with the other side's certificate; empty where it is something else."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message
        cause = cause.__cause__ or cause.__context__
    return ""


async def _read(response: Any, most: int) -> tuple[bytes, bool]:
    body = b""
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > most:
            return body[:most], True
    return body, False


def refuse_status(answer: Answer, host: str) -> None:
    """Raise `OperationFailed` unless the answer is 2xx; 408, 425, 429 and 5xx are worth another attempt."""
    if 200 <= answer.status < 300:
        return
    is_later = answer.status in _LATER or answer.status >= 500
    if 300 <= answer.status < 400:
        message = f"“{host}” answered {answer.status}, which leads elsewhere; redirects are not followed."
    else:
        message = f"“{host}” answered {answer.status}."
    raise OperationFailed(
        message,
        kind=FailureKind.BUSY if is_later else FailureKind.STATUS,
        is_retryable=is_later,
        status=answer.status,
        retry_after_seconds=_retry_after(answer.headers.get("retry-after")) if is_later else None,
    )


def _retry_after(text: str | None) -> float | None:
    """Seconds, of either form that RFC 9110 has for it; None where it says nothing that can be read."""
    if not text:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return min(float(text.strip()[:12]), _LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # a zone that is years away
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((aware - datetime.now(UTC)).total_seconds(), 0.0), _LONGEST_RETRY_AFTER)
