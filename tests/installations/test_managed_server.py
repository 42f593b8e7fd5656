"""A managed server: nobody here is superuser, an administrator makes the roles, and the owner may make none."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from lib.db.embedded import EmbeddedPostgres
from lib.db.embedded_programs import wheel_programs
from lib.db.logins import Login
from lib.db.server import URL_VARIABLES
from lib.models.run import RunStatus
from tests import doors
from tests.database import CARELESS, PASSWORDS, SECRET_KEY, Server
from tests.engine.conftest import chain
from tests.installations.commands import carried_out, refused, settings_of
from tests.system_postgres import system_postgres

DATABASE = "orchestrator"


@dataclass(frozen=True, slots=True)
class ManagedDatabase:
    """The database that the commands make on a server."""

    server: Server
    name: str = DATABASE

    def url(self, login: Login) -> str:
        return self.server.url(login.role_name, PASSWORDS[login], database=self.name)

    @property
    def admin_url(self) -> str:
        """The superuser of whoever runs the server: for looking only."""
        return self.server.admin_url.replace("/postgres?", f"/{self.name}?")

    @property
    def administrators_url(self) -> str:
        """What a customer gets: a login that may make roles and databases."""
        return self.server.url("administrator", "managed", database="postgres")

    @property
    def urls(self) -> dict[str, str]:
        return {URL_VARIABLES[login]: self.url(login) for login in Login}


def owners(database: ManagedDatabase) -> dict[str, str]:
    """What whoever changes the schema sets."""
    return {"DATABASE_URL": database.url(Login.OWNER), "ORCHESTRATOR_SECRET_KEY": SECRET_KEY}


def print_roles_for_the_administrator(database: ManagedDatabase) -> None:
    script = carried_out("db", "roles", "--print", settings=database.urls)
    words = [wheel_programs() / "psql", database.administrators_url, "-qXv", "ON_ERROR_STOP=1", "-o", "/dev/null"]
    done = subprocess.run(words, input=script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def make_roles_as_the_administrator(database: ManagedDatabase) -> None:
    said = carried_out("db", "roles", "--admin-url", database.administrators_url, settings=database.urls)
    assert "Next: orchestrator db upgrade" in said


def make_database_beforehand(database: ManagedDatabase) -> None:
    """As many a provider's form does: the database is the administrator's then."""
    with psycopg.connect(database.administrators_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database.name}")


@pytest.fixture(scope="module")
def newest(open_folder: Path) -> Iterator[Server]:
    with EmbeddedPostgres(open_folder / "managed", CARELESS) as server:
        yield server


@pytest.fixture(scope="module")
def oldest() -> Iterator[Server]:
    with system_postgres() as server:
        yield server


@pytest.fixture(params=["newest", "oldest"])
def managed(request: pytest.FixtureRequest) -> ManagedDatabase:
    server: Server = request.getfixturevalue(request.param)
    with psycopg.connect(server.admin_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'administrator'").fetchone():
            connection.execute("DROP OWNED BY administrator")
        for role in ("administrator", *(login.role_name for login in Login), "authenticated", "engine"):
            connection.execute(f"DROP ROLE IF EXISTS {role}")
        connection.execute("CREATE ROLE administrator LOGIN CREATEROLE CREATEDB PASSWORD 'managed'")
        connection.execute("REVOKE CONNECT ON DATABASE postgres FROM PUBLIC")
        connection.execute("GRANT CONNECT ON DATABASE postgres TO administrator")
    return ManagedDatabase(server)


@pytest.fixture
def database(managed: ManagedDatabase, request: pytest.FixtureRequest) -> ManagedDatabase:
    """Made and migrated by the commands; everything that stands on `database` finds it."""
    if "newest" in request.node.name:
        print_roles_for_the_administrator(managed)
    else:
        make_database_beforehand(managed)
        make_roles_as_the_administrator(managed)
    said = carried_out("db", "upgrade", settings=owners(managed))
    assert "orchestrator db upgrade" not in said
    return managed


def test_run_is_walked_and_the_schema_goes_down_and_up(database, bench, workers, start_web):
    with psycopg.connect(database.admin_url) as connection:
        powers = "rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication"
        found = connection.execute(f"SELECT rolname FROM pg_roles WHERE ({powers}) AND rolname LIKE 'orchestrator%'")
        assert found.fetchall() == []
    workers.start()
    run = bench.wait_for_end(bench.launch(chain("a", "b")))
    assert run.summary.status is RunStatus.COMPLETED
    assert start_web().get("/readyz").status_code == 200
    with doors.person(database, bench.cast.charlie) as connection:
        assert connection.execute("SELECT count(*) FROM orchestration_runs").fetchone() == (0,)
    workers.stop()
    owner = settings_of(Login.OWNER)
    assert "Run `orchestrator db upgrade`" in carried_out("db", "downgrade", "base", "--yes", settings=owner)
    carried_out("db", "upgrade", settings=owner)
    assert "orchestrator db upgrade" not in carried_out("db", "status", settings=owner)


@pytest.mark.parametrize("managed", ["newest"], indirect=True)
def test_what_needs_the_schema_says_that_it_is_missing_or_old(managed, tmp_path):
    print_roles_for_the_administrator(managed)
    settings = managed.urls | {"ORCHESTRATOR_SECRET_KEY": SECRET_KEY, "ORCHESTRATOR_DATA_DIR": str(tmp_path)}
    for words in (["web", "--port", "0"], ["organizations", "list"]):
        assert refused(*words, settings=settings).startswith("The database is empty, and this version needs ")
    carried_out("db", "upgrade", "0004", settings=settings)
    for words in (["worker"], ["up", "--port", "0"]):
        assert "stands at revision 0004" in refused(*words, settings=settings)


@pytest.mark.parametrize("managed", ["newest"], indirect=True)
def test_upgrade_without_roles_or_rights_names_the_way_out(managed):
    settings = owners(managed)
    assert "`orchestrator db roles` makes the logins" in refused("db", "upgrade", settings=settings)
    print_roles_for_the_administrator(managed)
    with psycopg.connect(managed.server.admin_url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {DATABASE} OWNER TO administrator")
        connection.execute(f"GRANT CONNECT ON DATABASE {DATABASE} TO orchestrator_owner")
    said = refused("db", "upgrade", settings=settings)
    assert said.startswith("orchestrator_owner may not do what the schema needs: permission denied for database")
    assert "`orchestrator db roles`" in said
