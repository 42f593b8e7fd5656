"""The logins, the roles they may become, and the database: made by an administrator before the first migration.

Roles belong to the cluster, so migrations only grant to them. The administrator is a superuser, as on the embedded
server, or a managed server's user with CREATEROLE and CREATEDB. All of it may be done again at any time.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterator, Mapping
from typing import Final

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from lib.db.logins import AUTHENTICATED, ENGINE, Login
from lib.errors import ConfigurationError, DatabaseUnavailable

DATABASE: Final = "orchestrator"
OLDEST_SERVER_MAJOR: Final = 15
#: The schema of what counts statements: an administrator's, as the extension in it is.
MONITORING: Final = "monitoring"
#: One at a time, whoever does it.
_LOCK: Final = 4711
#: A login that could do more would make every policy a decoration.
_NO_POWERS: Final = "NOSUPERUSER NOBYPASSRLS NOINHERIT NOCREATEDB NOCREATEROLE NOREPLICATION"
_HAS_POWERS: Final = "rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication"
#: What RFC 7677 asks for at least, and PostgreSQL's default.
_SCRAM_ROUNDS: Final = 4096


def make_roles(admin_url: str, *, passwords: Mapping[Login, str], database: str = DATABASE) -> None:
    """Make logins, group roles and the database, or bring them to what they should be.

    Passwords leave this process hashed only; a login without one keeps what it has. Raises ConfigurationError when the
    administrator may not do it or the server is older than PostgreSQL 15, DatabaseUnavailable when it does not answer.
    """
    try:
        with psycopg.connect(admin_url, autocommit=True) as connection:
            require_supported(connection.info.server_version)
            connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
            rounds = int(connection.info.parameter_status("scram_iterations") or _SCRAM_ROUNDS)
            for statement in _role_statements(passwords, rounds):
                connection.execute(statement.encode())
            is_there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
            if is_there is None:
                connection.execute(_create_database(database).encode())
            for statement in (_own_database(database), *_enter_database(database)):
                connection.execute(statement.encode())
            with psycopg.connect(make_conninfo(admin_url, dbname=database), autocommit=True) as inside:
                for statement in _schema_statements():
                    inside.execute(statement.encode())
            for statement in _leave_database(database):
                connection.execute(statement.encode())
    except psycopg.errors.InsufficientPrivilege as error:
        raise ConfigurationError(
            f"The administrator may not make the roles: {error}\nUse a superuser, or a role with CREATEROLE and "
            "CREATEDB, or hand the output of `orchestrator db roles --print` to somebody who is one."
        ) from error
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(f"PostgreSQL does not answer the administrator: {error}") from error
    except psycopg.ProgrammingError as error:
        if error.sqlstate is not None:
            raise
        raise ConfigurationError(  # its words may hold the password
            "The administrator's address can't be read. It must look like postgresql://admin:password@host/postgres"
        ) from None


def roles_script(*, passwords: Mapping[Login, str], database: str = DATABASE) -> str:
    """The same as SQL, for an administrator to run with psql; passwords are hashed in it."""
    create = sql.quote(_create_database(database))
    lines = [
        *_role_statements(passwords, _SCRAM_ROUNDS),
        f"SELECT {create} WHERE NOT EXISTS "  # noqa: S608 - quoted
        f"(SELECT FROM pg_database WHERE datname = {sql.quote(database)}) \\gexec",
        _own_database(database),
        *_enter_database(database),
        f"\\connect {_name(database)}",
        *_schema_statements(),
        *_leave_database(database),
    ]
    return "".join(line + ("\n" if line.startswith("\\") or line.endswith("\\gexec") else ";\n") for line in lines)


def require_supported(server_version: int) -> None:
    """Raise ConfigurationError when a server is older than PostgreSQL 15; the version as in `server_version_num`."""
    major = server_version // 10000
    if major < OLDEST_SERVER_MAJOR:
        raise ConfigurationError(
            f"PostgreSQL {OLDEST_SERVER_MAJOR} or newer is needed, and the server is PostgreSQL {major}. Upgrade it, "
            "or leave the database settings empty to use the embedded one."
        )


def database_grants(database: str) -> str:
    """Who gets into a database: the four logins. A copy made with `CREATE DATABASE … TEMPLATE` needs it again."""
    logins = ", ".join(login.role_name for login in Login)
    return (
        f"REVOKE ALL ON DATABASE {_name(database)} FROM PUBLIC; GRANT CONNECT ON DATABASE {_name(database)} TO {logins}"
    )


def password_hash(password: str, rounds: int) -> str:
    """What PostgreSQL keeps of a password: SCRAM-SHA-256, RFC 5803.

    Raises ConfigurationError for characters outside ASCII, which programs normalise differently.
    """
    if not password.isascii():
        raise ConfigurationError("A database password here may hold ASCII characters only. Choose another one.")
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, rounds)
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    salt64, stored64, server64 = (base64.b64encode(part).decode("ascii") for part in (salt, stored_key, server_key))
    return f"SCRAM-SHA-256${rounds}:{salt64}${stored64}:{server64}"


def _role_statements(passwords: Mapping[Login, str], rounds: int) -> Iterator[str]:
    for group in (AUTHENTICATED, ENGINE):
        yield _make_role(group, f"NOLOGIN {_NO_POWERS}", "rolcanlogin")
    for login in Login:
        yield _make_role(login.role_name, f"LOGIN {_NO_POWERS}", "rolinherit OR NOT rolcanlogin")
        if login in passwords:
            yield f"ALTER ROLE {login.role_name} PASSWORD '{password_hash(passwords[login], rounds)}'"
        for role in login.becomes:
            yield _grant_role(role, login.role_name)
    yield _if_may(
        # Statements and connections of the other logins, for the operator's page. A NOINHERIT owner has nothing of it
        # before PostgreSQL 16.
        f"GRANT pg_read_all_stats TO {Login.OWNER.role_name} WITH INHERIT TRUE, SET FALSE",
        from_version=160000,
    )
    # Who is no superuser needs this to give a database to the owner. It is taken back at the end.
    yield _grant_role(Login.OWNER.role_name, "CURRENT_USER")


def _make_role(name: str, attributes: str, is_wrong: str) -> str:
    """A role that exists is altered only where it is wrong: before PostgreSQL 16 that takes a superuser."""
    return f"""DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN
        CREATE ROLE {name} {attributes};
    ELSIF EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}' AND ({_HAS_POWERS} OR {is_wrong})) THEN
        ALTER ROLE {name} {attributes};
    END IF;
