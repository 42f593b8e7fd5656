"""Google's Gemini API. Source of the protocol: https://ai.google.dev/api/generate-content."""

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lib.providers.base import ModelParameters
from lib.providers.errors import ErrorKind, ModelCallError
from lib.providers.openai_chat import NO_KEY
from lib.providers.translation import Endpoint
from lib.providers.wire import DIRECT, Address, Ask, JsonMode, names_in, settings_of

if TYPE_CHECKING:
    import httpx2
    from pydantic_ai.models import Model

GOOGLE_URL = "https://generativelanguage.googleapis.com"
#: What people paste behind the address; the SDK adds it by itself.
ENDINGS = ("/v1beta", "/v1")


@dataclass(frozen=True, slots=True)
class Gemini:
    """An address without `/v1beta`."""

    address: Address
    endpoint: Endpoint

    @property
    def base_url(self) -> str:
        """See `Wire.base_url`."""
        return self.address.url

    @property
    def sdk(self) -> tuple[str, ...]:
        """See `Wire.sdk`."""
        return (DIRECT, "pydantic_ai.models.google", "pydantic_ai.providers.google")

    @property
    def ignored(self) -> frozenset[str]:
        """Nothing: all have a name there."""
        return frozenset()

    @property
    def headers(self) -> dict[str, str]:
        """See `Wire.headers`."""
        return {"x-goog-api-key": self.endpoint.api_key} if self.endpoint.api_key else {}

    def open(self, client: "httpx2.AsyncClient") -> Any:
        """See `Wire.open`."""
        from google.genai.client import Client  # noqa: PLC0415 - loaded by whoever calls
        from google.genai.types import HttpOptions  # noqa: PLC0415 - the same
        from pydantic_ai.providers.google import GoogleProvider  # noqa: PLC0415 - the same

        # It reads all certificates of the machine, three times, for connections of its own that are never made.
        trusts_nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        options = HttpOptions(
            base_url=self.address.url,
            httpx_async_client=client,
            client_args={"verify": trusts_nobody},
            async_client_args={"ssl": trusts_nobody},
        )
        key = self.endpoint.api_key or NO_KEY
        return GoogleProvider(client=Client(vertexai=False, api_key=key, http_options=options))

    def build(self, opened: Any, model: str) -> "Model[Any]":
        """See `Wire.build`."""
        from pydantic_ai.models.google import GoogleModel  # noqa: PLC0415 - loaded by whoever calls

        return GoogleModel(model, provider=opened)

    def settings_for(self, parameters: ModelParameters, model: "Model[Any]") -> dict[str, Any]:  # noqa: ARG002 - others look at it
        """See `Wire.settings_for`."""
        return settings_of(parameters)

    def json_mode_of(self, model: str) -> JsonMode:
        """See `Wire.json_mode_of`. Other models at the same address, such as Gemma, refuse it."""
        return JsonMode.OBJECT if model.startswith("gemini-") else JsonMode.NONE

    def path_of(self, model: str) -> str:
        """See `Wire.path_of`."""
        return f"{self.address.path}/v1beta/models/{model}:streamGenerateContent"

    async def list_models(self, ask: Ask) -> tuple[str, ...]:
        """See `Wire.list_models`: what can write, in Google's order."""
        status, body = await ask(f"{self.address.url}/v1beta/models?pageSize=1000")
        if status != 200:
            raise self._refusal(status, body, "")
        listed = body.get("models") if isinstance(body, dict) else None
        if not isinstance(listed, list):
            raise self.endpoint.error(ErrorKind.MALFORMED, status=status)
        writing = [each for each in listed if isinstance(each, dict) and _can_write(each)]
        return tuple(name.removeprefix("models/") for name in names_in(writing, "name") or ())

    async def check(self, ask: Ask, model: str) -> None:
        """See `Wire.check`: asks for the model by its name."""
        status, body = await ask(f"{self.address.url}/v1beta/models/{quote(model, safe='')}", model=model)
        if status != 200:
            raise self._refusal(status, body, model)

    def _refusal(self, status: int, body: Any, model: str) -> ModelCallError:
        """Google says 400 of a key that it does not know, and why only in the details."""
        return self.endpoint.from_reply(401 if "API_KEY_INVALID" in str(body) else status, body, model=model)


def _can_write(entry: dict[str, Any]) -> bool:
    methods = entry.get("supportedGenerationMethods")
    return isinstance(methods, list) and "generateContent" in methods
