"""Azure OpenAI: OpenAI's chat protocol with deployments for models, another header, and dated versions.

Source: https://learn.microsoft.com/en-us/azure/ai-foundry/openai/reference and …/openai/api-version-lifecycle
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lib.providers.base import ModelParameters
from lib.providers.errors import ErrorKind
from lib.providers.openai_chat import NO_KEY, forget_environment, openai_settings
from lib.providers.translation import Endpoint
from lib.providers.wire import DIRECT, Address, Ask, JsonMode

if TYPE_CHECKING:
    import httpx2
    from pydantic_ai.models import Model

#: What people paste behind the resource's own address, up to the whole address of a deployment's calls.
_BEHIND_IT = re.compile(r"(?<=[^/])/openai(/.*)?$")


@dataclass(frozen=True, slots=True)
class AzureOpenAI:
    """A resource's address, as in `https://NAME.openai.azure.com`. Without an `api_version` the v1 API is spoken.

    A model is the name of a deployment, which the resource's owner chose.
    """

    address: Address
    endpoint: Endpoint
    api_version: str = ""

    @property
    def base_url(self) -> str:
        """See `Wire.base_url`."""
        return self.address.url

    @property
    def sdk(self) -> tuple[str, ...]:
        """See `Wire.sdk`."""
        return (DIRECT, "pydantic_ai.models.openai", "pydantic_ai.providers.azure")

    @property
    def ignored(self) -> frozenset[str]:
        """Nothing: an endpoint that does not know a parameter says so."""
        return frozenset()

    @property
    def headers(self) -> dict[str, str]:
        """See `Wire.headers`."""
        return {"api-key": self.endpoint.api_key} if self.endpoint.api_key else {}

    def open(self, client: "httpx2.AsyncClient") -> Any:
        """See `Wire.open`."""
        from openai import AsyncAzureOpenAI, AsyncOpenAI  # noqa: PLC0415 - loaded by whoever calls
        from pydantic_ai.providers.azure import AzureProvider  # noqa: PLC0415 - the same

        key = self.endpoint.api_key or NO_KEY
        sdk: AsyncOpenAI
        if self.api_version:
            sdk = AsyncAzureOpenAI(
                azure_endpoint=self.address.url,
                api_version=self.api_version,
                api_key=key,
                http_client=client,
                max_retries=0,
            )
            forget_environment(sdk)
        else:
            sdk = AsyncOpenAI(base_url=f"{self.address.url}/openai/v1", api_key=key, http_client=client, max_retries=0)
            forget_environment(sdk, instead=self.headers)
        provider: Any = AzureProvider  # typed for one of its two clients
        return provider(openai_client=sdk)

    def build(self, opened: Any, model: str) -> "Model[Any]":
        """See `Wire.build`."""
        from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415 - loaded by whoever calls

        return OpenAIChatModel(model, provider=opened)

    def settings_for(self, parameters: ModelParameters, model: "Model[Any]") -> dict[str, Any]:
        """See `Wire.settings_for`."""
        return openai_settings(parameters, model)

    def json_mode_of(self, model: str) -> JsonMode:  # noqa: ARG002 - others look at it
        """See `Wire.json_mode_of`. A deployment's name does not tell which model it is."""
        return JsonMode.NONE

    def path_of(self, model: str) -> str:
        """See `Wire.path_of`."""
        if self.api_version:
            return f"{self.address.path}/openai/deployments/{quote(model, safe='')}/chat/completions"
        return f"{self.address.path}/openai/v1/chat/completions"

    async def list_models(self, ask: Ask) -> tuple[str, ...]:
        """See `Wire.list_models`. Nothing: a resource says what could be deployed there, and not what is.

        Its answer shows at least that address, version and key are right.
        """
        status, body = await ask(self._url("/models" if self.api_version else "/v1/models"))
        if status == 404:
            why = "An address looks like https://NAME.openai.azure.com, a version like 2024-10-21."
            raise self.endpoint.error(ErrorKind.INVALID_REQUEST, status=status, why=why)
        if status != 200:
            raise self.endpoint.from_reply(status, body, model="")
        if not isinstance(body, dict) or not isinstance(body.get("data"), list):
            raise self.endpoint.error(ErrorKind.MALFORMED, status=status)
        return ()

    async def check(self, ask: Ask, model: str) -> None:
        """See `Wire.check`: a call without a message, which an existing deployment refuses and does not charge for."""
        empty = {"model": model, "messages": []}
        status, body = await ask(self._call_url(model), model=model, body=empty)
        if status not in {200, 400, 422}:
            raise self.endpoint.from_reply(status, body, model=model)

    @staticmethod
    def resource_of(text: str) -> str:
        """The resource's own address, as `text` has it at its beginning."""
        return _BEHIND_IT.sub("", text.strip())

    def _call_url(self, model: str) -> str:
        path = f"/deployments/{quote(model, safe='')}/chat/completions" if self.api_version else "/v1/chat/completions"
        return self._url(path)

    def _url(self, path: str) -> str:
        version = f"?api-version={quote(self.api_version, safe='')}" if self.api_version else ""
        return f"{self.address.url}/openai{path}{version}"
