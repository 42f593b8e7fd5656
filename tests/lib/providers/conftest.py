"""Endpoints on real sockets: llmock for what endpoints do, and one that sends exactly the bytes it is told to."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from typing import Any, TypeVar

import pytest
from llmock.scenarios import Behavior
from llmock.testing import LLMockServer

from lib.providers.base import JsonWish, ModelAnswer, ModelCall, ModelParameters, Provider
from lib.providers.errors import ModelCallError
from lib.providers.http_client import close_shared_client
from tests.lib.providers.connecting import KEY, compatible
from tests.mock_endpoint import mock_endpoint

Result = TypeVar("Result")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """In an event loop of its own, which leaves no connection open."""

    async def and_close() -> Result:
        try:
            return await work
        finally:
            await close_shared_client()

    return asyncio.run(and_close())


class Conversation:
    """One provider, asked one question at a time."""

    def __init__(self, provider: Provider, model: str) -> None:
        self.provider = provider
        self.model = model
        self.pieces: list[str] = []
        self.has_begun = asyncio.Event()

    async def answer(
        self,
        prompt: str = "Say hello.",
        *,
        timeout_seconds: float = 10,
        parameters: ModelParameters | None = None,
        json: JsonWish | None = None,
    ) -> ModelAnswer:
        self.pieces.clear()
        self.has_begun.clear()
        call = ModelCall(self.model, prompt, timeout_seconds, parameters or ModelParameters(), json)
        return await self.provider.answer(call, on_text=self._take)

    async def cancel_in_the_middle(self, *, begins_within: float) -> float:
        """Ask, and cancel when the first piece has come; returns when that was, by the monotonic clock."""
        task = asyncio.create_task(self.answer(timeout_seconds=60))
        await asyncio.wait_for(self.has_begun.wait(), begins_within)
        cancelled_at = time.monotonic()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()
        return cancelled_at

    def _take(self, piece: str) -> None:
        self.pieces.append(piece)
        self.has_begun.set()

    def ask(self, prompt: str = "Say hello.", **details: Any) -> ModelAnswer:
        return run(self.answer(prompt, **details))

    def fail(self, **details: Any) -> ModelCallError:
        with pytest.raises(ModelCallError) as caught:
            self.ask(**details)
        return caught.value


class Mock:
    """llmock, and our provider pointed at it."""

    def __init__(self, server: LLMockServer) -> None:
        self._server = server
        self.url = server.base_url()

    def conversation(self, model: str = "gpt-4o", *, stall_seconds: float = 60) -> Conversation:
        return Conversation(compatible(self.url, api_key=KEY, stall_seconds=stall_seconds), model)

    def will(self, *behaviors: Behavior) -> None:
        self._server.state.scenarios.add(*behaviors)

    def last_body(self) -> dict[str, Any]:
        return self._server.state.journal.records()[-1].body or {}

    def reset(self) -> None:
        self._server.state.scenarios.clear()


@pytest.fixture(scope="module")
def mock_server() -> Iterator[LLMockServer]:
    with mock_endpoint() as server:
        yield server


@pytest.fixture
def mock(mock_server: LLMockServer) -> Iterator[Mock]:
    mock = Mock(mock_server)
    yield mock
    mock.reset()


class RawEndpoint:
    """Answers every request with the given status, headers and pieces, and knows when the client hung up."""

    def __init__(self) -> None:
        self.status = "200 OK"
        self.headers = ["Content-Type: text/event-stream"]
        self.pieces: list[bytes | float] = []
        self.requests: list[str] = []
        self.bodies: list[bytes] = []
        self.hung_up_at: float | None = None
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        assert self._started.wait(5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stream(self, *events: object, done: bool = True) -> None:
        """Server-sent events; a number is a pause in seconds, a text is sent as it is."""
        self.pieces = [
            event if isinstance(event, float) else f"data: {_as_text(event)}\n\n".encode() for event in events
        ]
        if done:
            self.pieces.append(b"data: [DONE]\n\n")

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._handle, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(_drain(self._loop))
        self._loop.close()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.requests.append(head)
        lengths = [line.split(":")[1] for line in head.splitlines() if line.lower().startswith("content-length:")]
        # closed with bytes unread, a socket is reset
        self.bodies.append(await reader.readexactly(int(lengths[0]) if lengths else 0))
        watch = asyncio.ensure_future(self._watch(reader))
        try:
            lines = [f"HTTP/1.1 {self.status}", *self.headers, "Connection: close", "", ""]
            writer.write("\r\n".join(lines).encode())
            for piece in self.pieces:
                if isinstance(piece, float):
                    await asyncio.wait({watch}, timeout=piece)
                else:
                    writer.write(piece)
                    await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()
            watch.cancel()

    async def _watch(self, reader: asyncio.StreamReader) -> None:
        await reader.read(1)
        self.hung_up_at = time.monotonic()


async def _drain(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop) - {asyncio.current_task()}
    await asyncio.gather(*tasks, return_exceptions=True)


def _as_text(event: object) -> str:
    return event if isinstance(event, str) else json.dumps(event)


@pytest.fixture
def raw() -> Iterator[RawEndpoint]:
    endpoint = RawEndpoint()
    yield endpoint
    endpoint.stop()


@pytest.fixture
def talk() -> Callable[..., Conversation]:
    """A conversation with the provider at an address."""

    def build(url: str, *, stall_seconds: float = 60) -> Conversation:
        provider = compatible(f"{url}/v1", api_key=KEY, stall_seconds=stall_seconds)
        return Conversation(provider, "some-model")

    return build


@pytest.fixture
def run_async() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    return run


@pytest.fixture
def conversation() -> Callable[[Provider, str], Conversation]:
    return Conversation


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """Fails when it does not become true within ten seconds."""

    def wait(is_true: Callable[[], bool]) -> None:
        ends = time.monotonic() + 10
        while not is_true():
            assert time.monotonic() < ends, "waited in vain"
            time.sleep(0.02)

    return wait
