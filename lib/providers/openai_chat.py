"""OpenAI's chat protocol: at OpenAI itself, and at everything that speaks it: gateways, vLLM, Ollama, llama.cpp.

Source of the protocol: https://platform.openai.com/docs/api-reference/chat-streaming
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lib.providers.base import ModelParameters
from lib.providers.errors import ErrorKind
from lib.providers.translation import Endpoint
from lib.providers.wire import DIRECT, Address, Ask, JsonMode, names_in, settings_of

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI
    from pydantic_ai.models import Model

OPENAI_URL = "https://api.openai.com/v1"
#: In place of a key where none is asked for: the SDKs insist on one.
NO_KEY = "none"
#: https://platform.openai.com/docs/guides/structured-outputs: from gpt-4-turbo on; those that hear or search do not.
_HAS_JSON_MODE = re.compile(r"(gpt-4-turbo|gpt-4o|gpt-4\.1|gpt-5|o3|o4)(?!.*(audio|realtime|search|preview))")
#: pydantic-ai leaves them out as well, but warns each time.
_NOT_WHILE_REASONING = ("temperature", "top_p", "presence_penalty", "frequency_penalty")


@dataclass(frozen=True, slots=True)
class OpenAIChat:
    """An address with `/v1`. Without a key none is asked for: many local servers want none.

    `is_openai`: OpenAI itself, which wants `max_completion_tokens`, and whose reasoning models take no temperature,
    top_p and penalties. Everybody else has understood `max_tokens` from the start.
    """

    address: Address
    endpoint: Endpoint
    is_openai: bool = False
    #: llama.cpp's server, which takes a schema as a grammar.
    is_llama_cpp: bool = False

    @property
    def base_url(self) -> str:
        """See `Wire.base_url`."""
        return self.address.url

    @property
    def sdk(self) -> tuple[str, ...]:
        """See `Wire.sdk`."""
        return (DIRECT, "pydantic_ai.models.openai", "pydantic_ai.providers.openai_compatible")

    @property
    def ignored(self) -> frozenset[str]:
        """Nothing: an endpoint that does not know a parameter says so."""
        return frozenset()

    @property
    def headers(self) -> dict[str, str]:
        """See `Wire.headers`."""
        return {"Authorization": f"Bearer {self.endpoint.api_key}"} if self.endpoint.api_key else {}

    def open(self, client: "httpx2.AsyncClient") -> Any:
        """See `Wire.open`."""
        from openai import AsyncOpenAI  # noqa: PLC0415 - loaded by whoever calls
        from pydantic_ai.providers.openai import OpenAIProvider  # noqa: PLC0415 - the same
        from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider  # noqa: PLC0415 - the same

        key = self.endpoint.api_key or NO_KEY
        sdk = AsyncOpenAI(base_url=self.address.url, api_key=key, http_client=client, max_retries=0)
        forget_environment(sdk)
        if self.is_openai:
            return OpenAIProvider(openai_client=sdk)
        return OpenAICompatibleProvider(self.endpoint.provider, openai_client=sdk)

    def build(self, opened: Any, model: str) -> "Model[Any]":
        """See `Wire.build`."""
        from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415 - loaded by whoever calls
        from pydantic_ai.profiles.openai import OpenAIModelProfile  # noqa: PLC0415 - the same

        if self.is_openai:
            return OpenAIChatModel(model, provider=opened)
        old_name = OpenAIModelProfile(openai_chat_supports_max_completion_tokens=False)
        return OpenAIChatModel(model, provider=opened, profile=old_name)

    def settings_for(self, parameters: ModelParameters, model: "Model[Any]") -> dict[str, Any]:
        """See `Wire.settings_for`."""
        return openai_settings(parameters, model)

    def json_mode_of(self, model: str) -> JsonMode:
        """See `Wire.json_mode_of`. Endpoints that only speak the protocol answer 400 to it, or do not."""
        if self.is_llama_cpp:
            return JsonMode.SCHEMA
        return JsonMode.OBJECT if self.is_openai and _HAS_JSON_MODE.match(model) else JsonMode.NONE

    def path_of(self, model: str) -> str:  # noqa: ARG002 - other wires name the model in it
        """See `Wire.path_of`."""
        return f"{self.address.path}/chat/completions"

    async def list_models(self, ask: Ask) -> tuple[str, ...]:
        """See `Wire.list_models`: by name, for the protocol has no order."""
        return tuple(sorted(await self._listed(ask, "")))

    async def check(self, ask: Ask, model: str) -> None:
        """See `Wire.check`: looks into the list. An endpoint that keeps none passes."""
        known = await self._listed(ask, model)
        if not known or model in known:
            return
        # Gateways and fine-tuned models are not always listed, but can be asked for by name.
        status, _ = await ask(f"{self.address.url}/models/{quote(model, safe='/:')}", model=model)
        if status != 200:
            raise self.endpoint.error(ErrorKind.MODEL_NOT_FOUND, model=model, status=status)

    async def _listed(self, ask: Ask, model: str) -> frozenset[str]:
        status, body = await ask(f"{self.address.url}/models", model=model)
        if status == 404 and not self.address.path:
            why = "An address like this one usually ends with /v1."
            raise self.endpoint.error(ErrorKind.INVALID_REQUEST, model=model, status=status, why=why)
        if status in {404, 405, 501}:
            return frozenset()
        if status != 200:
            raise self.endpoint.from_reply(status, body, model=model)
        names = names_in(body.get("data"), "id") if isinstance(body, dict) else None
        if names is None:
            raise self.endpoint.error(ErrorKind.MALFORMED, model=model, status=status)
        return frozenset(names)


def openai_settings(parameters: ModelParameters, model: "Model[Any]") -> dict[str, Any]:
    """`parameters` without those that a reasoning model refuses, as far as its name tells that it is one."""
    profile: Any = model.profile
    efforts = profile.get("openai_reasoning_efforts")
    can_stop_reasoning = "none" in efforts if efforts else profile.get("openai_supports_reasoning_effort_none", False)
    is_reasoning = profile.get("openai_supports_reasoning", False) and (
        not can_stop_reasoning or profile.get("thinking_enabled_by_default", False)
    )
    return settings_of(parameters, ignored=_NOT_WHILE_REASONING if is_reasoning else ())


def forget_environment(sdk: "AsyncOpenAI", *, instead: Mapping[str, str] | None = None) -> None:
    """Leave out what the SDK read of OPENAI_ORG_ID and the like: the operator's own, and not for every endpoint."""
    sdk.organization = sdk.project = sdk.admin_api_key = None
    sdk._custom_headers = dict(instead or {})  # read of OPENAI_CUSTOM_HEADERS; there is no public way
