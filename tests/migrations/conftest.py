"""Databases that no migration has seen yet."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import psycopg
import pytest

from lib.db.logins import Login
from lib.db.roles import make_roles
from tests.database import ClonedDatabase, Server

_numbers = count()


@contextmanager
def _empty(server: Server) -> Iterator[ClonedDatabase]:
    name = f"test_{os.getpid()}_empty_{next(_numbers)}"
    make_roles(server.admin_url, passwords={}, database=name)
    try:
        yield ClonedDatabase(name, server)
    finally:
        with psycopg.connect(server.admin_url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_database(database_server: Server, database_template: str) -> Iterator[ClonedDatabase]:
    """A database as `orchestrator db roles` leaves it. (The template is made first: with it the logins' passwords.)"""
    with _empty(database_server) as database:
        yield database


@pytest.fixture
def owner_url(empty_database: ClonedDatabase) -> str:
    """The owner's way into it."""
    return empty_database.url(Login.OWNER)
