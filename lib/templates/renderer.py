"""The process in which prompts are rendered, one after the other; `renderers.py` starts it and asks it.

It has no setting, no password and no connection, little memory, and a timer of the kernel's that ends it in the middle
of whatever it does: no prompt gets around that, whatever part of Python or of Jinja2 it has found to work for it.
"""

import json
import pickle
import resource
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, BinaryIO, Final

from lib.templates.steps import PromptFault, counted

#: Of processor time, after the prompt's own: it ends by itself in nearly every case.
_GRACE_SECONDS: Final = 0.5
_MAX_MEMORY_BYTES: Final = 1 << 30
_LENGTH_BYTES: Final = 4


def main() -> None:
    """Answer requests until there are no more: whoever asks has ended then."""
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.SIG_IGN)  # it ends with its process, after what that still has to do
    with suppress(OSError, ValueError):  # where the system has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
    while request := read_frame(sys.stdin.buffer.read):
        # from our own process, by a pipe that nobody else has; the answer, which a prompt might forge, is plain JSON
        function, arguments, max_steps, max_seconds = pickle.loads(request)  # noqa: S301 - see above
        answer = _answer(function, arguments, max_steps, max_seconds)
        write_frame(sys.stdout.buffer, json.dumps(answer).encode())


def read_frame(read: Callable[[int], bytes | None]) -> bytes:
    """The next frame; nothing where the other end has closed, which may be in the middle of one."""
    head = _read_exactly(read, _LENGTH_BYTES)
    return _read_exactly(read, int.from_bytes(head, "big")) if head else b""


def write_frame(stream: BinaryIO, frame: bytes) -> None:
    """Write it, with its length before it."""
    stream.write(len(frame).to_bytes(_LENGTH_BYTES, "big") + frame)
    stream.flush()


def _read_exactly(read: Callable[[int], bytes | None], length: int) -> bytes:
    pieces = bytearray()
    while len(pieces) < length:
        piece = read(length - len(pieces))
        if not piece:
            return b""
        pieces += piece
    return bytes(pieces)


def _answer(
    function: Callable[..., str], arguments: Sequence[Any], max_steps: int, max_seconds: float
) -> dict[str, object]:
    signal.setitimer(signal.ITIMER_PROF, max_seconds + _GRACE_SECONDS)
    began = time.process_time()
    answer: dict[str, object]
    try:
        with counted(max_steps=max_steps, max_seconds=max_seconds):
            answer = {"text": function(*arguments)}
    except PromptFault as fault:
        answer = {"fault": fault.message}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return answer | {"seconds": time.process_time() - began}


if __name__ == "__main__":
    main()
