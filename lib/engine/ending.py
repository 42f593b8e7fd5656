"""The end of tasks that are not needed any more."""

import asyncio
from collections.abc import Collection
from typing import Any, Final

#: What has not ended by then is asked once more.
_AGAIN_SECONDS: Final = 1.0


async def put_an_end_to(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel them until they have ended, however they do.

    Once is not enough: `asyncio.wait_for`, by which psycopg's pool waits for a connection, loses a cancellation that
    comes in the moment in which what it waits for is there (https://github.com/python/cpython/issues/86296, mended in
    Python 3.12).
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_AGAIN_SECONDS)
