"""What really stands in the database, seen past everybody's rules; and what the audit trail says of it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from lib.access.actor import Actor
from tests import doors
from tests.conftest import Installation

Record = dict[str, Any]


def rows(installation: Installation, query: str, *arguments: object) -> list[Record]:
    """What a statement finds."""
    return rows_of(installation, query, arguments)


def rows_of(installation: Installation, query: str, values: Sequence[object] | Mapping[str, object]) -> list[Record]:
    """The same of a statement whose values may have names."""
    with doors.admin(installation.database) as connection:
        return connection.cursor(row_factory=dict_row).execute(query.encode(), values).fetchall()


def row(installation: Installation, query: str, *arguments: object) -> Record:
    """The one row that a statement finds."""
    (found,) = rows(installation, query, *arguments)
    return found


def is_waited_for(installation: Installation) -> bool:
    """Whether a session waits for a lock of another one."""
    waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return rows(installation, waiting) != []


def trail(installation: Installation, action: str, resource_id: UUID) -> list[Record]:
    """What the audit trail has about one thing, the oldest first."""
    return rows(
        installation,
        "SELECT *, host(ip_address) AS address FROM audit_logs WHERE action = %s AND resource_id = %s ORDER BY id",
        action,
        resource_id,
    )


def signature(actor: Actor) -> Record:
    """Who and from where: what every entry has that this person caused."""
    return {
        "organization_id": actor.organization_id,
        "user_id": actor.user_id,
        "session_id": actor.session_id,
        "request_id": actor.origin.request_id,
        "address": actor.origin.ip_address,
        "user_agent": actor.origin.user_agent,
    }
