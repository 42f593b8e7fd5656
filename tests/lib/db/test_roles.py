import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from lib.db.embedded import EmbeddedPostgres
from lib.db.embedded_programs import wheel_programs
from lib.db.logins import AUTHENTICATED, ENGINE, Login
from lib.db.roles import make_roles, password_hash, require_supported, roles_script
from lib.errors import ConfigurationError, DatabaseUnavailable
from tests.system_postgres import system_postgres

PASSWORDS = {login: f"password of {login}" for login in Login}

ROLES = """
    SELECT rolname, rolsuper, rolbypassrls, rolinherit, rolcreatedb, rolcreaterole, rolreplication, rolcanlogin
    FROM pg_roles WHERE rolname LIKE 'orchestrator%' OR rolname IN ('authenticated', 'engine') ORDER BY rolname
"""
MEMBERSHIPS = """
    SELECT m.roleid::regrole::text, m.member::regrole::text FROM pg_auth_members m
    WHERE m.member::regrole::text LIKE 'orchestrator%' ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Server:
    url: Callable[[str, str, str], str]
    admin_url: str

    def ask(
        self, question: str, *, database: str = "postgres", user: str | None = None, password: str = ""
    ) -> list[tuple]:
        url = self.url(user, password, database) if user else self.admin_url
        with psycopg.connect(url) as connection:
            return connection.execute(question.encode()).fetchall()


@pytest.fixture(params=["embedded", "system"])
def server(request: pytest.FixtureRequest) -> Server:
    """A server without our roles: the wheel's newest PostgreSQL, and the system's, on Debian 12 the oldest of all."""
    found = request.getfixturevalue("own_server" if request.param == "embedded" else "system_server")
    with psycopg.connect(found.admin_url, autocommit=True) as connection:
        for (database,) in connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'orchestrator%'"
        ).fetchall():
            connection.execute(f"DROP DATABASE {database}")
        for role in (*(login.role_name for login in Login), AUTHENTICATED, ENGINE, "administrator", "stranger"):
            connection.execute(f"DROP ROLE IF EXISTS {role}")
    return found


@pytest.fixture(scope="module")
def own_server(own_server: EmbeddedPostgres) -> Server:
    return Server(
        lambda user, password, database: own_server.url(user, password, database=database), own_server.admin_url
    )


@pytest.fixture(scope="module")
def system_server() -> Iterator[Server]:
    with system_postgres() as found:
        yield Server(lambda user, password, database: found.url(user, password, database=database), found.admin_url)


def administrator(server: Server) -> str:
    """A managed server's: may make roles and databases, and is no superuser."""
    with psycopg.connect(server.admin_url) as connection:
        connection.execute("CREATE ROLE administrator LOGIN CREATEROLE CREATEDB PASSWORD 'managed'")
    return server.url("administrator", "managed", "postgres")


def test_logins_have_no_powers_and_inherit_none_but_the_owner_the_statistics(server: Server) -> None:
    make_roles(server.admin_url, passwords=PASSWORDS)
    assert [row[:7] for row in server.ask(ROLES)] == [(row[0], *[False] * 6) for row in server.ask(ROLES)]
    assert {row[0] for row in server.ask(ROLES) if row[7]} == {login.role_name for login in Login}
    with_options = server.ask("SELECT current_setting('server_version_num')::integer >= 160000") == [(True,)]
    assert server.ask(MEMBERSHIPS) == [
        (AUTHENTICATED, "orchestrator_web"),
        (AUTHENTICATED, "orchestrator_worker"),
        (ENGINE, "orchestrator_worker"),
        *([("pg_read_all_stats", "orchestrator_owner")] if with_options else []),
    ]
    assert server.ask("SELECT pg_has_role('orchestrator_web', 'authenticated', 'USAGE')") == [(False,)]


def test_statements_are_counted_where_the_server_can(server: Server) -> None:
    """In a schema that nobody but the owner enters; where the server has not got the extension, nothing is missing."""
    make_roles(server.admin_url, passwords=PASSWORDS)
    make_roles(server.admin_url, passwords=PASSWORDS)
    owner = {"database": "orchestrator", "user": "orchestrator_owner", "password": PASSWORDS[Login.OWNER]}
    (is_there,) = server.ask("SELECT to_regclass('monitoring.pg_stat_statements') IS NOT NULL", **owner)[0]
    has_it = server.ask("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_stat_statements'")[0][0]
    assert is_there == bool(has_it)
    for login in Login:
        may = f"SELECT has_schema_privilege('{login.role_name}', 'monitoring', 'USAGE')"
        assert server.ask(may, **owner) == [(login is Login.OWNER,)]


def test_each_login_becomes_its_role_and_no_other(server: Server) -> None:
    make_roles(server.admin_url, passwords=PASSWORDS)
    may = {
        (login, role)
        for login in Login
        for role in (AUTHENTICATED, ENGINE, "orchestrator_owner")
        if login is not Login.OWNER and _may_become(server, login, role)
    }
    assert may == {(Login.WEB, AUTHENTICATED), (Login.WORKER, AUTHENTICATED), (Login.WORKER, ENGINE)}


