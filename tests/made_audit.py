"""Entries of the trail as they would stand there by now, and seals over them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from lib import clock
from lib.access.actor import Actor
from lib.db.logins import Login
from tests import doors
from tests.conftest import Installation
from tests.doors import Database

Tamper = Callable[..., None]

#: An id as api.uuid7 would have made it at that moment.
_ID_OF: Final = (
    "encode(overlay(uuid_send(api.uuid7()) PLACING substring(uuid_send(api.first_id(%s)) FROM 1 FOR 6) FROM 1 FOR 6), "
    "'hex')::uuid"
)


def write_entries(
    database: Database, actor: Actor, *, count: int = 1, hours_ago: float = 2, **values: Any
) -> list[UUID]:
    """So many entries of the person's, written that long ago, a millisecond after each other."""
    entry: dict[str, Any] = {
        "organization_id": actor.organization_id,
        "user_id": actor.user_id,
        "action": "projects.update",
        "resource_type": "projects",
        "resource_id": None,
        "old_values": {},
        "new_values": {},
        "ip_address": "81.2.69.142",
        "user_agent": "tests",
    } | values
    columns = ", ".join(entry)
    holes = ", ".join(["%s"] * len(entry))
    begin = clock.now() - timedelta(hours=hours_ago)
    made = []
    with doors.admin(database) as connection:
        for number in range(count):
            moment = begin + timedelta(milliseconds=number)
            cells = [Jsonb(cell) if isinstance(cell, dict) else cell for cell in entry.values()]
            row = connection.execute(
                f"INSERT INTO audit_logs (id, created_at, {columns}) "
                f"VALUES ({_ID_OF}, %s, {holes}) RETURNING id".encode(),
                [moment, moment, *cells],
            ).fetchone()
            assert row is not None
            made.append(row[0])
    return made


def make_many(database: Database, actor: Actor, *, count: int, days_ago: float) -> None:
    """So many entries of the person's organization, by nobody, from that day on, a millisecond after each other."""
    with doors.admin(database) as connection:
        connection.execute(
            "INSERT INTO audit_logs (id, organization_id, action, created_at) SELECT overlay(api.uuid7()::text PLACING "
            "left(api.first_id(moment)::text, 13) FROM 1 FOR 13)::uuid, %s, 'projects.update', moment "
            "FROM generate_series(1, %s) n, "
            "LATERAL (SELECT now() - %s * interval '1 day' + n * interval '1 millisecond' AS moment) at",
            [actor.organization_id, count, days_ago],
        )


def seal(database: Database, *, hours_ago: float = 0, most: int = 100, is_waiting: bool = False) -> int:
    """What the worker's job does, or did that long ago; says how many seals that made.

    It looks at transactions that are under way where it `is_waiting`: those of other tests, beside this one, as well.
    """
    horizon = "pg_current_xact_id()" if is_waiting else "'3'"
    with doors.login(database, Login.WORKER) as connection:
        before = connection.execute(
            f"SELECT now() - %s * interval '1 hour', {horizon}::text".encode(), [hours_ago]
        ).fetchone()
        assert before is not None
        connection.commit()
        row = connection.execute("SELECT api.seal_audit(%s, %s::xid8, %s)", [*before, most]).fetchone()
    assert row is not None
    return int(row[0])


def make_seal(database: Database, actor: Actor) -> UUID:
    """A seal over some entries of the person's organization."""
    write_entries(database, actor)
    seal(database)
    with doors.admin(database) as connection:
        row = connection.execute(
            "SELECT id FROM audit_seals WHERE organization_id = %s ORDER BY number DESC", [actor.organization_id]
        ).fetchone()
    assert row is not None
    return UUID(str(row[0]))


@pytest.fixture
def tamper(installation: Installation) -> Tamper:
    """What only a superuser can do, past every trigger."""

    def change(statement: str, *values: object) -> None:
        with doors.admin(installation.database) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(statement.encode(), values)

    return change
