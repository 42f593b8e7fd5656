"""Plain SQL through each door, as somebody who got past the code would write it.

Each is one psycopg transaction, committed when the block ends. `refusal` tries a statement inside it.
In a database of the tests' own the connection is kept for the next who passes that door (tests/kept.py).
"""

import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol
from uuid import UUID, uuid4

import psycopg

from lib.access.actor import Actor
from lib.db.logins import AUTHENTICATED, ENGINE, Login
from tests.database import SECRET_KEY
from tests.kept import Connection as Connection  # noqa: PLC0414 - whoever passes a door takes it from here
from tests.kept import connected


class Database(Protocol):
    """A migrated database, as `tests.database.ClonedDatabase` is one."""

    def url(self, login: Login) -> str: ...
    @property
    def admin_url(self) -> str: ...


def claims_of(actor: Actor) -> dict[str, str]:
    """What `lib.db.session.tenant_session` announces of a person."""
    return {
        "sub": str(actor.user_id),
        "organization": str(actor.organization_id),
        "session": str(actor.session_id),
        "request": str(uuid4()),
        "address": "192.0.2.7",
        "user_agent": "tests",
    } | ({"own_only": "true"} if actor.sees_own_only else {})


@contextmanager
def login(database: Database, who: Login) -> Iterator[Connection]:
    """One of the four logins, as it connects."""
    with connected(database.url(who)) as connection:
        yield connection


@contextmanager
def admin(database: Database) -> Iterator[Connection]:
    """The superuser, whom no policy binds: for looking at what is really there."""
    with connected(database.admin_url) as connection:
        yield connection


@contextmanager
def person(database: Database, who: Actor | Mapping[str, str] | None) -> Iterator[Connection]:
    """The web login become `authenticated`, with a person's claims, with claims made up, or with none."""
    with login(database, Login.WEB) as connection:
        become_person(connection, who)
        yield connection


@contextmanager
def engine(database: Database, organization_id: UUID | None) -> Iterator[Connection]:
    """The worker login become `engine`, for one organization or for none."""
    with login(database, Login.WORKER) as connection:
        become_engine(connection, organization_id)
        yield connection


def become_person(connection: Connection, who: Actor | Mapping[str, str] | None) -> None:
    """Announce another person on a connection of the web login, until the transaction or savepoint ends."""
    claims = claims_of(who) if isinstance(who, Actor) else who
    said = "" if claims is None else json.dumps(dict(claims))
    announce(connection, said, signature=sign(said))


def announce(connection: Connection, claims: str, *, signature: str) -> None:
    """What any SQL of the web login can do: say who asks, with a signature that may be none."""
    connection.execute(
        "SELECT set_config('role', %s, true), set_config('request.jwt.claims', %s, true), "
        "set_config('request.jwt.signature', %s, true)",
        [AUTHENTICATED, claims, signature],
    )


def sign(claims: str) -> str:
    """As the dashboard signs, by Python's own HMAC and nothing of ours."""
    key = hmac.digest(SECRET_KEY.encode(), b"ai-orchestrator claims", "sha256")
    return hmac.digest(key, claims.encode(), "sha256").hex()


def become_engine(connection: Connection, organization_id: UUID | None) -> None:
    """The same for a connection of the worker login."""
    connection.execute(
        "SELECT set_config('role', %s, true), set_config('app.organization_id', %s, true)",
        [ENGINE, str(organization_id or "")],
    )


def refusal(connection: Connection, statement: str, values: Sequence[object] = ()) -> str | None:
    """The SQLSTATE with which a statement is refused; None when it goes through. What it did is undone either way."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement.encode(), values)
    except psycopg.Error as error:
        return error.sqlstate
    return None


def reached(connection: Connection, statement: str, values: Sequence[object] = ()) -> int | str | None:
    """How many rows a statement reaches, or the SQLSTATE of its refusal. What it did is undone."""
    try:
        with connection.transaction(force_rollback=True):
            return connection.execute(statement.encode(), values).rowcount
    except psycopg.Error as error:
        return error.sqlstate
