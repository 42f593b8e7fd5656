"""A provider on the other side of a network, whatever its protocol: streaming, time-outs, what counts as an answer."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from decimal import Decimal
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from lib.providers import sdk
from lib.providers.base import ModelAnswer, ModelCall
from lib.providers.errors import ErrorKind
from lib.providers.json_mode import ask_for
from lib.providers.phrases import Case
from lib.providers.pricing import Prices, find_cost_usd
from lib.providers.translation import MOST_CHARACTERS
from lib.providers.wire import Wire

if TYPE_CHECKING:
    import httpx2
    from pydantic_ai.messages import ModelResponse
    from pydantic_ai.models import Model

#: A busy endpoint on a slow line still answers in this time, and nobody waits longer before a launch.
CHECK_SECONDS = 8.0
_MOST_BYTES = 8_000_000
_MOST_MODELS = 16
#: What a price is worked out with.
_USAGE = ("pydantic_ai.usage",)
#: Finish reasons with which a vendor says that it broke off. Others, also unknown ones, end an answer.
_NO_END = frozenset({"OTHER", "FINISH_REASON_UNSPECIFIED", "pause_turn"})


class RemoteModels:
    """A provider that speaks `wire` through the HTTP client of the running event loop, which `client` returns."""

    def __init__(
        self,
        wire: Wire,
        *,
        client: "Callable[[], httpx2.AsyncClient]",
        prices: Prices | None,
        is_free: bool,
        stall_seconds: float,
    ) -> None:
        self._wire = wire
        self._client = client
        self._prices = prices
        #: See `Provider.is_free`.
        self.is_free = is_free
        self._stall_seconds = stall_seconds
        self._endpoint = wire.endpoint
        self._opened: tuple[httpx2.AsyncClient, Callable[[str], Model[Any]]] | None = None

    @property
    def name(self) -> str:
        """The part of a `ModelChoice` before the colon."""
        return self._endpoint.provider

    @property
    def host(self) -> str:
        """Whom people are told about: the address without path and credentials."""
        return self._endpoint.host

    @property
    def ignored(self) -> frozenset[str]:
        """Fields of `ModelParameters` that have no effect here."""
        return self._wire.ignored

    def find_price_usd(self, model: str, *, prompt_tokens: int, completion_tokens: int) -> Decimal | None:
        """See `Provider.find_price_usd`."""
        sdk.load(_USAGE)
        from pydantic_ai.usage import RequestUsage  # noqa: PLC0415 - 0.2 s that a page without a model never spends

        usage = RequestUsage(input_tokens=prompt_tokens, output_tokens=completion_tokens)
        return find_cost_usd(
            usage, model=model, base_url=self._wire.base_url, prices=self._prices, is_free=self.is_free
        )

    def endpoint_of(self, model: str) -> str:
        """See `Provider.endpoint_of`."""
        return self._wire.path_of(model)

    async def answer(self, call: ModelCall, *, on_text: Callable[[str], None]) -> ModelAnswer:
        """See `Provider.answer`. Bounded as a whole by the call's time-out, and between two pieces by the stall's."""
        if not sdk.is_loaded(self._wire.sdk):
            await asyncio.to_thread(sdk.load, self._wire.sdk)
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
        """See `Provider.check`. Loads no SDK."""
        async with self._quickly(model):
            await self._wire.check(self._ask, model)

    async def models(self) -> tuple[str, ...]:
        """See `Provider.models`: what the endpoint lists; nothing if it keeps no list. Loads no SDK."""
        async with self._quickly(""):
            return await self._wire.list_models(self._ask)

    async def _stream(self, call: ModelCall) -> "AsyncGenerator[str | ModelResponse]":
        """Each piece of text as it comes, then the response. Raises nothing but `ModelCallError`."""
        from pydantic_ai.direct import model_request_stream  # noqa: PLC0415 - loaded by `answer`
        from pydantic_ai.messages import ModelRequest  # noqa: PLC0415 - the same

        has_begun = False
        try:
            model = self._open()(call.model)
            held, asked = ask_for(call.json, self._wire.json_mode_of(call.model))
            settings: Any = self._wire.settings_for(call.parameters, model) | held
            question = ModelRequest.user_text_prompt(call.prompt)
            async with model_request_stream(
                model, [question], model_settings=settings, model_request_parameters=asked
            ) as stream:
                async for event in stream:
                    if piece := _text_of(event):
                        has_begun = True
                        yield piece
                yield stream.get()
        except Exception as error:
            raise self._endpoint.translate(error, model=call.model, has_begun=has_begun) from error

    def _open(self) -> "Callable[[str], Model[Any]]":
        """Makes models by their names; it is made once for the client that they go through, and keeps some."""
        client, opened = self._client(), self._opened
        if opened is None or opened[0] is not client:
            build = lru_cache(_MOST_MODELS)(partial(self._wire.build, self._wire.open(client)))
            opened = self._opened = client, build
        return opened[1]

    def _complete(
        self, call: ModelCall, response: "ModelResponse", *, text: str, first_token_ms: int, execution_time_ms: int
    ) -> ModelAnswer:
        """The answer, if it is one: SDKs report a stream that was cut short, or came to nothing, as finished."""
        usage, end = response.usage, response.finish_reason
        said = str((response.provider_details or {}).get("finish_reason") or "")
        if end == "content_filter":
            # Where the prompt was refused before a model read it, there is no stream that could have a status.
            status = 200 if usage.total_tokens else None
            raise self._endpoint.error(ErrorKind.REFUSED, model=call.model, status=status)
        if not said or end == "error" or said in _NO_END:
            why = f"It ended with “{said}”." if said else "It came without a finish reason."
            raise self._endpoint.error(ErrorKind.STREAM_CUT, model=call.model, status=200, why=why)
        if usage.unmeasured_requests or not usage.total_tokens:
            raise self._endpoint.error(ErrorKind.NO_USAGE, model=call.model, status=200)
        if not text:
            why = "Thinking used up max_tokens; raise it." if end == "length" else ""
            raise self._endpoint.error(ErrorKind.EMPTY_ANSWER, model=call.model, status=200, why=why)
        model = response.model_name or call.model
        return ModelAnswer(
            text=text,
            model=model,
            prompt_tokens=usage.input_tokens,
            completion_tokens=usage.output_tokens,
            cost_usd=find_cost_usd(
                usage, model=model, base_url=self._wire.base_url, prices=self._prices, is_free=self.is_free
            ),
            finish_reason=end or said,
            first_token_ms=first_token_ms,
            execution_time_ms=execution_time_ms,
            status=200,
        )

    @asynccontextmanager
    async def _quickly(self, model: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                yield
        except TimeoutError as error:
            why = f"There was no answer within {CHECK_SECONDS:.0f} s."
            raise self._endpoint.error(ErrorKind.CONNECTION, model=model, why=why) from error

    async def _ask(self, url: str, *, model: str = "", body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """See `wire.Ask`."""
        import httpx2  # noqa: PLC0415 - 0.1 s that a page without a model never spends

        method = "GET" if body is None else "POST"
        try:
            async with self._client().stream(method, url, headers=self._wire.headers, json=body) as reply:
                content = b""
                async for part in reply.aiter_bytes():
                    content += part
                    if len(content) > _MOST_BYTES:  # no list is as long, and it is kept in memory
                        return reply.status_code, None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise self._endpoint.not_connected(error, model=model) from error
        try:
            return reply.status_code, json.loads(content)
        except ValueError:
            return reply.status_code, None


def _text_of(event: object) -> str:
    from pydantic_ai import messages  # noqa: PLC0415 - loaded by `answer`

    if isinstance(event, messages.PartStartEvent) and isinstance(event.part, messages.TextPart):
        return event.part.content
    if isinstance(event, messages.PartDeltaEvent) and isinstance(event.delta, messages.TextPartDelta):
        return event.delta.content_delta
    return ""
