"""From what SDKs raise to `ModelCallError` in plain words."""

from dataclasses import dataclass

from lib.providers.errors import ErrorKind, ModelCallError

#: What happened and what to do. `{who}` is the endpoint's host.
_MESSAGES = {
    ErrorKind.RATE_LIMIT: "{who} asks to slow down: too many calls in a short time. Try again in a while.",
    ErrorKind.QUOTA: "The credit or spending limit at {who} is used up. Raise it there, or choose another model.",
    ErrorKind.AUTH: "{who} does not accept the key. Check ORCHESTRATOR_OPENAI_API_KEY, and which models it may use.",
    ErrorKind.MODEL_NOT_FOUND: "{who} does not know the model “{model}”. Choose another one, or check "
    "ORCHESTRATOR_OPENAI_MODELS and ORCHESTRATOR_OPENAI_BASE_URL.",
    ErrorKind.CONTEXT: "The prompt is too long for “{model}”. Shorten it, or choose a model that reads more.",
    ErrorKind.TIMEOUT: "“{model}” did not finish in time. Give the phase more time, or choose a faster model.",
    ErrorKind.STALLED: "“{model}” began to answer and then fell silent. Try again, or choose another model.",
    ErrorKind.CONNECTION: "{who} can't be reached. Check the network and ORCHESTRATOR_OPENAI_BASE_URL.",
    ErrorKind.UNAVAILABLE: "{who} is overloaded or in maintenance. Try again in a while.",
    ErrorKind.SERVER: "{who} failed while answering. Try again in a while, or choose another model.",
    ErrorKind.INVALID_REQUEST: "{who} refused the request for “{model}”. Check the parameters and the address.",
    ErrorKind.STREAM_CUT: "The answer of “{model}” ended in the middle and was not used. Try again.",
    ErrorKind.EMPTY_ANSWER: "“{model}” answered without a word. Try again, or change the prompt.",
    ErrorKind.MALFORMED: "{who} sent something that is no valid answer. Check that it is OpenAI-compatible.",
    ErrorKind.REFUSED: "The content filter of {who} stopped the answer. Change the topic or the prompt.",
}
_LONGEST_QUOTE = 300


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Who is called: what error messages name, and what they must not give away."""

    provider: str
    host: str
    api_key: str | None = None

    def error(
        self,
        kind: ErrorKind,
        *,
        model: str = "",
        status: int | None = None,
        retry_after_seconds: float | None = None,
        said: str = "",
        why: str = "",
    ) -> ModelCallError:
        """A failure of `kind`, with what the endpoint `said` about it quoted in short, or `why` we think so."""
        message = " ".join(filter(None, (_MESSAGES[kind].format(who=self.host, model=model), why)))
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
            return self.error(ErrorKind.MALFORMED, model=model)
        status = getattr(error, "status_code", None)
        kind = _kind_of(error, status)
        if kind is ErrorKind.CONNECTION and has_begun:
            kind = ErrorKind.STREAM_CUT
        return self.error(
            kind,
            model=model,
            status=status,
            retry_after_seconds=error.retry_after,
            said=_words_of(error) if status is not None or kind is ErrorKind.INVALID_REQUEST else "",
        )

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
        return self.error(kinds.get(status, other), model=model, status=status, said=said)

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
    if status == 408:
        return ErrorKind.TIMEOUT
    return ErrorKind.SERVER if status is None else ErrorKind.INVALID_REQUEST


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
