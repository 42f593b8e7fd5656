"""What people are told when a call to a model failed: what happened and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from lib.providers.errors import ErrorKind


@dataclass(frozen=True, slots=True)
class Places:
    """Where whoever reads a message puts things right, as they call it. Each stands after “check” or “set”."""

    key: str
    address: str
    models: str


#: An organization's own connection, which is seen on a page.
OF_CONNECTION = Places(
    "the key on the Connections page",
    "the address on the Connections page",
    "models and address on the Connections page",
)


class Case(Enum):
    """What a kind of failure does not tell apart, but whoever has to do something about it does."""

    NO_KEY = "{who} asks for a key, and none is set. Set {key}."
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
        "{who} can't be reached: nothing answers at this address. Check that it runs, the network and {address}."
    )
    UNKNOWN_NAME = "The name in {who} is not known to the network. Check {address} for a typing error."
    NO_TRUST = (
        "{who} can't be trusted: its certificate or its encryption is not accepted. Check {address}, and whether it "
        "should begin with http:// instead."
    )
    HUNG_UP = "{who} closed the connection before the first word. Try again; if it stays so, its own log says why."
    BROKE_OFF = "The connection to {who} broke in the middle of the answer, which was not used. Try again."
    GARBLED = "The answer of “{model}” became unreadable in the middle and was not used. Try again."
    ELSEWHERE = "{who} sends callers to another address, which is not followed. Check {address}."


#: `{who}` is the endpoint's host, `{key}`, `{address}` and `{models}` are those of `Places`.
MESSAGES: Mapping[ErrorKind, str] = {
    ErrorKind.RATE_LIMIT: "{who} asks to slow down: too many calls in a short time. Try again in a while.",
    ErrorKind.QUOTA: "The credit or spending limit at {who} is used up. Raise it there, or choose another model.",
    ErrorKind.AUTH: "{who} does not accept the key. Check {key}: it may be mistyped or revoked.",
    ErrorKind.MODEL_NOT_FOUND: "{who} does not know the model “{model}”. Choose another one, or check {models}.",
    ErrorKind.CONTEXT: "The prompt is too long for “{model}”. Shorten it, or choose a model that reads more.",
    ErrorKind.TIMEOUT: "“{model}” did not finish in time. Give the phase more time, or choose a faster model.",
    ErrorKind.STALLED: "“{model}” began to answer and then fell silent for {seconds:.0f} s. Try again, or choose "
    "another model.",
    ErrorKind.CONNECTION: "{who} can't be reached. Check the network and {address}.",
    ErrorKind.UNAVAILABLE: "{who} is overloaded or in maintenance. Try again in a while.",
    ErrorKind.SERVER: "{who} failed while answering. Try again in a while, or choose another model.",
    ErrorKind.INVALID_REQUEST: "{who} refused the request for “{model}”. Check the parameters and the address.",
    ErrorKind.STREAM_CUT: "The answer of “{model}” ended in the middle and was not used. Try again.",
    ErrorKind.EMPTY_ANSWER: "“{model}” answered without a word. Try again, or change the prompt.",
    ErrorKind.NO_USAGE: "The answer of “{model}” came without the count of its tokens, so nobody can tell whether it "
    "is whole, and it was not used. Check that {who} sends usage records in streams (OpenAI's include_usage).",
    ErrorKind.TOO_LONG: "The answer of “{model}” went on for more than {most:,} characters and was stopped. Set "
    "max_tokens, or change the prompt.",
    ErrorKind.MALFORMED: "{who} sent something that is no valid answer. Check that it speaks the protocol of "
    "{protocol}.",
    ErrorKind.REFUSED: "The content filter of {who} stopped the answer. Change the topic or the prompt.",
}
