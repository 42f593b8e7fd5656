"""The login that reads every row of every table: without it a backup would leave out what policies hide."""

from typing import Any, Final

import psycopg
from psycopg.conninfo import make_conninfo

from lib.config import get_settings
from lib.db.roles import DATABASE
from lib.db.server import BACKUP_URL_VARIABLE, hold_embedded_server
from lib.errors import ConfigurationError

_HOW: Final = "docs/backup.md says how an administrator makes one."


def backup_url() -> str:
    """The embedded server's superuser, which is started for it, else who ORCHESTRATOR_BACKUP_DATABASE_URL names.

    Raises ConfigurationError where that is missing or no address, DatabaseUnavailable.
    """
    settings = get_settings()
    if settings.is_embedded:
        return make_conninfo(hold_embedded_server().admin_url, dbname=DATABASE)
    if settings.backup_database_url is None:
        raise ConfigurationError(f"Set {BACKUP_URL_VARIABLE} to a login that reads every row. {_HOW}")
    scheme, _, rest = settings.backup_database_url.get_secret_value().partition("://")
    try:
        if scheme.removesuffix("+psycopg") in {"postgresql", "postgres"}:
            return make_conninfo(f"postgresql://{rest}")
    except psycopg.ProgrammingError:  # its words may hold the password
        pass
    raise ConfigurationError(
        f"{BACKUP_URL_VARIABLE} can't be read. It must look like postgresql://orchestrator_backup:password@host/{DATABASE}"
    )


def require_every_row(connection: psycopg.Connection[Any]) -> None:
    """Raise ConfigurationError where policies would hide rows from this login."""
    row = connection.execute(
        "SELECT session_user, rolsuper OR (rolbypassrls AND pg_has_role(oid, 'pg_read_all_data', 'USAGE')) "
        "FROM pg_roles WHERE rolname = session_user"
    ).fetchone()
    if row is None or not row[1]:
        who = row[0] if row else "The login"
        raise ConfigurationError(f"{who} of {BACKUP_URL_VARIABLE} does not read every row of every table. {_HOW}")
