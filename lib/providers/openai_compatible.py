"""Any endpoint that speaks OpenAI's chat protocol: OpenAI itself, gateways, vLLM, Ollama, llama.cpp.

Source of the protocol: https://platform.openai.com/docs/api-reference/chat-streaming
"""

import asyncio
import importlib
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from lib.errors import ConfigurationError
from lib.providers.base import ModelAnswer, ModelCall, ModelParameters
from lib.providers.errors import ErrorKind
from lib.providers.http_client import shared_client
from lib.providers.pricing import FREE, Prices, find_cost_usd
from lib.providers.translation import MOST_CHARACTERS, Case, Endpoint

if TYPE_CHECKING:
    import httpx2
    from pydantic_ai.messages import ModelResponse
    from pydantic_ai.models.openai import OpenAIChatModel

OPENAI_URL = "https://api.openai.com/v1"

#: 1.2 s to import: only where a model is called, and beside the event loop.
_SDK = ("pydantic_ai.direct", "pydantic_ai.models.openai", "pydantic_ai.providers.openai_compatible")
#: A busy endpoint on a slow line still answers in this time, and nobody waits longer before a launch.
_CHECK_SECONDS = 8.0
_STALL_SECONDS = 60.0


class OpenAICompatible:
    """A provider at `base_url` (with `/v1`). Without a key none is asked for: many local servers want none."""

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        api_key: str | None = None,
        is_free: bool = False,
        prices: Prices | None = None,
        stall_seconds: float = _STALL_SECONDS,
        client: "Callable[[], httpx2.AsyncClient]" = shared_client,
        is_connection: bool = False,
    ) -> None:
        self._name = name
        self._base_url = base_url.strip().rstrip("/")
        self._api_key = api_key
        self._prices = FREE if is_free else prices
        self._client = client
        self._stall_seconds = stall_seconds
        self._path, host = _split(self._base_url)
        self._endpoint = Endpoint(name, host, api_key, is_connection)

    @property
    def name(self) -> str:
        """The part of a `ModelChoice` before the colon."""
        return self._name

    @property
    def host(self) -> str:
        """Whom people are told about: the address without path and credentials."""
        return self._endpoint.host

    async def answer(self, call: ModelCall, *, on_text: Callable[[str], None]) -> ModelAnswer:
        """See `Provider.answer`. Bounded as a whole by the call's time-out, and between two pieces by the stall's."""
        if not all(name in sys.modules for name in _SDK):
            await asyncio.to_thread(lambda: [importlib.import_module(name) for name in _SDK])
        started = time.perf_counter()
        clock, deadline = asyncio.get_running_loop().time, asyncio.get_running_loop().time() + call.timeout_seconds
        pieces: list[str] = []
        length = 0
        first_token: float | None = None
        response: ModelResponse | None = None
        try:
            async with asyncio.timeout_at(deadline) as limit, aclosing(self._stream(call)) as stream:
                async for piece in stream:
                    limit.reschedule(min(deadline, clock() + self._stall_seconds))
                    if isinstance(piece, str):
                        first_token = first_token or time.perf_counter()
                        pieces.append(piece)
                        on_text(piece)
                        if (length := length + len(piece)) > MOST_CHARACTERS:
                            raise self._endpoint.error(ErrorKind.TOO_LONG, model=call.model, status=200)
                    else:
                        response = piece
        except TimeoutError:
            if not limit.expired():
                raise
            if clock() < deadline:
                raise self._endpoint.error(
                    ErrorKind.STALLED, model=call.model, status=200, seconds=self._stall_seconds
                ) from None
            case, status = (Case.STILL_WRITING, 200) if pieces else (Case.NEVER_BEGAN, None)
            raise self._endpoint.error(
                ErrorKind.TIMEOUT, model=call.model, status=status, case=case, seconds=call.timeout_seconds
            ) from None
        ended = time.perf_counter()
        if response is None:
            raise self._endpoint.error(ErrorKind.STREAM_CUT, model=call.model)
        return self._complete(
            call,
            response,
            text="".join(pieces).strip(),
            first_token_ms=round(((first_token or ended) - started) * 1000),
            execution_time_ms=round((ended - started) * 1000),
        )

    async def check(self, model: str) -> None:
        """See `Provider.check`: asks the endpoint for its models. One that keeps no list passes."""
        async with self._quickly(model):
            known = await self._list_models(model)
            if known is None or model in known:
                return
            # Gateways and fine-tuned models are not always listed, but can be asked for by name.
            status, _ = await self._get(f"/models/{quote(model, safe='/:')}", model=model)
            if status != 200:
                raise self._endpoint.error(ErrorKind.MODEL_NOT_FOUND, model=model, status=status)

    async def models(self) -> tuple[str, ...]:
        """See `Provider.models`: what the endpoint lists, by name; nothing if it keeps no list."""
        async with self._quickly(""):
            return tuple(sorted(await self._list_models("") or ()))

    async def _stream(self, call: ModelCall) -> "AsyncGenerator[str | ModelResponse]":
        """Each piece of text as it comes, then the response. Raises nothing but `ModelCallError`."""
        from pydantic_ai.direct import model_request_stream  # noqa: PLC0415 - loaded by `answer`
        from pydantic_ai.messages import ModelRequest  # noqa: PLC0415 - the same

        has_begun = False
        try:
            async with model_request_stream(
                self._build_model(call.model),
                [ModelRequest.user_text_prompt(call.prompt)],
                model_settings=_settings_of(call.parameters),
            ) as stream:
                async for event in stream:
                    if piece := _text_of(event):
                        has_begun = True
                        yield piece
                yield stream.get()
        except Exception as error:
            raise self._endpoint.translate(error, model=call.model, has_begun=has_begun) from error

    def _build_model(self, model: str) -> "OpenAIChatModel":
        from openai import AsyncOpenAI  # noqa: PLC0415 - the same
        from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415 - the same
        from pydantic_ai.profiles.openai import OpenAIModelProfile  # noqa: PLC0415 - the same
        from pydantic_ai.providers.openai import OpenAIProvider  # noqa: PLC0415 - the same
        from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider  # noqa: PLC0415 - the same

        client = AsyncOpenAI(
            base_url=self._base_url, api_key=self._api_key or "none", http_client=self._client(), max_retries=0
        )
        if self._base_url == OPENAI_URL:
            return OpenAIChatModel(model, provider=OpenAIProvider(openai_client=client))
        # `max_tokens` is what everybody but OpenAI itself has understood from the start.
        return OpenAIChatModel(
            model,
            provider=OpenAICompatibleProvider(self._name, openai_client=client),
            profile=OpenAIModelProfile(openai_chat_supports_max_completion_tokens=False),
        )

    def _complete(
        self, call: ModelCall, response: "ModelResponse", *, text: str, first_token_ms: int, execution_time_ms: int
    ) -> ModelAnswer:
        """The answer, if it is one: SDKs report a stream that was cut short, or came to nothing, as finished."""
        reason = (response.provider_details or {}).get("finish_reason")
        if response.finish_reason == "content_filter":
            raise self._endpoint.error(ErrorKind.REFUSED, model=call.model, status=200)
        if not reason:
            why = "It came without a finish reason."
            raise self._endpoint.error(ErrorKind.STREAM_CUT, model=call.model, status=200, why=why)
        if response.usage.unmeasured_requests:
            raise self._endpoint.error(ErrorKind.NO_USAGE, model=call.model, status=200)
        if not text:
            why = "Thinking used up max_tokens; raise it." if reason == "length" else ""
            raise self._endpoint.error(ErrorKind.EMPTY_ANSWER, model=call.model, status=200, why=why)
        model = response.model_name or call.model
        return ModelAnswer(
            text=text,
            model=model,
            prompt_tokens=response.usage.input_tokens,
            completion_tokens=response.usage.output_tokens,
            cost_usd=self._cost_usd(response, model),
            finish_reason=str(reason),
            first_token_ms=first_token_ms,
            execution_time_ms=execution_time_ms,
            status=200,
            endpoint=f"{self._path}/chat/completions",
        )

    def _cost_usd(self, response: "ModelResponse", model: str) -> Decimal | None:
        usage = response.usage
        if self._prices is not None:
            return self._prices.cost_usd(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens)
        return find_cost_usd(usage, model=model, base_url=self._base_url)

    @asynccontextmanager
    async def _quickly(self, model: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                yield
        except TimeoutError as error:
            why = f"There was no answer within {_CHECK_SECONDS:.0f} s."
            raise self._endpoint.error(ErrorKind.CONNECTION, model=model, why=why) from error

    async def _list_models(self, model: str) -> frozenset[str] | None:
        """The ids that the endpoint lists; None where it has no list. Only an answer without a refusal counts."""
        status, body = await self._get("/models", model=model)
        if status == 404 and not self._path:
            why = "An address like this one usually ends with /v1."
            raise self._endpoint.error(ErrorKind.INVALID_REQUEST, model=model, status=status, why=why)
        if status in {404, 405, 501}:
            return None
        if status != 200:
            raise self._endpoint.from_status(status, model=model)
        listed = body.get("data") if isinstance(body, dict) else None
        if not isinstance(listed, list):
            raise self._endpoint.error(ErrorKind.MALFORMED, model=model, status=status)
        ids = (entry.get("id") for entry in listed if isinstance(entry, dict))
        return frozenset(name for name in ids if isinstance(name, str)) or None

    async def _get(self, path: str, *, model: str) -> tuple[int, Any]:
        """Status and decoded body; the body is None where it is no JSON."""
        import httpx2  # noqa: PLC0415 - 0.1 s that a page without a model never spends

        headers = {"Authorization": f"Bearer {self._api_key}"} if self._api_key else {}
        try:
            reply = await self._client().get(self._base_url + path, headers=headers)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise self._endpoint.not_connected(error, model=model) from error
        try:
            return reply.status_code, reply.json()
        except ValueError:
            return reply.status_code, None


def _split(base_url: str) -> tuple[str, str]:
    """Path and host of an address, or `ConfigurationError`."""
    try:
        parts = urlsplit(base_url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = f"“{base_url}” is no address of a model endpoint. It should look like https://llm.example.com/v1."
        raise ConfigurationError(message)
    return parts.path, parts.netloc.rpartition("@")[2]


def _settings_of(parameters: ModelParameters) -> Any:
    settings = parameters.model_dump(exclude_defaults=True)
    if stop := settings.pop("stop", None):
        settings["stop_sequences"] = list(stop)
    return settings


def _text_of(event: object) -> str:
    from pydantic_ai import messages  # noqa: PLC0415 - the same

    if isinstance(event, messages.PartStartEvent) and isinstance(event.part, messages.TextPart):
        return event.part.content
    if isinstance(event, messages.PartDeltaEvent) and isinstance(event.delta, messages.TextPartDelta):
        return event.delta.content_delta
    return ""
