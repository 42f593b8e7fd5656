"""Connections to a test's own database that are kept for the next who asks, until the database is dropped.

A new connection costs more than what most of them do, and compiles every function anew.
"""

import select
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg.pq import ExecStatus, TransactionStatus

Connection = psycopg.Connection[Any]

#: Takes back whatever a block has done to the session: who it is, `session_replication_role`, locks.
_FORGET = (
    b"RESET SESSION AUTHORIZATION; RESET ALL; UNLISTEN *; DISCARD TEMP; SELECT pg_catalog.pg_advisory_unlock_all()"
)

#: Connections that nobody uses, by the name of the database and by how they lead there.
_idle: dict[str, dict[str, list[Connection]]] = {}


@contextmanager
def kept_open(name: str) -> Iterator[None]:
    """Keep the connections to the database of this name for as long as the block lasts."""
    _idle[name] = {}
    try:
        yield
    finally:
        close_idle(name)
        del _idle[name]


def close_idle(name: str) -> None:
    """Let go of those that nobody uses: as long as somebody is connected, no database is copied."""
    for connections in _idle.get(name, {}).values():
        while connections:
            connections.pop().close()


def count_idle(name: str) -> int:
    """How many there are that nobody uses."""
    return sum(map(len, _idle.get(name, {}).values()))


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """As `with psycopg.connect(url)`: one transaction, committed when the block ends."""
    connections = _idle.get(urlsplit(url).path[1:])
    if connections is None:
        with psycopg.connect(url) as connection:
            yield connection
        return
    idle = connections.setdefault(url, [])
    connection = _find_living(idle) or psycopg.connect(url, prepare_threshold=None)
    try:
        yield connection
    except BaseException:
        with suppress(psycopg.Error):  # it is the error in the block that counts
            connection.rollback()
        raise
    else:
        connection.commit()
    finally:
        if _forgets(connection):
            idle.append(connection)
        else:
            connection.close()


def _forgets(connection: Connection) -> bool:
    """Whether it is as new again."""
    if connection.closed or connection.autocommit or connection.info.transaction_status != TransactionStatus.IDLE:
        return False
    return connection.pgconn.exec_(_FORGET).status == ExecStatus.TUPLES_OK


def _find_living(idle: list[Connection]) -> Connection | None:
    """One that the server has not ended meanwhile, which it says unasked."""
    while idle:
        connection = idle.pop()
        waiting = select.poll()
        waiting.register(connection.fileno(), select.POLLIN)
        if not waiting.poll(0):
            return connection
        connection.close()
    return None
