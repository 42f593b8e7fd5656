"""Renders prompts where they can hang or fill nothing: in processes beside this one, which end when they take too long.

docs/decisions/0014 says why it is a process and no thread.
"""

import atexit
import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, Final

from lib.templates import steps
from lib.templates.renderer import read_frame, write_frame
from lib.templates.steps import PromptFault

ROOT: Final = Path(__file__).parents[2]
#: In one process of the application; more who ask wait for their turn, a few seconds at the most.
MOST_AT_ONCE: Final = 4

_places = BoundedSemaphore(MOST_AT_ONCE)
_idle: list["_Renderer"] = []


@dataclass(slots=True)
class TimeLeft:
    """Of the processor time that several prompts may take together."""

    seconds: float


_left: ContextVar[TimeLeft | None] = ContextVar("left", default=None)


@contextmanager
def taking_together(seconds: float) -> Iterator[TimeLeft]:
    """What is rendered in here takes no longer than that together: each no longer than what the others have left."""
    token = _left.set(left := TimeLeft(seconds))
    try:
        yield left
    finally:
        _left.reset(token)


def call(function: Callable[..., str], *arguments: Any) -> str:
    """What `function`, of a module of ours, gives for those arguments, called in a process beside this one.

    Raises `PromptFault`: its own, and where it takes more time, steps or memory than a prompt may.
    """
    left = _left.get()
    max_seconds = steps.MAX_SECONDS if left is None else max(min(steps.MAX_SECONDS, left.seconds), 0.0)
    request = pickle.dumps((function, arguments, steps.MAX_STEPS, max_seconds), pickle.HIGHEST_PROTOCOL)
    with _places:
        answer = _ask(request, max_seconds)
    if left is not None:
        left.seconds -= answer["seconds"]
    if "text" in answer:
        return str(answer["text"])
    raise PromptFault(answer["fault"])


def _ask(request: bytes, max_seconds: float) -> dict[str, Any]:
    """Ask a process; another one once more where the first has ended for a reason of its own, such as the system's."""
    for idle in (_take(), None):
        renderer = idle or _Renderer()
        answer = renderer.ask(request)
        if answer:
            _idle.append(renderer)
            found: dict[str, Any] = json.loads(answer)
            return found
        if renderer.end() == -signal.SIGPROF:
            return {"fault": steps.took_too_long(max_seconds).message, "seconds": max_seconds}
    return {"fault": "it ends the process that renders it; does it need too much memory?", "seconds": max_seconds}


def _take() -> "_Renderer | None":
    try:
        return _idle.pop()
    except IndexError:
        return None


class _Renderer:
    """A process that renders. It ends with this one, whose end of the pipe is the only one."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "lib.templates.renderer"],
            cwd=ROOT,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},  # and no setting, and no password
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        atexit.register(self.end)

    def ask(self, request: bytes) -> bytes:
        """Its answer; nothing where it has ended."""
        assert self._child.stdin is not None  # noqa: S101 - asked for above
        assert self._child.stdout is not None  # noqa: S101 - asked for above
        try:
            write_frame(self._child.stdin, request)  # type: ignore[arg-type]  # a buffered one, which typeshed calls IO
            return read_frame(partial(os.read, self._child.stdout.fileno()))
        except BrokenPipeError:
            return b""
        except BaseException:
            self.end()  # what it would answer is nobody's
            raise

    def end(self) -> int:
        """End it, where it has not by itself, and give its exit code."""
        atexit.unregister(self.end)
        self._child.kill()
        for stream in (self._child.stdin, self._child.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):  # a request that it has not read
                    stream.close()
        return self._child.wait()
