"""An OpenAI-compatible endpoint that answers at once, with bytes made beforehand, as a process of its own.

It is not what is measured.
"""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MODEL = "instant"
ANSWER = "It folds twice, and then it fits into a backpack."


def _event(delta: dict[str, str], *, finish: str | None = None, **more: object) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": MODEL, "choices": [choice], **more}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


_USAGE = {"prompt_tokens": 150, "completion_tokens": 11, "total_tokens": 161}
_STREAM = b"".join(
    [_event({"role": "assistant", "content": ANSWER}), _event({}, finish="stop", usage=_USAGE), b"data: [DONE]\n\n"]
)
_MODELS = json.dumps({"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "benchmarks"}]}).encode()


def response(body: bytes, content_type: str) -> bytes:
    """A whole answer, head and body."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


_ANSWERS = {b"POST": response(_STREAM, "text/event-stream"), b"GET": response(_MODELS, "application/json")}


async def serve(descriptor: int, answer_to: Callable[[bytes], bytes]) -> None:
    """Answer each request by its head, for ever."""

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                for line in head.lower().split(b"\r\n"):
                    if line.startswith(b"content-length:"):
                        await reader.readexactly(int(line[15:]))
                writer.write(answer_to(head))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve_one, sock=socket.socket(fileno=descriptor))
    await server.serve_forever()


@contextmanager
def process_of(module: str) -> Iterator[str]:
    """The address of `module`, run as a process that is given the number of its listening socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = subprocess.Popen([sys.executable, "-m", module, str(listener.fileno())], pass_fds=[listener.fileno()])
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            process.terminate()
            process.wait()


@contextmanager
def instant_model() -> Iterator[dict[str, str]]:
    """The endpoint, as the settings that lead to it."""
    with process_of("tests.benchmarks.instant_model") as address:
        yield {
            "ORCHESTRATOR_OPENAI_BASE_URL": f"{address}/v1",
            "ORCHESTRATOR_OPENAI_API_KEY": "key-of-the-benchmarks",
        }


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), lambda head: _ANSWERS[head.split(b" ", 1)[0]]))
