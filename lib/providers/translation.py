"""From what SDKs raise to `ModelCallError` in plain words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from lib.providers.errors import ErrorKind, ModelCallError


class Case(Enum):
    """What a kind of failure does not tell apart, but whoever has to do something about it does."""

    NO_KEY = "{who} asks for a key, and none is set. Set ORCHESTRATOR_OPENAI_API_KEY."
    FORBIDDEN = "{who} knows the key but does not let it use “{model}”. Ask for access there, or choose another model."
    NEVER_BEGAN = (
        "“{model}” sent no word within {seconds:.0f} s. Give the phase more time, or choose a model that is less busy."
    )
    STILL_WRITING = (
        "“{model}” was still writing after {seconds:.0f} s and was stopped. Give the phase more time, set max_tokens, "
        "or choose a faster model."
    )
    GATEWAY_CANNOT_REACH = "{who} can't reach the model behind it. Try again in a while, or choose another model."
    GATEWAY_GAVE_UP = "{who} waited in vain for the model behind it. Try again in a while, or choose a faster model."
    NOBODY_LISTENS = (
        "{who} can't be reached: nothing answers at this address. Check that it runs, the network and "
        "ORCHESTRATOR_OPENAI_BASE_URL."
    )
    UNKNOWN_NAME = (
        "The name in {who} is not known to the network. Check ORCHESTRATOR_OPENAI_BASE_URL for a typing error."
    )
    NO_TRUST = (
        "{who} can't be trusted: its certificate or its encryption is not accepted. Check "
        "ORCHESTRATOR_OPENAI_BASE_URL, and whether it should begin with http:// instead."
    )
    HUNG_UP = "{who} closed the connection before the first word. Try again; if it stays so, its own log says why."
    BROKE_OFF = "The connection to {who} broke in the middle of the answer, which was not used. Try again."
    GARBLED = "The answer of “{model}” became unreadable in the middle and was not used. Try again."
    ELSEWHERE = "{who} sends callers to another address, which is not followed. Check ORCHESTRATOR_OPENAI_BASE_URL."


#: What happened and what to do. `{who}` is the endpoint's host.
_MESSAGES: Mapping[ErrorKind, str] = {
    ErrorKind.RATE_LIMIT: "{who} asks to slow down: too many calls in a short time. Try again in a while.",
    ErrorKind.QUOTA: "The credit or spending limit at {who} is used up. Raise it there, or choose another model.",
    ErrorKind.AUTH: "{who} does not accept the key. Check ORCHESTRATOR_OPENAI_API_KEY: it may be mistyped or revoked.",
    ErrorKind.MODEL_NOT_FOUND: "{who} does not know the model “{model}”. Choose another one, or check "
    "ORCHESTRATOR_OPENAI_MODELS and ORCHESTRATOR_OPENAI_BASE_URL.",
    ErrorKind.CONTEXT: "The prompt is too long for “{model}”. Shorten it, or choose a model that reads more.",
    ErrorKind.TIMEOUT: "“{model}” did not finish in time. Give the phase more time, or choose a faster model.",
    ErrorKind.STALLED: "“{model}” began to answer and then fell silent for {seconds:.0f} s. Try again, or choose "
    "another model.",
    ErrorKind.CONNECTION: "{who} can't be reached. Check the network and ORCHESTRATOR_OPENAI_BASE_URL.",
    ErrorKind.UNAVAILABLE: "{who} is overloaded or in maintenance. Try again in a while.",
    ErrorKind.SERVER: "{who} failed while answering. Try again in a while, or choose another model.",
    ErrorKind.INVALID_REQUEST: "{who} refused the request for “{model}”. Check the parameters and the address.",
    ErrorKind.STREAM_CUT: "The answer of “{model}” ended in the middle and was not used. Try again.",
    ErrorKind.EMPTY_ANSWER: "“{model}” answered without a word. Try again, or change the prompt.",
    ErrorKind.NO_USAGE: "The answer of “{model}” came without the count of its tokens, so nobody can tell whether it "
    "is whole, and it was not used. Check that {who} sends usage records in streams (include_usage).",
    ErrorKind.TOO_LONG: "The answer of “{model}” went on for more than {most:,} characters and was stopped. Set "
    "max_tokens, or change the prompt.",
    ErrorKind.MALFORMED: "{who} sent something that is no valid answer. Check that it is OpenAI-compatible.",
    ErrorKind.REFUSED: "The content filter of {who} stopped the answer. Change the topic or the prompt.",
}
#: Where a connection of an organization has what an environment one has in a setting.
_PLACES: Mapping[str, str] = {
    "Set ORCHESTRATOR_OPENAI_API_KEY": "Enter it on the Connections page",
    "ORCHESTRATOR_OPENAI_API_KEY": "the key on the Connections page",
    "ORCHESTRATOR_OPENAI_BASE_URL": "the address on the Connections page",
    "ORCHESTRATOR_OPENAI_MODELS": "the models on the Connections page",
}
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
#: Parts of what resolvers and TLS libraries say; they have no types that survive the SDK's wrapping.
_OF_NAMES = ("name or service", "nodename", "name resolution", "no address associated", "getaddrinfo")
_OF_TRUST = ("certificate", "ssl", "tls")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Who is called: what error messages name, and what they must not give away."""

    provider: str
    host: str
    api_key: str | None = None
    #: Whether people of an organization have entered it, and not the operator in the environment.
    is_connection: bool = False

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
        words = case.value if case else _MESSAGES[kind]
        asked = f"It asks to wait {retry_after_seconds:.0f} s." if (retry_after_seconds or 0) >= 1 else ""
        told = words.format(who=self.host, model=model, seconds=seconds, most=MOST_CHARACTERS)
        for setting, place in _PLACES.items() if self.is_connection else ():
            told = told.replace(setting, place)
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
        """`error` of pydantic-ai, the OpenAI SDK or the decoding of their answers; `has_begun`: words had come."""
        from pydantic_ai import exceptions  # noqa: PLC0415 - loaded by the call already

        if not isinstance(error, exceptions.ModelAPIError):
            # Valid JSON of the wrong shape makes SDKs stumble anywhere: AttributeError, TypeError, ValidationError.
            case, status = (Case.GARBLED, 200) if has_begun else (None, None)
            return self.error(ErrorKind.MALFORMED, model=model, case=case, status=status)
        status = getattr(error, "status_code", None) or getattr(error.__cause__, "status_code", None)
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
            said=_words_of(error) if status is not None or kind is ErrorKind.INVALID_REQUEST else "",
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

    def from_status(self, status: int, *, model: str, said: str = "") -> ModelCallError:
        """What a plain HTTP status means where no SDK is in between."""
        kinds = {
            401: ErrorKind.AUTH,
            402: ErrorKind.QUOTA,
            403: ErrorKind.AUTH,
            408: ErrorKind.TIMEOUT,
            429: ErrorKind.RATE_LIMIT,
            503: ErrorKind.UNAVAILABLE,
        }
        other = ErrorKind.SERVER if status >= 500 else ErrorKind.INVALID_REQUEST
        return self.error(kinds.get(status, other), model=model, status=status, said=said, case=_CASES.get(status))

    def _without_key(self, text: str) -> str:
        return text.replace(self.api_key, "…") if self.api_key else text


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
    # llama.cpp's word for a prompt that is too long, which pydantic-ai does not know.
    if kind is ErrorKind.INVALID_REQUEST and "exceed_context_size" in str(getattr(error, "provider_error_type", "")):
        return ErrorKind.CONTEXT
    return kind


def _words_of(error: Exception) -> str:
    body = getattr(error, "body", None)
    if isinstance(body, dict):
        inner = body.get("error", body)
        return str(inner.get("message", "")) if isinstance(inner, dict) else str(inner)
    return str(body or getattr(error, "message", ""))
