"""Synchronous work beside the event loop."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")


async def do_aside(work: Callable[[], Result], *, name: str) -> Result:
    """Do it in a thread of its own, which nobody waits for when the worker ends in the middle."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def finish(result: Result) -> None:
        if not done.done():
            done.set_result(result)

    def fail(error: Exception) -> None:
        if not done.done():
            done.set_exception(error)

    def run() -> None:
        try:
            result = work()
        except Exception as error:  # it is raised where it is awaited
            _tell(loop, fail, error)
        else:
            _tell(loop, finish, result)

    Thread(target=run, name=name, daemon=True).start()
    return await done


Said = TypeVar("Said")


def _tell(loop: asyncio.AbstractEventLoop, hear: Callable[[Said], None], said: Said) -> None:
    with suppress(RuntimeError):  # the loop is closed: the worker has ended
        loop.call_soon_threadsafe(hear, said)
