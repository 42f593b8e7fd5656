"""What differs between vendors: how their protocol is spoken. All else is in `remote`."""

from collections.abc import Awaitable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from lib.errors import ConfigurationError
from lib.providers.base import ModelParameters
from lib.providers.translation import Endpoint

if TYPE_CHECKING:
    import httpx2
    from pydantic_ai.models import Model

#: Every call needs it; the rest of an SDK is the wire's.
DIRECT = "pydantic_ai.direct"


class JsonMode(StrEnum):
    """How far a model can be held to JSON. Where that is not known for sure it is asked in words alone."""

    NONE = "none"
    #: It writes an object, of whatever fields.
    OBJECT = "object"
    #: It writes what a schema lets it: a grammar picks its words.
    SCHEMA = "schema"


class Ask(Protocol):
    """One plain request outside of any SDK: a GET, or with `body` a POST of it as JSON."""

    def __call__(self, url: str, *, model: str = "", body: dict[str, Any] | None = None) -> Awaitable[tuple[int, Any]]:
        """Status and decoded body, which is None where it is no JSON. Raises `ModelCallError` of the connection."""


class Wire(Protocol):
    """A vendor's protocol at one address with one key. Nothing here keeps a connection or loads an SDK by itself."""

    @property
    def endpoint(self) -> Endpoint:
        """Who is called, for messages."""

    @property
    def base_url(self) -> str:
        """The address that the vendor's public prices belong to."""

    @property
    def sdk(self) -> tuple[str, ...]:
        """Modules that `open` and `build` need: about a second to import, so beside the event loop."""

    @property
    def ignored(self) -> frozenset[str]:
        """Fields of `ModelParameters` that the vendor does not take; they are left out."""

    @property
    def headers(self) -> dict[str, str]:
        """What `Ask` sends to say who asks: the same as the SDK."""

    def open(self, client: "httpx2.AsyncClient") -> Any:
        """The SDK's client, which calls through `client` and never retries."""

    def build(self, opened: Any, model: str) -> "Model[Any]":
        """pydantic-ai's model on what `open` made."""

    def settings_for(self, parameters: ModelParameters, model: "Model[Any]") -> dict[str, Any]:
        """`parameters` by the names that pydantic-ai has for them."""

    def json_mode_of(self, model: str) -> JsonMode:
        """How far every model of that name can be held to JSON, without refusing to be."""

    def path_of(self, model: str) -> str:
        """The path that a call to `model` goes to."""

    async def list_models(self, ask: Ask) -> tuple[str, ...]:
        """The names on offer, best first where the vendor says so; empty where it keeps no list."""

    async def check(self, ask: Ask, model: str) -> None:
        """Raise `ModelCallError` if a call to `model` would fail now. Costs nothing."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address that was checked: whole and without a slash at its end, its path, and whom people are told about."""

    url: str
    path: str
    host: str

    @classmethod
    def parse(cls, text: str, *, without: Collection[str] = ()) -> "Address":
        """`text` as an address, or `ConfigurationError`; endings of `without` are taken off, for people paste them."""
        url = text.strip().rstrip("/")
        try:
            parts = urlsplit(url)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            message = f"“{url}” is no address of a model endpoint. It should look like https://llm.example.com/v1."
            raise ConfigurationError(message)
        for ending in without:
            if parts.path.endswith(ending):
                url, parts = url.removesuffix(ending), parts._replace(path=parts.path.removesuffix(ending))
        return cls(url, parts.path, parts.netloc.rpartition("@")[2])


def settings_of(parameters: ModelParameters, *, ignored: Collection[str] = ()) -> dict[str, Any]:
    """What is set of `parameters`, by pydantic-ai's names, without what the vendor does not take."""
    settings = parameters.model_dump(exclude_defaults=True, exclude=set(ignored))
    if stop := settings.pop("stop", None):
        settings["stop_sequences"] = list(stop)
    return settings


def names_in(listed: object, field: str) -> tuple[str, ...] | None:
    """`field` of each entry of a list of models, in its order; None where `listed` is no list."""
    if not isinstance(listed, list):
        return None
    names = (entry.get(field) for entry in listed if isinstance(entry, dict))
    return tuple(name for name in names if isinstance(name, str))
