"""From a connection, as somebody set it up, to the provider that speaks its vendor's protocol."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import SecretStr

from lib.providers import anthropic_messages, gemini, openai_chat
from lib.providers.anthropic_messages import AnthropicMessages
from lib.providers.azure_openai import AzureOpenAI
from lib.providers.gemini import Gemini
from lib.providers.http_client import shared_client
from lib.providers.openai_chat import OpenAIChat
from lib.providers.phrases import OF_CONNECTION, Places
from lib.providers.pricing import Prices
from lib.providers.remote import RemoteModels
from lib.providers.translation import Endpoint
from lib.providers.wire import Address, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

__all__ = ["ConnectionSpec", "Prices", "Vendor", "connect"]

STALL_SECONDS = 60.0


class Vendor(StrEnum):
    """Whose protocol a connection speaks. Stored, so a name never changes its meaning."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    GOOGLE = "google"
    AZURE_OPENAI = "azure_openai"
    #: Anything else that speaks OpenAI's chat protocol.
    OPENAI_COMPATIBLE = "openai_compatible"


#: Vendors with an address of their own, which a connection need not name.
ADDRESSES: Mapping[Vendor, str] = {
    Vendor.OPENAI: openai_chat.OPENAI_URL,
    Vendor.ANTHROPIC: anthropic_messages.ANTHROPIC_URL,
    Vendor.GOOGLE: gemini.GOOGLE_URL,
}
#: What people paste behind an address, and the protocol adds by itself.
_ENDINGS = {Vendor.ANTHROPIC: anthropic_messages.ENDINGS, Vendor.GOOGLE: gemini.ENDINGS}
_PROTOCOLS = {Vendor.ANTHROPIC: "Anthropic", Vendor.GOOGLE: "Gemini", Vendor.AZURE_OPENAI: "Azure OpenAI"}


@dataclass(frozen=True, slots=True)
class ConnectionSpec:
    """Where models answer, and with which key."""

    #: The part of a `ModelChoice` before the colon.
    name: str
    vendor: Vendor
    #: Empty is the vendor's own, where there is one.
    base_url: str
    api_key: SecretStr | None
    #: Azure's, as in 2024-10-21; empty is its v1 API.
    api_version: str = ""
    #: What is paid here; None is the vendor's public list, by the address.
    prices: Prices | None = None
    is_free: bool = False
    #: llama.cpp's own server, of a version that is known.
    is_llama_cpp: bool = False
    #: Private hosts that whoever gives the HTTP client lets this connection reach.
    allowed_hosts: frozenset[str] = frozenset()


def connect(
    spec: ConnectionSpec,
    *,
    client: "Callable[[], httpx2.AsyncClient]" = shared_client,
    places: Places = OF_CONNECTION,
    stall_seconds: float = STALL_SECONDS,
) -> RemoteModels:
    """The provider of `spec`. Raises `ConfigurationError` where its address is none. Opens and loads nothing yet.

    `client` returns the HTTP client of the running event loop: give one that refuses private addresses where `spec`
    is not the operator's own. `places` is where messages send people to put things right.
    """
    wire = _wire_of(spec, places)
    return RemoteModels(wire, client=client, prices=spec.prices, is_free=spec.is_free, stall_seconds=stall_seconds)


def _wire_of(spec: ConnectionSpec, places: Places) -> Wire:
    key = spec.api_key.get_secret_value().strip() if spec.api_key else ""
    text = spec.base_url or ADDRESSES.get(spec.vendor, "")
    text = AzureOpenAI.resource_of(text) if spec.vendor is Vendor.AZURE_OPENAI else text
    address = Address.parse(text, without=_ENDINGS.get(spec.vendor, ()))
    endpoint = Endpoint(spec.name, address.host, key or None, _PROTOCOLS.get(spec.vendor, "OpenAI"), places)
    match spec.vendor:
        case Vendor.ANTHROPIC:
            return AnthropicMessages(address, endpoint)
        case Vendor.GOOGLE:
            return Gemini(address, endpoint)
        case Vendor.AZURE_OPENAI:
            return AzureOpenAI(address, endpoint, spec.api_version.strip())
        case Vendor.OPENAI | Vendor.OPENAI_COMPATIBLE:
            is_openai = spec.vendor is Vendor.OPENAI
            return OpenAIChat(address, endpoint, is_openai=is_openai, is_llama_cpp=spec.is_llama_cpp)
