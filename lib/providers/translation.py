"""From what SDKs raise to `ModelCallError` in plain words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lib.providers.errors import ErrorKind, ModelCallError
from lib.providers.phrases import MESSAGES, OF_CONNECTION, Case, Places

#: Longer than any model writes; an endpoint that never ends would fill the worker's memory.
MOST_CHARACTERS = 4_000_000
_LONGEST_QUOTE = 300
#: Statuses that say more than the kind of error that SDKs make of them.
_CASES: Mapping[int, Case] = {
    403: Case.FORBIDDEN,
    408: Case.GATEWAY_GAVE_UP,
    502: Case.GATEWAY_CANNOT_REACH,
    504: Case.GATEWAY_GAVE_UP,
}
#: What other statuses mean of themselves.
_PLAIN: Mapping[int, ErrorKind] = {
    401: ErrorKind.AUTH,
    402: ErrorKind.QUOTA,
    403: ErrorKind.AUTH,
    404: ErrorKind.MODEL_NOT_FOUND,
    408: ErrorKind.TIMEOUT,
    429: ErrorKind.RATE_LIMIT,
    503: ErrorKind.UNAVAILABLE,
    529: ErrorKind.UNAVAILABLE,  # Anthropic's
}
#: Error codes of OpenAI and Azure for a prompt that their filters refuse before a model sees it.
_FILTER_CODES = frozenset({"content_filter", "content_policy_violation", "invalid_prompt"})
#: Parts of what resolvers and TLS libraries say; they have no types that survive the SDK's wrapping.
_OF_NAMES = ("name or service", "nodename", "name resolution", "no address associated", "getaddrinfo")
_OF_TRUST = ("certificate", "ssl", "tls")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Who is called: what error messages name, and what they must not give away."""

    provider: str
    host: str
    api_key: str | None = field(default=None, repr=False)
    #: Whose protocol is spoken, for who wonders what should have answered.
    protocol: str = "OpenAI"
    places: Places = OF_CONNECTION

    def error(
        self,
        kind: ErrorKind,
        *,
        model: str = "",
        status: int | None = None,
        retry_after_seconds: float | None = None,
        said: str = "",
        why: str = "",
        case: Case | None = None,
        seconds: float = 0.0,
    ) -> ModelCallError:
        """A failure of `kind`, with what the endpoint `said` about it quoted in short, or `why` we think so.

        `case` has words of its own; `seconds` is how long was waited.
        """
        if case is None and kind is ErrorKind.AUTH and not self.api_key:
            case = Case.NO_KEY
        if case is Case.FORBIDDEN and not model:
            case = None
        told = (case.value if case else MESSAGES[kind]).format(
            who=self.host,
            model=model,
            seconds=seconds,
            most=MOST_CHARACTERS,
            protocol=self.protocol,
            key=self.places.key,
            address=self.places.address,
            models=self.places.models,
        )
        asked = f"It asks to wait {retry_after_seconds:.0f} s." if (retry_after_seconds or 0) >= 1 else ""
        message = " ".join(filter(None, (told, why, asked)))
        quote = " ".join(self._without_key(said).split())
        if quote:
            short = quote if len(quote) <= _LONGEST_QUOTE else quote[: _LONGEST_QUOTE - 1] + "…"
            message = f"{message} It said: “{short}”"
        return ModelCallError(
            message,
            kind=kind,
            provider=self.provider,
            model=model,
            status=status,
            retry_after_seconds=retry_after_seconds,
        )

    def translate(self, error: Exception, *, model: str, has_begun: bool) -> ModelCallError:
        """`error` of pydantic-ai, a vendor's SDK or the decoding of their answers; `has_begun`: words had come."""
        from pydantic_ai import exceptions  # noqa: PLC0415 - loaded by the call already

        if not isinstance(error, exceptions.ModelAPIError):
            # Valid JSON of the wrong shape makes SDKs stumble anywhere: AttributeError, TypeError, ValidationError.
            case, status = (Case.GARBLED, 200) if has_begun else (None, None)
            return self.error(ErrorKind.MALFORMED, model=model, case=case, status=status)
        status = _status_of(error)
        kind, case = _kind_of(error, status), _CASES.get(status or 0)
        if kind is ErrorKind.CONNECTION:
            if refusal := _find_refusal(error):
                return self._refused(refusal, model=model)
            kind, case = (ErrorKind.STREAM_CUT, Case.BROKE_OFF) if has_begun else (kind, case_of_connecting(error))
        elif kind is ErrorKind.MALFORMED and has_begun:
            case = Case.GARBLED
        elif status is not None and 300 <= status < 400:
            case = Case.ELSEWHERE
        return self.error(
            kind,
            model=model,
            status=status or (200 if has_begun else None),
            retry_after_seconds=error.retry_after,
            said=_said(error) if status is not None or kind is ErrorKind.INVALID_REQUEST else "",
            case=case,
        )

    def not_connected(self, error: Exception, *, model: str) -> ModelCallError:
        """Why there is no connection, or no reply on it, where no SDK is in between."""
        if refusal := _find_refusal(error):
            return self._refused(refusal, model=model)
        return self.error(ErrorKind.CONNECTION, model=model, case=case_of_connecting(error))

    def _refused(self, refusal: str, *, model: str) -> ModelCallError:
        # nothing that another try would change
        return ModelCallError(refusal, kind=ErrorKind.NOT_CONFIGURED, provider=self.provider, model=model)

    def from_reply(self, status: int, body: Any, *, model: str) -> ModelCallError:
        """What a plain HTTP status means where no SDK is in between; `body` is what was decoded of it."""
        kind = _PLAIN.get(status, ErrorKind.SERVER if status >= 500 else ErrorKind.INVALID_REQUEST)
        case = Case.ELSEWHERE if 300 <= status < 400 else _CASES.get(status)
        return self.error(kind, model=model, status=status, said=words_of(body), case=case)

    def _without_key(self, text: str) -> str:
        return text.replace(self.api_key, "…") if self.api_key else text


