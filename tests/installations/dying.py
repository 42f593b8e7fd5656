"""The command line, which kills itself at a moment: `python -m tests.installations.dying MODULE:NAME:TURN WHEN words…`.

The moment is just `before`, or just `after`, that turn of a call of what the module has by that name. It is SIGKILL:
nothing is cleared up, and what was begun stays as it was.
"""

import os
import signal
import sys
from importlib import import_module
from typing import Any

from lib.cli.commands import app


def die_at(moment: str, when: str) -> None:
    """Have this process killed then."""
    module, path, turn = moment.split(":")
    holder: Any = import_module(module)
    *between, name = path.split(".")
    for each in between:
        holder = getattr(holder, each)
    call, turns = getattr(holder, name), 0

    def counted(*arguments: Any, **named: Any) -> Any:
        nonlocal turns
        turns += 1
        is_now = turns == int(turn)
        if is_now and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        found = call(*arguments, **named)
        if is_now:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    setattr(holder, name, counted)


if __name__ == "__main__":
    die_at(*sys.argv[1:3])
    app(sys.argv[3:])
