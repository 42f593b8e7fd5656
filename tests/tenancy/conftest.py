"""Two organizations with a row in every table, which no test of this folder changes for good."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests import doors
from tests.cast import Cast, make_cast
from tests.database import ClonedDatabase
from tests.doors import Connection
from tests.made_runs import MadeRun, make_run
from tests.tenancy.tables import Table, read_tables
from tests.workspace import Workspace, make_workspace


@dataclass(frozen=True, slots=True)
class World:
    """Organization A, which is attacked, and B, which attacks."""

    database: ClonedDatabase
    cast: Cast
    a: Workspace
    b: Workspace
    #: A run of each that no worker has taken.
    queued_a: MadeRun
    queued_b: MadeRun
    #: By name, as the catalog has them.
    tables: dict[str, Table]


@pytest.fixture(scope="module")
def world(module_database: ClonedDatabase) -> World:
    cast = make_cast(module_database)
    a = make_workspace(module_database, cast.alice)
    b = make_workspace(module_database, cast.charlie)
    queued_a = make_run(module_database, cast.alice, project_id=a.project_id, template_id=a.template_id)
    queued_b = make_run(module_database, cast.charlie, project_id=b.project_id, template_id=b.template_id)
    with doors.admin(module_database) as connection:
        tables = read_tables(connection)
    return World(module_database, cast, a, b, queued_a, queued_b, tables)


@pytest.fixture(scope="module")
def web(world: World) -> Iterator[Connection]:
    """The web door with B's claims."""
    with doors.person(world.database, world.cast.charlie) as connection:
        yield connection


@pytest.fixture(scope="module")
def engine(world: World) -> Iterator[Connection]:
    """The worker's door, at work for B."""
    with doors.engine(world.database, world.cast.organization_b) as connection:
        yield connection


@pytest.fixture(scope="module")
def admin(world: World) -> Iterator[Connection]:
    """The superuser, for looking. It may become anybody else for a savepoint."""
    with doors.admin(world.database) as connection:
        yield connection
