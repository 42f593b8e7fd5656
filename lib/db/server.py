"""Which server the four logins reach: the configured one, or the embedded one, started when somebody asks.

Each process knows only its own: the web process web and identity, the worker its one login. `process_environment` is
what `orchestrator up` gives them.
"""

import atexit
import json
import os
import secrets
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

from lib.config import Settings, get_settings
from lib.data_folder import data_folder, kept_secret, secret_key
from lib.db.claims import is_key_known
from lib.db.embedded import EmbeddedPostgres
from lib.db.logins import Login
from lib.db.restoring import require_whole
from lib.db.revision import require_schema
from lib.db.roles import DATABASE, make_roles, require_supported
from lib.errors import ConfigurationError, DatabaseUnavailable

#: The environment variable that holds each login's URL.
URL_VARIABLES: Final[Mapping[Login, str]] = {
    Login.OWNER: "DATABASE_URL",
    Login.WEB: "ORCHESTRATOR_WEB_DATABASE_URL",
    Login.IDENTITY: "ORCHESTRATOR_IDENTITY_DATABASE_URL",
    Login.WORKER: "ORCHESTRATOR_WORKER_DATABASE_URL",
}
#: Who reads every row, for backups: no process that serves or works gets it.
BACKUP_URL_VARIABLE: Final = "ORCHESTRATOR_BACKUP_DATABASE_URL"
_CONNECT_SECONDS: Final = 10
_OTHER_KEY: Final = (
    "The database does not know ORCHESTRATOR_SECRET_KEY, so no page could show anything. Give every process the same "
    "key; after a change of it, run `orchestrator db upgrade` with the new one, and the old one in "
    "ORCHESTRATOR_PREVIOUS_SECRET_KEYS for as long as there are processes that have it."
)

_held: dict[Path, EmbeddedPostgres] = {}
_holding = Lock()


def database_url(login: Login) -> str:
    """A libpq URI for the login. An embedded server is started for it, and held until this process ends.

    Raises ConfigurationError, naming the variable, when there is none or it is another login's; DatabaseUnavailable
    when the embedded server does not start.
    """
    if get_settings().is_embedded:
        hold_embedded_server()
    return _url(login)


def require_settings(*logins: Login, with_key: bool) -> None:
    """See that these logins have URLs that can be used, and the process its key. The embedded server needs none.

    Raises ConfigurationError with a line for each setting that is missing or wrong.
    """
    if get_settings().is_embedded:
        return
    needed: list[Callable[[], str]] = [partial(_url, login) for login in logins]
    if with_key:
        needed.append(secret_key)
    problems = []
    for ask in needed:
        try:
            ask()
        except ConfigurationError as error:
            problems.append(error.message)
    if problems:
        raise ConfigurationError("\n".join(problems))


def hold_embedded_server() -> EmbeddedPostgres:
    """The embedded server with its logins, in use by this process until it ends. Raises as `database_url`."""
    server = embedded_server()
    with _holding:
        if server.folder in _held:
            return _held[server.folder]
        server.start()
        _held[server.folder] = server
        atexit.register(server.stop)
        make_roles(server.admin_url, passwords=_embedded_passwords())
        return server


def embedded_server() -> EmbeddedPostgres:
    """The embedded server, as it is. Raises ConfigurationError when another one is configured."""
    if not get_settings().is_embedded:
        raise ConfigurationError(
            "A database server is configured, so the embedded one is not used. To use it, leave "
            f"{', '.join(URL_VARIABLES.values())} empty."
        )
    return EmbeddedPostgres(data_folder() / "postgres")


def revive_embedded_server() -> bool:
    """Start the server that this process holds if it has died; whether it had. Raises as `database_url`."""
    with _holding:
        dead = [server for server in _held.values() if not server.is_running]
        for server in dead:
            server.start()
        return bool(dead)


def release_embedded_server() -> None:
    """Use the embedded server no longer, before this process ends."""
    with _holding:
        for server in _held.values():
            server.stop()
        _held.clear()


def keep_only(*logins: Login) -> None:
    """Let this process forget every way into the database but these."""
    environment = process_environment(*logins)
    os.environ.clear()
    os.environ.update(environment)
    get_settings.cache_clear()


