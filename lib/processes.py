"""Processes that end with their parent, even when it is killed.

The child's standard input is a pipe whose other end only the parent holds: one line through it means go, its end means
that the parent has gone. On Linux the kernel is asked as well, for the case that our thread gets no turn.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Final

from lib.config import ROOT

_PR_SET_PDEATHSIG: Final = 1
#: How long a process whose parent has gone may take to finish what it is doing.
_LAST_SECONDS: Final = 5


class Child:
    """A process of ours, in a session of its own: Ctrl-C reaches the parent only, which ends it in order.

    It waits for `go` once it has called `follow_parent`. Its output goes to the end of `log`, or where ours goes.
    """

    def __init__(
        self, arguments: Sequence[str], *, environment: Mapping[str, str], log: Path | None, sockets: Sequence[int] = ()
    ) -> None:
        self.started_at = time.monotonic()
        output = log.open("ab") if log is not None else None
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own words
                [sys.executable, "-m", "lib.cli", *arguments],
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.PIPE,
                bufsize=0,  # nothing is left to be flushed into a pipe that the child has closed
                stdout=output,
                stderr=subprocess.STDOUT if output is not None else None,
                pass_fds=sockets,
                start_new_session=True,
            )
        finally:
            if output is not None:
                output.close()

    @property
    def exit_code(self) -> int | None:
        """None while it lives; negative when a signal ended it."""
        return self._process.poll()

    def go(self) -> None:
        """Let it begin. A child that has died already is found by its exit code."""
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        with suppress(BrokenPipeError):
            self._process.stdin.write(b"go\n")

    def ask_to_end(self) -> None:
        """Ask politely."""
        if self.exit_code is None:
            self._process.terminate()

    def end(self, *, within_seconds: float) -> None:
        """Wait for it to end, and kill it when it does not."""
        try:
            self._process.wait(max(within_seconds, 0))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        self._process.stdin.close()


def ending(code: int) -> str:
    """How a process ended, by its exit code."""
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def follow_parent() -> Callable[[], None]:
    """In the child: from now on end when the parent does, by SIGTERM first and soon for good.

    Returns what waits for the parent's `go`.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    may_go = Event()
    Thread(target=_watch_parent, args=[may_go], name="watch-parent", daemon=True).start()

    def wait_for_go() -> None:
        may_go.wait()

    return wait_for_go


def _watch_parent(may_go: Event) -> None:
    while os.read(sys.stdin.fileno(), 64):
        may_go.set()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_LAST_SECONDS)
    os._exit(1)
