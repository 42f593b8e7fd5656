"""What the audit trail says of backups and restores: they are about all organizations, and nobody signed in makes them.

It stands in the trails of those organizations that whoever runs the installation belongs to.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

import psycopg

from lib.backup.programs import APPLICATION
from lib.backup.way_in import backup_url
from lib.errors import OrchestratorError

_CONNECT_SECONDS: Final = 10
_LONGEST: Final = 500
_UNTOLD: Final = "The audit trail does not say so: it could not be written."


def tell(action: str, values: Mapping[str, object], *, say: Callable[[str], object], url: str | None = None) -> None:
    """Write that it was done ("backup"); where that can't be, `say` so: what was done holds all the same."""
    try:
        _write(url or backup_url(), action, values)
    except (OrchestratorError, psycopg.Error, OSError) as error:
        say(f"{_UNTOLD} {error}".strip())


def tell_failure(error: Exception) -> None:
    """Write why no backup was made, as far as the database can be reached: often it is that which is away."""
    why = error.message if isinstance(error, OrchestratorError) else f"Something went wrong: {type(error).__name__}."
    with suppress(OrchestratorError, psycopg.Error, OSError):
        _write(backup_url(), "backup_failed", {"failure": why[:_LONGEST]})


def _write(url: str, action: str, values: Mapping[str, object]) -> None:
    with psycopg.connect(url, connect_timeout=_CONNECT_SECONDS, application_name=APPLICATION) as connection:
        said = json.dumps(values, default=str)
        connection.execute("SELECT api.record_installation(%s, %s)", [f"installation.{action}", said])