def process_environment(*logins: Login) -> dict[str, str]:
    """The environment of a process that may sign in as these logins and as no other. Starts nothing."""
    hidden = {*URL_VARIABLES.values(), BACKUP_URL_VARIABLE, "ORCHESTRATOR_SECRET_KEY", "ORCHESTRATOR_SECRET_KEY_FILE"}
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    urls = {URL_VARIABLES[login]: _url(login) for login in logins}
    return kept | urls | {"ORCHESTRATOR_SECRET_KEY": secret_key()}


def find_database_folder() -> Path | None:
    """Where the database of the pages lies, where that is the embedded one of our data folder."""
    server = EmbeddedPostgres(data_folder() / "postgres")
    try:
        host = conninfo_to_dict(_url(Login.WEB)).get("host")
    except ConfigurationError:  # a process that has no login of the pages
        return None
    return server.folder if host == str(server.socket_folder) else None


def check_server(login: Login, *, while_restoring: bool = False) -> None:
    """See that the login gets in, that the server is new enough, and that row-level security binds the login.

    Unless we restore ourselves, also that no restore is unfinished. All but the owner, who brings it, need the schema
    of this version as well. Raises DatabaseUnavailable or ConfigurationError.
    """
    url = database_url(login)
    try:
        with psycopg.connect(url, connect_timeout=_CONNECT_SECONDS) as connection:
            require_supported(connection.info.server_version)
            row = connection.execute(
                "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = session_user"
            ).fetchone()
            is_bound = row is not None and not row[0]
            if is_bound and not while_restoring:
                require_whole(connection)
            if is_bound and login is not Login.OWNER:
                require_schema(connection, login)
            if is_bound and login is Login.WEB and not is_key_known(connection):
                raise ConfigurationError(_OTHER_KEY)
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(
            f"The database does not let {login.role_name} in. Check {URL_VARIABLES[login]}; `orchestrator db roles` "
            f"makes the logins. PostgreSQL said: {error}"
        ) from error
    if row is None or row[0]:
        raise ConfigurationError(
            f"{login.role_name} may pass row-level security by, so tenants would not be kept apart. "
            "`orchestrator db roles` as a superuser puts that right."
        )


def configured_passwords() -> tuple[dict[Login, str], str]:
    """The passwords in the configured URLs, and the database that all of them name: what `make_roles` needs.

    Raises ConfigurationError with a line for each URL that is missing or wrong.
    """
    require_settings(*Login, with_key=False)
    parts = {login: conninfo_to_dict(_url(login)) for login in Login}
    databases = {str(part.get("dbname") or DATABASE) for part in parts.values()}
    if len(databases) > 1:
        raise ConfigurationError(f"The four database URLs name different databases: {', '.join(sorted(databases))}.")
    passwords = {login: str(part["password"]) for login, part in parts.items() if part.get("password")}
    return passwords, databases.pop()


def _url(login: Login) -> str:
    settings = get_settings()
    if settings.is_embedded:
        return embedded_server().url(login.role_name, _embedded_passwords()[login], database=DATABASE)
    return _configured_url(login, settings)


def _configured_url(login: Login, settings: Settings) -> str:
    variable = URL_VARIABLES[login]
    example = f"postgresql://{login.role_name}:password@host/{DATABASE}"
    secret = {
        Login.OWNER: settings.database_url,
        Login.WEB: settings.web_database_url,
        Login.IDENTITY: settings.identity_database_url,
        Login.WORKER: settings.worker_database_url,
    }[login]
    if secret is None:
        raise ConfigurationError(f"Set {variable} to the database as {login.role_name}, like {example}")
    scheme, _, rest = secret.get_secret_value().partition("://")
    if scheme.removesuffix("+psycopg") not in {"postgresql", "postgres"}:
        raise ConfigurationError(f"{variable} is no PostgreSQL address. It must look like {example}")
    try:
        user = conninfo_to_dict(f"postgresql://{rest}").get("user")
    except psycopg.ProgrammingError:  # its words may hold the password
        raise ConfigurationError(f"{variable} can't be read. It must look like {example}") from None
    if user != login.role_name:
        raise ConfigurationError(f"{variable} signs in as {user or 'nobody'}, and must as {login.role_name}: {example}")
    return f"postgresql://{rest}"


def _embedded_passwords() -> dict[Login, str]:
    def make() -> str:
        return json.dumps({login.value: secrets.token_urlsafe(24) for login in Login})

    found = json.loads(kept_secret(data_folder() / "database-passwords.json", make))
    return {login: found[login.value] for login in Login}