def _may_become(server: Server, login: Login, role: str) -> bool:
    with psycopg.connect(server.url(login.role_name, PASSWORDS[login], "orchestrator")) as connection:
        try:
            connection.execute(f"SET ROLE {role}")
        except psycopg.errors.InsufficientPrivilege:
            return False
        return True


@pytest.mark.parametrize("is_managed", [False, True], ids=["superuser", "managed"])
def test_making_roles_again_changes_nothing(server: Server, is_managed: bool) -> None:
    admin_url = administrator(server) if is_managed else server.admin_url
    everything = (
        ROLES,
        "SELECT roleid, member, grantor, admin_option FROM pg_auth_members ORDER BY 1, 2, 3",
        "SELECT datacl::text, datdba::regrole::text FROM pg_database WHERE datname = 'orchestrator'",
    )
    make_roles(admin_url, passwords=PASSWORDS)
    first = [server.ask(question) for question in everything]
    make_roles(admin_url, passwords=PASSWORDS)
    assert [server.ask(question) for question in everything] == first


@pytest.mark.parametrize("is_managed", [False, True], ids=["superuser", "managed"])
def test_owner_makes_schemas_and_tables_and_others_do_not(server: Server, is_managed: bool) -> None:
    make_roles(administrator(server) if is_managed else server.admin_url, passwords=PASSWORDS)
    for login in Login:
        with psycopg.connect(server.url(login.role_name, PASSWORDS[login], "orchestrator")) as connection:
            if login is Login.OWNER:
                connection.execute("CREATE TABLE public.things (id integer)")
                connection.execute("CREATE SCHEMA api")
            else:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(f"CREATE TABLE public.things_of_{login} (id integer)")


def test_database_that_was_there_before_becomes_the_owners(server: Server) -> None:
    admin_url = administrator(server)
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE orchestrator")
    make_roles(admin_url, passwords=PASSWORDS)
    assert server.ask("SELECT datdba::regrole::text FROM pg_database WHERE datname = 'orchestrator'") == [
        ("orchestrator_owner",)
    ]
    with psycopg.connect(server.url("orchestrator_owner", PASSWORDS[Login.OWNER], "orchestrator")) as connection:
        connection.execute("CREATE SCHEMA api")
        connection.execute("CREATE TABLE public.things (id integer)")


def test_stranger_does_not_get_into_the_database(server: Server) -> None:
    make_roles(server.admin_url, passwords=PASSWORDS)
    with psycopg.connect(server.admin_url) as connection:
        connection.execute("CREATE ROLE stranger LOGIN PASSWORD 'strange'")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(server.url("stranger", "strange", "orchestrator"))


def test_superuser_login_is_put_right(server: Server) -> None:
    make_roles(server.admin_url, passwords=PASSWORDS)
    with psycopg.connect(server.admin_url) as connection:
        connection.execute("ALTER ROLE orchestrator_web SUPERUSER BYPASSRLS INHERIT")
    make_roles(server.admin_url, passwords=PASSWORDS)
    assert server.ask(
        "SELECT rolsuper OR rolbypassrls OR rolinherit FROM pg_roles WHERE rolname = 'orchestrator_web'"
    ) == [(False,)]


def test_printed_script_does_the_same(server: Server) -> None:
    script = roles_script(passwords=PASSWORDS, database="orchestrator_by_hand")
    assert not any(password in script for password in PASSWORDS.values())
    psql = shutil.which(wheel_programs() / "psql")
    assert psql is not None
    for _ in range(2):
        subprocess.run(
            [psql, administrator_or_existing(server), "-qv", "ON_ERROR_STOP=1"], input=script.encode(), check=True
        )
    for login in Login:
        [(name,)] = server.ask(
            "SELECT current_database()",
            database="orchestrator_by_hand",
            user=login.role_name,
            password=PASSWORDS[login],
        )
        assert name == "orchestrator_by_hand"


def administrator_or_existing(server: Server) -> str:
    if server.ask("SELECT 1 FROM pg_roles WHERE rolname = 'administrator'"):
        return server.url("administrator", "managed", "postgres")
    return administrator(server)


def test_administrator_without_the_right_is_told_the_way_out(server: Server) -> None:
    with psycopg.connect(server.admin_url) as connection:
        connection.execute("CREATE ROLE stranger LOGIN PASSWORD 'strange'")
    with pytest.raises(ConfigurationError, match=r"db roles --print"):
        make_roles(server.url("stranger", "strange", "postgres"), passwords=PASSWORDS)


def test_unreachable_server_is_said_to_be_unreachable(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="does not answer the administrator"):
        make_roles(f"postgresql://postgres@/postgres?host={tmp_path}", passwords=PASSWORDS)


def test_address_that_is_none_is_refused_without_its_password() -> None:
    with pytest.raises(ConfigurationError, match="It must look like postgresql://") as refusal:
        make_roles("mysql://admin:pw-secret@host", passwords=PASSWORDS)
    assert "pw-secret" not in str(refusal.value)


def test_password_that_programs_read_differently_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="ASCII"):
        password_hash("pässword", 4096)


def test_postgres_14_is_refused_and_15_is_not() -> None:
    require_supported(150000)
    with pytest.raises(ConfigurationError, match="PostgreSQL 15 or newer is needed, and the server is PostgreSQL 14"):
        require_supported(140011)
