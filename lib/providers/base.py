"""What every provider of models promises, and what goes in and comes out of a call."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Final, Protocol

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from lib.errors import InvalidInput

#: Of a call that came to none: nobody was found who answers for the model.
NO_ENDPOINT: Final = "model"
_CHOICE = re.compile(r"[a-z][a-z0-9_-]{0,49}:\S{1,200}")


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model as people choose it and as rows keep it: `provider:model`."""

    provider: str
    model: str

    @classmethod
    def parse(cls, text: str) -> "ModelChoice":
        """`local:smollm2-135m` as a choice; `InvalidInput` when it is not of that form."""
        if not _CHOICE.fullmatch(text):
            message = f"“{text[:80]}” is not a model. Write it as provider:model, for example openai:gpt-4.1-mini."
            raise InvalidInput(message, field="model")
        provider, _, model = text.partition(":")
        return cls(provider, model)

    def __str__(self) -> str:
        return f"{self.provider}:{self.model}"


class ModelParameters(BaseModel):
    """How a model is asked to write. What is left out is decided by the provider.

    What a vendor never takes is not sent: see `Wire.ignored`, which the offer of a model tells. What only some of its
    models refuse, such as a temperature while they reason, is left out by the model's name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    temperature: Annotated[float, Field(ge=0, le=2, strict=True)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1, strict=True)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=1_000_000, strict=True)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2, strict=True)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2, strict=True)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, strict=True)] | None = None
    stop: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = Field(default=(), max_length=4)

    def over(self, defaults: "ModelParameters") -> "ModelParameters":
        """These parameters, and `defaults` where they say nothing."""
        return ModelParameters(**(defaults.model_dump(exclude_defaults=True) | self.model_dump(exclude_defaults=True)))


@dataclass(frozen=True, slots=True)
class ModelTraits:
    """What a template has to know about a model before it writes a prompt for it."""

    #: A tiny model: short prompts, one plain instruction.
    is_small: bool
    #: How much of earlier answers fits into a prompt, in characters.
    notes_characters: int
    #: What is sent where neither the template nor the phase says anything.
    parameters: ModelParameters


@dataclass(frozen=True, slots=True)
class JsonWish:
    """The answer is to be JSON. The prompt says so; a provider whose model can be held to it is asked to do that."""

    #: What it has to fit; None is any JSON.
    schema: Mapping[str, JsonValue] | None = None

    @property
    def is_object(self) -> bool:
        """Whether it has to be an object, which is all that the vendors' JSON mode can write."""
        return self.schema is not None and self.schema.get("type") == "object"


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One question to a model."""

    model: str
    prompt: str
    timeout_seconds: float
    parameters: ModelParameters = field(default_factory=ModelParameters)
    json: JsonWish | None = None


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """A complete answer and what it took."""

    text: str
    #: The model as the provider names it in its answer, often with a date.
    model: str
    prompt_tokens: int
    completion_tokens: int
    #: In US dollars. None is unknown; 0 only where the model is free.
    cost_usd: Decimal | None
    #: `stop`, or `length` where `max_tokens` ended the answer.
    finish_reason: str
    #: From the request to the first word.
    first_token_ms: int
    #: From the request to the end of the answer; waiting for one's turn at the local model is not counted.
    execution_time_ms: int
    #: HTTP status.
    status: int

    @property
    def total_tokens(self) -> int:
        """Both directions."""
        return self.prompt_tokens + self.completion_tokens


class Provider(Protocol):
    """Somewhere that models answer. Implementations know neither the database nor Streamlit."""

    @property
    def name(self) -> str:
        """The part of a `ModelChoice` before the colon."""

    @property
    def is_free(self) -> bool:
        """Whether no call costs anything, however it ends."""

    def find_price_usd(self, model: str, *, prompt_tokens: int, completion_tokens: int) -> Decimal | None:
        """What a call of that size would cost in US dollars; None is unknown. Asks nobody."""

    def endpoint_of(self, model: str) -> str:
        """The path that a call to `model` goes to, as in `/v1/chat/completions`. Asks nobody."""

    async def answer(self, call: ModelCall, *, on_text: Callable[[str], None]) -> ModelAnswer:
        """The model's whole answer; `on_text` gets each new piece as it comes, in order.

        Raises `ModelCallError`, and never retries by itself. Cancelling the task closes the connection at once.
        """

    async def check(self, model: str) -> None:
        """Raise `ModelCallError` if a call would fail now: no key, nobody there, unknown model. At most 8 s."""

    async def models(self) -> tuple[str, ...]:
        """The models on offer, best first where that is known. Raises `ModelCallError`. At most 8 s."""
