"""Advisory locks that a session holds: they are given back as soon as it is done, and not by its end."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg


@contextmanager
def given_back(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Release all of the session's with the block: who comes next may ask before the server has noticed its end."""
    try:
        yield
    finally:
        with suppress(psycopg.OperationalError):  # they have gone with the session
            connection.rollback()
            connection.execute("SELECT pg_advisory_unlock_all()")
