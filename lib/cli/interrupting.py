"""Ctrl-C while nothing is begun: it ends the process there and then, wherever that is."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ended_by_ctrl_c() -> Iterator[None]:
    """For imports: nobody wants to read where we were, and an interrupt that Python raises in one can be lost.

    An import's lock is let go in a callback, and what is raised in there is printed and swallowed.
    """
    handler = signal.getsignal(signal.SIGINT)
    if handler != signal.SIG_IGN:  # in the background of a script
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
