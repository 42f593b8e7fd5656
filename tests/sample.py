"""The sample workspace in tests: an operator who may make it, and what stands in the database, to the last row."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from unittest import mock

import pytest

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Role
from lib.db.logins import Login
from lib.samples import service
from lib.samples.content import read_workspace
from lib.samples.generate import make_rows
from tests import doors
from tests.cast import Cast, MadeOrganization, make_cast, make_person
from tests.conftest import Installation
from tests.database import ClonedDatabase, Server, clone_of
from tests.doors import Database
from tests.workspace import make_workspace

Snapshot = dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class World:
    """A database with the cast, an operator and the sample in it, which is there to be copied."""

    database: ClonedDatabase
    cast: Cast
    operator: Actor


_kept: dict[str, Any] = {}


@pytest.fixture
def written_once() -> Iterator[None]:
    """Every sample that is made meanwhile is the one that this process wrote first: writing it takes a second."""

    with mock.patch.object(service, "make_rows", _write):
        yield


@pytest.fixture(scope="session")
def worlds(database_server: Server, database_template: str) -> Iterator[Callable[..., World]]:
    """`worlds(is_furnished=True)`: the one of this process, whose organizations have a row in every table.

    Loading the sample takes a second; copying a database that has it takes as long as copying one that has not.
    """
    with ExitStack() as stack:

        @cache
        def make(*, is_furnished: bool) -> World:
            database = stack.enter_context(clone_of(database_template, database_server))
            cast, operator = make_people(database, is_furnished=is_furnished)
            rows = _write(read_workspace(), now=clock.now().replace(microsecond=0))
            with doors.login(database, Login.IDENTITY) as connection:
                connection.execute("SELECT api.load_sample(%s)", [json.dumps(rows, default=str)])
            return World(database, cast, operator)

        yield make


@pytest.fixture
def database(
    *, request: pytest.FixtureRequest, database_server: Server, database_template: str, is_furnished: bool
) -> Iterator[ClonedDatabase]:
    """One of the test's own, in which the sample is there already for who asks for `sample`.

    Whoever imports it says whether it `is_furnished`.
    """
    template = database_template
    if "sample" in request.fixturenames:
        template = request.getfixturevalue("worlds")(is_furnished=is_furnished).database.name
    with clone_of(template, database_server) as clone:
        yield clone


@pytest.fixture
def together(*, request: pytest.FixtureRequest, installation: Installation, is_furnished: bool) -> tuple[Cast, Actor]:
    """The cast, and the operator."""
    if "sample" in request.fixturenames:
        world: World = request.getfixturevalue("worlds")(is_furnished=is_furnished)
        return world.cast, world.operator
    return make_people(installation.database, is_furnished=is_furnished)


@pytest.fixture
def cast(together: tuple[Cast, Actor]) -> Cast:
    return together[0]


@pytest.fixture
def operator(together: tuple[Cast, Actor]) -> Actor:
    return together[1]


@pytest.fixture
def sample(operator: Actor) -> service.Sample:
    """The sample, which was made before the test."""
    found = service.find_sample(operator)
    assert found
    return found


def make_people(database: Database, *, is_furnished: bool) -> tuple[Cast, Actor]:
    """The cast with the operator; furnished, both real organizations have a row in every table."""
    cast = make_cast(database)
    if is_furnished:
        make_workspace(database, cast.alice)
        make_workspace(database, cast.charlie)
    return with_operator(database, cast)


def _write(*arguments: Any, **options: Any) -> Any:
    if not _kept:
        _kept.update(make_rows(*arguments, **options))
    return _kept


def with_operator(database: Database, cast: Cast) -> tuple[Cast, Actor]:
    """The cast and olga, an admin of organization A who runs the installation; she is signed in like the others."""
    of_a = MadeOrganization(cast.organization_a, cast.alice.organization_name, cast.alice.organization_slug)
    with doors.login(database, Login.IDENTITY) as connection:
        olga, secret = make_person(connection, of_a, "olga", role=Role.ADMIN, is_operator=True)
    return replace(cast, secrets={**cast.secrets, olga.session_id: secret}), olga


def snapshot(database: Database) -> Snapshot:
    """Every row of every table, the queue's too, as text that can be compared."""
    found: Snapshot = {}
    with doors.admin(database) as connection:
        tables = connection.execute(
            "SELECT c.oid::regclass::text FROM pg_class c WHERE relkind = 'r' "
            "AND relnamespace IN ('public'::regnamespace, 'dbos'::regnamespace)"
        ).fetchall()
        for (table,) in tables:
            found[table] = connection.execute(f"SELECT t::text FROM {table} t ORDER BY 1".encode()).fetchall()
    return found
