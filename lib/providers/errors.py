"""Every way a call to a model can fail, and which of them are worth another try."""

from enum import StrEnum
from functools import partial

from lib.errors import ModelError


class ErrorKind(StrEnum):
    """Why a call failed. Stored in `error_details` and `api_usage.error_kind`, so a name never changes its meaning."""

    #: Too many calls or tokens a minute; the provider may say how long to wait.
    RATE_LIMIT = "rate_limit"
    #: The account's credit or spending limit is used up; waiting does not help.
    QUOTA = "quota"
    #: The key is missing, wrong or not allowed to use this model.
    AUTH = "auth"
    #: The endpoint does not know this model.
    MODEL_NOT_FOUND = "model_not_found"
    #: The prompt is longer than the model can read.
    CONTEXT = "context"
    #: No complete answer within the phase's time.
    TIMEOUT = "timeout"
    #: The answer began and then nothing more came.
    STALLED = "stalled"
    #: The endpoint can't be reached, or the connection broke before the first word.
    CONNECTION = "connection"
    #: Overloaded or in maintenance, by its own words.
    UNAVAILABLE = "unavailable"
    #: The endpoint failed inside.
    SERVER = "server"
    #: The endpoint refuses the request as it is: a parameter it does not take, for instance.
    INVALID_REQUEST = "invalid_request"
    #: The answer ended without the marks of a complete one: SDKs report such a stream as finished.
    STREAM_CUT = "stream_cut"
    #: A complete answer without a word in it.
    EMPTY_ANSWER = "empty_answer"
    #: A complete answer without the record of its tokens, which nobody can tell from one that was cut.
    NO_USAGE = "no_usage"
    #: Something that is no valid answer of the vendor's protocol.
    MALFORMED = "malformed"
    #: The answer went on beyond everything that could be meant.
    TOO_LONG = "too_long"
    #: The provider's content filter stopped the answer.
    REFUSED = "refused"
    #: A setting that this provider needs is missing.
    NOT_CONFIGURED = "not_configured"
    #: The local model's own process could not be started, or ended.
    LOCAL_MODEL = "local_model"
    #: A complete answer that is not what the phase asks for: no JSON, or JSON that does not fit its schema.
    INVALID_OUTPUT = "invalid_output"
    #: Something on our side, not at the model.
    INTERNAL = "internal"
    #: The worker ended in the middle of the call; written by whoever takes its run over.
    LOST = "lost"


RETRYABLE = frozenset(
    {
        ErrorKind.RATE_LIMIT,
        ErrorKind.TIMEOUT,
        ErrorKind.STALLED,
        ErrorKind.CONNECTION,
        ErrorKind.UNAVAILABLE,
        ErrorKind.SERVER,
        ErrorKind.STREAM_CUT,
        ErrorKind.EMPTY_ANSWER,
        ErrorKind.NO_USAGE,
        ErrorKind.MALFORMED,
        ErrorKind.LOCAL_MODEL,
        ErrorKind.INTERNAL,
        ErrorKind.LOST,
    }
)


#: The provider had not begun to write, so nothing was charged. After any other failure the cost is unknown.
NOT_CHARGED = frozenset(
    {
        ErrorKind.RATE_LIMIT,
        ErrorKind.QUOTA,
        ErrorKind.AUTH,
        ErrorKind.MODEL_NOT_FOUND,
        ErrorKind.CONTEXT,
        ErrorKind.CONNECTION,
        ErrorKind.UNAVAILABLE,
        ErrorKind.INVALID_REQUEST,
        ErrorKind.NOT_CONFIGURED,
        ErrorKind.LOCAL_MODEL,
    }
)


def read_kind(word: str | None) -> ErrorKind:
    """The kind as it was stored; `SERVER`, which says least, for a word of a later version."""
    try:
        return ErrorKind(word or ErrorKind.LOST)
    except ValueError:
        return ErrorKind.SERVER


class ModelCallError(ModelError):
    """A call to a model failed.

    `message` says what happened and what to do; `status` is the HTTP status if there was one,
    `retry_after_seconds` how long the provider asked to wait.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: ErrorKind,
        provider: str,
        model: str,
        status: int | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.provider = provider
        self.model = model
        self.status = status
        self.retry_after_seconds = retry_after_seconds

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments do not survive pickling by themselves, and engines pickle errors.
        details = {name: getattr(self, name) for name in ("kind", "provider", "model", "status", "retry_after_seconds")}
        return partial(ModelCallError, self.message, **details), ()
