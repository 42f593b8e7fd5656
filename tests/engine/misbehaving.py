"""An endpoint on a real socket that misbehaves as llmock can't: byte for byte as it is told, by the name of the model.

Each model has a list of answers, the last of which is given from there on. So a test may ask many things at once.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from lib.config import get_settings
from tests.conftest import Installation

#: Bytes to send, seconds to wait, or what has to be set before it goes on.
Piece = bytes | float | threading.Event


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent: the status line's end, headers, and a body in pieces."""

    status: str = "200 OK"
    headers: Sequence[str] = ("Content-Type: text/event-stream",)
    pieces: Sequence[Piece] = ()
    #: How long the body claims to be; None is: until the connection ends.
    length: int | None = None


def events(*contents: object, end: str | None = "stop", usage: bool = True, done: bool = True) -> tuple[Piece, ...]:
    """A stream of these texts; a number is a pause. Without `end` it has no finish reason."""
    pieces: list[Piece] = [each if isinstance(each, float) else _event(_chunk(each)) for each in contents]
    if end:
        pieces.append(_event(_chunk(None, finish=end)))
    if usage:
        record = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
        pieces.append(_event(_chunk(None) | {"choices": [], "usage": record}))
    return (*pieces, b"data: [DONE]\n\n") if done else tuple(pieces)


def refusal(status: str, message: str, *headers: str, code: str | None = None) -> Answer:
    """An error in OpenAI's form."""
    body = json.dumps({"error": {"message": message, "code": code, "type": None}}).encode()
    return Answer(status, ("Content-Type: application/json", *headers), (body,))


def _chunk(content: object, *, finish: str | None = None) -> dict[str, object]:
    delta = {} if content is None else {"role": "assistant", "content": content}
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices}


def _event(chunk: Mapping[str, object]) -> bytes:
    return f"data: {json.dumps(chunk)}\n\n".encode()


@dataclass(slots=True)
class Misbehaving:
    """The endpoint. `answers` may be changed at any time."""

    #: Model -> what it answers, in turn; a function is asked at that moment.
    answers: dict[str, Sequence[Answer | Callable[[], Answer]]] = field(default_factory=dict)
    #: Model -> when it was asked, in the clock of the loop.
    moments: dict[str, list[float]] = field(default_factory=dict)
    port: int = 0
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _has_started: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        assert self._has_started.wait(10)

    def stop(self) -> None:
        if self._thread:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._thread = None

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._handle, "127.0.0.1", self.port))
        self.port = server.sockets[0].getsockname()[1]
        self._has_started.set()
        self._loop.run_forever()
        server.close()
        open_calls = asyncio.all_tasks(self._loop)
        for task in open_calls:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*open_calls, return_exceptions=True))
        self._loop.close()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lengths = [line.split(":")[1] for line in head.splitlines() if line.lower().startswith("content-length:")]
            body = await reader.readexactly(int(lengths[0]) if lengths else 0)
            await self._send(writer, self._choose(head, body))
        writer.close()

    def _choose(self, head: str, body: bytes) -> Answer:
        if head.startswith("GET"):
            listed = {"object": "list", "data": [{"id": name, "object": "model"} for name in self.answers]}
            return Answer(headers=("Content-Type: application/json",), pieces=(json.dumps(listed).encode(),))
        model = json.loads(body)["model"]
        moments = self.moments.setdefault(model, [])
        moments.append(self._loop.time())
        answer = self.answers[model][min(len(moments), len(self.answers[model])) - 1]
        return answer() if callable(answer) else answer

    async def _send(self, writer: asyncio.StreamWriter, answer: Answer) -> None:
        length = [] if answer.length is None else [f"Content-Length: {answer.length}"]
        lines = [f"HTTP/1.1 {answer.status}", *answer.headers, *length, "Connection: close", "", ""]
        writer.write("\r\n".join(lines).encode())
        for piece in answer.pieces:
            if isinstance(piece, float):
                await asyncio.sleep(piece)
            elif isinstance(piece, threading.Event):
                while not piece.is_set():  # noqa: ASYNC110 - another thread sets it
                    await asyncio.sleep(0.01)
            else:
                writer.write(piece)
                await writer.drain()


@pytest.fixture
def misbehaving(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Misbehaving]:
    """The endpoint, and settings that lead to it."""
    made = Misbehaving()
    made.start()
    monkeypatch.setenv("ORCHESTRATOR_OPENAI_BASE_URL", f"http://127.0.0.1:{made.port}/v1")
    monkeypatch.setenv("ORCHESTRATOR_OPENAI_API_KEY", "key-of-the-tests")
    get_settings.cache_clear()
    yield made
    made.stop()
