"""Anthropic's Messages API. Source of the protocol: https://platform.claude.com/docs/en/api/messages-streaming."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from lib.providers.base import ModelParameters
from lib.providers.errors import ErrorKind
from lib.providers.openai_chat import NO_KEY
from lib.providers.translation import Endpoint
from lib.providers.wire import DIRECT, Address, Ask, JsonMode, names_in, settings_of

if TYPE_CHECKING:
    import httpx2
    from pydantic_ai.models import Model

ANTHROPIC_URL = "https://api.anthropic.com"
#: What people paste behind the address; the SDK adds it by itself.
ENDINGS = ("/v1",)
_VERSION = "2026-10-21"
#: The last one in which a model can be told how to sample; later ones answer 400 to any temperature and top_p.
#: https://platform.claude.com/docs/en/api/versioning
_SAMPLING_VERSION = "2023-06-01"


@dataclass(frozen=True, slots=True)
class AnthropicMessages:
    """An address without `/v1`.

    Temperatures above 1 are sent as 1, the most that there is; where a temperature is set, top_p is left out, for
    models of 2025 take one of the two. Later ones take neither, and are told neither. Where max_tokens is not set, the
    model's own most is sent, for the protocol wants a number.
    """

    address: Address
    endpoint: Endpoint

    @property
    def base_url(self) -> str:
        """See `Wire.base_url`."""
        return self.address.url

    @property
    def sdk(self) -> tuple[str, ...]:
        """See `Wire.sdk`."""
        return (DIRECT, "pydantic_ai.models.anthropic", "pydantic_ai.providers.anthropic")

    @property
    def ignored(self) -> frozenset[str]:
        """The protocol has neither seeds nor penalties."""
        return frozenset({"seed", "presence_penalty", "frequency_penalty"})

    @property
    def headers(self) -> dict[str, str]:
        """See `Wire.headers`."""
        key = {"Authorization": f"Bearer {self.endpoint.api_key}"} if self.endpoint.api_key else {}
        return {**key, "anthropic-version": _VERSION}

    def open(self, client: "httpx2.AsyncClient") -> Any:
        """See `Wire.open`."""
        from anthropic import AsyncAnthropic  # noqa: PLC0415 - loaded by whoever calls
        from pydantic_ai.providers.anthropic import AnthropicProvider  # noqa: PLC0415 - the same

        sdk = AsyncAnthropic(
            base_url=self.address.url,
            api_key=self.endpoint.api_key or NO_KEY,
            http_client=client,
            max_retries=0,
            middleware=[_until_its_end],
        )
        sdk._custom_headers = {}  # read of ANTHROPIC_CUSTOM_HEADERS: the operator's own, and not for every endpoint
        return AnthropicProvider(anthropic_client=sdk)

    def build(self, opened: Any, model: str) -> "Model[Any]":
        """See `Wire.build`."""
        from pydantic_ai.models.anthropic import AnthropicModel  # noqa: PLC0415 - loaded by whoever calls

        return AnthropicModel(model, provider=opened)

    def settings_for(self, parameters: ModelParameters, model: "Model[Any]") -> dict[str, Any]:
        """See `Wire.settings_for`."""
        settings = settings_of(parameters, ignored=self.ignored)
        profile: Any = model.profile
        if profile.get("anthropic_disallows_sampling_settings", False):
            settings.pop("temperature", None)
            settings.pop("top_p", None)
        if "temperature" in settings:
            settings["temperature"] = min(settings["temperature"], 1.0)
            settings.pop("top_p", None)
        if "temperature" in settings or "top_p" in settings:
            settings["extra_headers"] = {"anthropic-version": _SAMPLING_VERSION}
        return settings

    def json_mode_of(self, model: str) -> JsonMode:  # noqa: ARG002 - others look at it
        """See `Wire.json_mode_of`. The protocol has none."""
        return JsonMode.NONE

    def path_of(self, model: str) -> str:  # noqa: ARG002 - other wires name the model in it
        """See `Wire.path_of`."""
        return f"{self.address.path}/v1/messages"

    async def list_models(self, ask: Ask) -> tuple[str, ...]:
        """See `Wire.list_models`: the newest first, as Anthropic sends them."""
        status, body = await ask(f"{self.address.url}/v1/models?limit=1000")
        if status != 200:
            raise self.endpoint.from_reply(status, body, model="")
        names = names_in(body.get("data"), "id") if isinstance(body, dict) else None
        if names is None:
            raise self.endpoint.error(ErrorKind.MALFORMED, status=status)
        return names

    async def check(self, ask: Ask, model: str) -> None:
        """See `Wire.check`: asks for the model by its name, which may be an alias that no list has."""
        status, body = await ask(f"{self.address.url}/v1/models/{quote(model, safe='')}", model=model)
        if status != 200:
            raise self.endpoint.from_reply(status, body, model=model)


async def _until_its_end(request: Any, call_next: Any) -> Any:
    """Middleware of the SDK, which takes a stream that just ends for a whole one."""
    response = await call_next(request)
    return _Whole(await response.parse()) if request.stream and response.http_response.is_success else response


class _Whole:
    """A stream of events that fails where it ends without `message_stop`, as a broken connection does."""

    def __init__(self, events: Any) -> None:
        self._events = events

    async def __aiter__(self) -> AsyncIterator[Any]:
        import httpx2  # noqa: PLC0415 - loaded by whoever calls

        kind = ""
        async for event in self._events:
            kind = event.type
            yield event
        if kind != "message_stop":
            raise httpx2.RemoteProtocolError("The stream ended without message_stop.")

    async def close(self) -> None:
        """Close the connection, whether or not the stream has ended."""
        await self._events.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
