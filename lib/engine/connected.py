"""A worker's connection that is there for ever: made again whenever the database has been away."""

import asyncio
from collections.abc import Awaitable, Callable
from logging import Logger

import psycopg


async def keep_connected(
    url: str,
    work: Callable[[psycopg.AsyncConnection], Awaitable[None]],
    *,
    name: str,
    log: Logger,
    waits: str,
    seconds: float,
) -> None:
    """Do `work` over a connection of that application name, for ever; after an outage once more, in so many seconds.

    `waits` says in the log what the outage keeps: "mails wait".
    """
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                url, autocommit=True, application_name=name, connect_timeout=5
            ) as connection:
                await work(connection)
        except psycopg.OperationalError as error:
            log.warning("%s, the database is away: %s", waits, first_line(error))
            await asyncio.sleep(seconds)


def first_line(error: BaseException) -> str:
    """What the log says of an outage."""
    return str(error).partition("\n")[0]