END $$"""  # noqa: S608 - our own words


def _grant_role(role: str, member: str) -> str:
    """Membership without inheritance. Before PostgreSQL 16 it has no options; there NOINHERIT of the member does it."""
    return f"""DO $$ BEGIN
    IF current_setting('server_version_num')::integer >= 160000 THEN
        EXECUTE 'GRANT {role} TO {member} WITH INHERIT FALSE, SET TRUE';
    ELSE
        EXECUTE 'GRANT {role} TO {member}';
    END IF;
END $$"""


def _if_may(statement: str, *, from_version: int = 0) -> str:
    """What is left out where the administrator may not do it or the server has not got it: nothing else needs it."""
    return f"""DO $$ BEGIN
    PERFORM set_config('client_min_messages', 'warning', true);
    IF current_setting('server_version_num')::integer >= {from_version} THEN
        EXECUTE {sql.quote(statement)};
    END IF;
EXCEPTION WHEN OTHERS THEN
    NULL;
END $$"""


def _create_database(database: str) -> str:
    return f"CREATE DATABASE {_name(database)} OWNER {Login.OWNER.role_name} ENCODING 'UTF8' TEMPLATE template0"


def _own_database(database: str) -> str:
    """One that was there before, as a managed server's often is, becomes the owner's."""
    return f"""DO $$ BEGIN
    IF (SELECT datdba FROM pg_database WHERE datname = {sql.quote(database)}) <> '{Login.OWNER.role_name}'::regrole THEN
        ALTER DATABASE {_name(database)} OWNER TO {Login.OWNER.role_name};
    END IF;
END $$"""  # noqa: S608 - quoted


def _enter_database(database: str) -> Iterator[str]:
    """Its grants, and the administrator's way in for as long as this takes."""
    yield _act_as(Login.OWNER.role_name)
    yield database_grants(database)
    yield f"GRANT CONNECT ON DATABASE {_name(database)} TO SESSION_USER"
    yield "RESET ROLE"


def _schema_statements() -> Iterator[str]:
    """To be run inside. Before PostgreSQL 16 a NOINHERIT owner lacks pg_database_owner's rights, who has `public`."""
    yield _act_as("pg_database_owner")
    yield "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    yield f"GRANT USAGE, CREATE ON SCHEMA public TO {Login.OWNER.role_name}"
    yield "RESET ROLE"
    yield _if_may(f"CREATE SCHEMA IF NOT EXISTS {MONITORING}")
    yield _if_may(f"CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA {MONITORING}")
    yield _if_may(f"GRANT USAGE ON SCHEMA {MONITORING} TO {Login.OWNER.role_name}")


def _leave_database(database: str) -> Iterator[str]:
    yield _act_as(Login.OWNER.role_name)
    yield f"REVOKE CONNECT ON DATABASE {_name(database)} FROM SESSION_USER"
    yield "RESET ROLE"
    yield f"REVOKE {Login.OWNER.role_name} FROM CURRENT_USER"


def _act_as(role: str) -> str:
    """Become the role, unless a superuser is at work, who may do it anyway."""
    return (
        f"SELECT set_config('role', CASE WHEN rolsuper THEN 'none' ELSE '{role}' END, false) "  # noqa: S608 - our own words
        "FROM pg_roles WHERE rolname = session_user"
    )


def _name(identifier: str) -> str:
    return sql.Identifier(identifier).as_string()
