"""The sample workspace in tests: an operator who may make it, and what stands in the database, to the last row."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest import mock

import psycopg
import pytest

from lib.access.actor import Actor
from lib.access.permissions import Role
from lib.db.logins import Login
from lib.samples import service
from lib.samples.generate import make_rows
from tests.cast import Cast, MadeOrganization, make_person
from tests.doors import Database

Snapshot = dict[str, list[Any]]

_kept: dict[str, Any] = {}


@pytest.fixture
def written_once() -> Iterator[None]:
    """Every sample that is made meanwhile is the one that this process wrote first: writing it takes a second."""

    def write(*arguments: Any, **options: Any) -> Any:
        if not _kept:
            _kept.update(make_rows(*arguments, **options))
        return _kept

    with mock.patch.object(service, "make_rows", write):
        yield


def with_operator(database: Database, cast: Cast) -> tuple[Cast, Actor]:
    """The cast and olga, an admin of organization A who runs the installation; she is signed in like the others."""
    of_a = MadeOrganization(cast.organization_a, cast.alice.organization_name, cast.alice.organization_slug)
    with psycopg.connect(database.url(Login.IDENTITY)) as connection:
        olga, secret = make_person(connection, of_a, "olga", role=Role.ADMIN, is_operator=True)
    return replace(cast, secrets={**cast.secrets, olga.session_id: secret}), olga


def snapshot(database: Database) -> Snapshot:
    """Every row of every table, the queue's too, as text that can be compared."""
    found: Snapshot = {}
    with psycopg.connect(database.admin_url) as connection:
        tables = connection.execute(
            "SELECT c.oid::regclass::text FROM pg_class c WHERE relkind = 'r' "
            "AND relnamespace IN ('public'::regnamespace, 'dbos'::regnamespace)"
        ).fetchall()
        for (table,) in tables:
            found[table] = connection.execute(f"SELECT t::text FROM {table} t ORDER BY 1".encode()).fetchall()
    return found