def _status_of(error: Exception) -> int | None:
    """The HTTP status, also where it was none of an error to the SDK: Google's calls it `code`."""
    cause = error.__cause__
    found = (getattr(error, "status_code", None), getattr(cause, "status_code", None), getattr(cause, "code", None))
    return next((status for status in found if isinstance(status, int)), None)


def _kind_of(error: Exception, status: int | None) -> ErrorKind:
    from pydantic_ai import exceptions  # noqa: PLC0415 - loaded by the call already

    kinds = (  # a subclass stands before its class
        (exceptions.ModelRateLimitError, ErrorKind.RATE_LIMIT),
        (exceptions.ModelQuotaExceededError, ErrorKind.QUOTA),
        (exceptions.ModelAuthenticationError, ErrorKind.AUTH),
        (exceptions.ModelNotFoundError, ErrorKind.MODEL_NOT_FOUND),
        (exceptions.ModelContextWindowExceededError, ErrorKind.CONTEXT),
        (exceptions.ModelRequestRejectedError, ErrorKind.INVALID_REQUEST),
        (exceptions.ModelTimeoutError, ErrorKind.CONNECTION),  # of connecting: the whole is bounded by our own clock
        (exceptions.ModelConnectionError, ErrorKind.CONNECTION),
        (exceptions.ModelUnavailableError, ErrorKind.UNAVAILABLE),
        (exceptions.ModelServerError, ErrorKind.SERVER),
    )
    for kind_class, kind in kinds:
        if isinstance(error, kind_class):
            return _refined(kind, error)
    if isinstance(error.__cause__, ValueError):  # JSONDecodeError, UnicodeDecodeError
        return ErrorKind.MALFORMED
    if status in {408, 413}:
        return ErrorKind.TIMEOUT if status == 408 else ErrorKind.CONTEXT
    return ErrorKind.SERVER if status is None else ErrorKind.INVALID_REQUEST


def case_of_connecting(error: Exception) -> Case | None:
    """Why there is no connection, as far as anybody says."""
    import httpx2  # noqa: PLC0415 - loaded by the call already

    failure = next((each for each in _causes(error) if isinstance(each, httpx2.TransportError)), None)
    if not isinstance(failure, httpx2.ConnectError | httpx2.ConnectTimeout):
        return Case.HUNG_UP if failure else None
    said = str(failure).lower()
    if any(part in said for part in _OF_NAMES):
        return Case.UNKNOWN_NAME
    return Case.NO_TRUST if any(part in said for part in _OF_TRUST) else Case.NOBODY_LISTENS


def _find_refusal(error: Exception) -> str | None:
    """What the safe client said, if it was that one which did not call."""
    from lib.http.safe import AddressRefused  # noqa: PLC0415 - 0.2 s that only a failure costs

    return next((str(each) for each in _causes(error) if isinstance(each, AddressRefused)), None)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _refined(kind: ErrorKind, error: Exception) -> ErrorKind:
    if kind is not ErrorKind.INVALID_REQUEST:
        return kind
    # llama.cpp's word for a prompt that is too long, which pydantic-ai does not know.
    if "exceed_context_size" in str(getattr(error, "provider_error_type", "")):
        return ErrorKind.CONTEXT
    return ErrorKind.REFUSED if getattr(error, "provider_error_code", None) in _FILTER_CODES else kind


def words_of(body: Any) -> str:
    """What an endpoint's error says in words; each of the vendors has them in `error` and there in `message`."""
    if isinstance(body, dict):
        inner = body.get("error", body)
        return str(inner.get("message", "")) if isinstance(inner, dict) else str(inner)
    return str(body or "")


def _said(error: Exception) -> str:
    return words_of(getattr(error, "body", None)) or str(getattr(error, "message", ""))
