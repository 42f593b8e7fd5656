"""The three doors to the database. Nothing else opens a session; a test holds the list of who uses which.

* `tenant_session(caller)`: a person's work, as role `authenticated`, under the policies of their organization.
* `identity_session()`: sign-in's own tables and its few definer functions; no tenant's rows.
* `engine_session(organization_id)`: the engine's work for one organization, as role `engine`.

Each is one transaction: committed when the block ends, rolled back when it raises. Who asks is announced in one
statement, for this transaction only.
"""

import json
import logging
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, Protocol
from uuid import UUID

from psycopg import Connection
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from lib.db.claims import sign
from lib.db.constraints import sqlstate_of
from lib.db.logins import Login
from lib.db.server import database_url
from lib.errors import DatabaseBusy, DatabaseFull, DatabaseUnavailable, RightsChanged

log = logging.getLogger(__name__)

#: A page's query that takes longer than this is a defect; it is stopped rather than left to pile up.
STATEMENT_TIMEOUT_MS = 15_000
#: Nobody looks longer at a button that does nothing: who has to wait for a lock, as while an archive takes runs away,
#: is told so. Workers wait as long as any statement may.
LOCK_TIMEOUT_MS = 4_000
_FULL: Final = (
    "The database's disk is full, so nothing can be saved. Ask whoever runs this installation to make room there; "
    "nothing is lost, and runs go on by themselves afterwards."
)
_BUSY: Final = (
    "This has to wait for something that is under way, as while an archive is being made or restored, old runs are "
    "being removed or this installation is upgraded. Nothing was changed; try again in a minute."
)
IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000

#: A connection that nobody has used for so long is asked whether it lives: what lies between may have forgotten it.
_UNUSED_SECONDS: Final = 20.0
_USED_AT: Final = "used_at"

#: https://www.postgresql.org/docs/current/errcodes-appendix.html
_DISK_FULL: Final = "53100"
_LOCK_NOT_AVAILABLE: Final = "55P03"
_INSUFFICIENT_PRIVILEGE: Final = "42501"

#: Connections of a login that a process keeps, and how many more it opens while many ask.
_POOL_SIZE, _MOST_BEYOND = 5, 15
_engines: dict[Login, Engine] = {}
_making = Lock()

_ANNOUNCE_PERSON = text(
    "SELECT set_config('role', 'authenticated', true), set_config('request.jwt.claims', :claims, true), "
    "set_config('request.jwt.signature', :signature, true)"
)
_ANNOUNCE_REQUEST = text("SELECT set_config('request.jwt.claims', :claims, true)")
_ANNOUNCE_ENGINE = text(
    "SELECT set_config('role', 'engine', true), set_config('app.organization_id', :organization, true)"
)


class Request(Protocol):
    """Where a request comes from, as `lib.access.actor.Origin` says it."""

    @property
    def request_id(self) -> UUID: ...
    @property
    def ip_address(self) -> str | None: ...
    @property
    def user_agent(self) -> str | None: ...


class Caller(Protocol):
    """A signed-in person, or one for whom a worker acts, as `lib.access.actor.Actor` says it."""

    @property
    def user_id(self) -> UUID: ...
    @property
    def organization_id(self) -> UUID: ...
    @property
    def session_id(self) -> UUID: ...
    @property
    def is_scheduled(self) -> bool: ...
    @property
    def sees_own_only(self) -> bool: ...
    @property
    def origin(self) -> Request: ...


@contextmanager
def tenant_session(caller: Caller, *, is_one_moment: bool = False) -> Iterator[Session]:
    """A transaction as this person, who sees and changes what the policies let them.

    Use cases ask for the permission before they change anything. Where PostgreSQL refuses all the same, somebody has
    taken it meanwhile: `RightsChanged`, also for what policies, grants and guards refuse in a function.
    A worker launches what is scheduled through the same door, by its own login and with claims that it signs
    (docs/decisions/0016).
    `is_one_moment` is for reading a list in several statements: all of them see it as it stood at the first.
    """
    claims = json.dumps(
        _request_claims(caller.origin)
        | {
            "sub": str(caller.user_id),
            "organization": str(caller.organization_id),
        }
        | ({} if caller.is_scheduled else {"session": str(caller.session_id)})
        | ({"own_only": "true"} if caller.sees_own_only else {})
    )
    try:
        with _transaction(Login.WORKER if caller.is_scheduled else Login.WEB) as session:
            if is_one_moment:
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            session.execute(_ANNOUNCE_PERSON, {"claims": claims, "signature": sign(claims)})
            yield session
    except ProgrammingError as error:
        if sqlstate_of(error) != _INSUFFICIENT_PRIVILEGE:
            raise
        log.exception("the database refused it to %s, who could a moment ago, or a grant is missing", caller.user_id)
        raise RightsChanged from error


@contextmanager
def identity_session(request: Request | None = None, *, user_id: UUID | None = None) -> Iterator[Session]:
    """A transaction as the identity login. `user_id` names who the audit trail is to name, where that is known."""
    claims = _request_claims(request) | ({"sub": str(user_id)} if user_id else {})
    with _transaction(Login.IDENTITY) as session:
        session.execute(_ANNOUNCE_REQUEST, {"claims": json.dumps(claims)})
        yield session


@contextmanager
def engine_session(organization_id: UUID) -> Iterator[Session]:
    """A transaction as the engine, for one organization."""
    with _transaction(Login.WORKER) as session:
        session.execute(_ANNOUNCE_ENGINE, {"organization": str(organization_id)})
        yield session


@dataclass(frozen=True, slots=True)
class Pool:
    """The connections of one login that this process keeps."""

    login: Login
    in_use: int
    idle: int
    #: Whoever needs one more waits, five seconds at most.
    most: int


def read_pools() -> list[Pool]:
    """Those that this process has opened, as they are now."""
    pools = ((login, engine.pool) for login, engine in sorted(_engines.items()))
    return [
        Pool(login, pool.checkedout(), pool.checkedin(), _POOL_SIZE + _MOST_BEYOND)
        for login, pool in pools
        if isinstance(pool, QueuePool)
    ]


def dispose() -> None:
    """Close every pool of this process; the next door opens a new one."""
    while _engines:
        _engines.popitem()[1].dispose()


@contextmanager
def _transaction(login: Login) -> Iterator[Session]:
    try:
        with Session(_engine(login), expire_on_commit=False) as session, session.begin():
            yield session
    except OperationalError as error:
        if _is_gone(error):
            message = "The database does not answer. It is tried again as soon as you reload; nothing was changed."
            raise DatabaseUnavailable(message) from error
        if sqlstate_of(error) == _DISK_FULL:
            raise DatabaseFull(_FULL) from error
        if sqlstate_of(error) == _LOCK_NOT_AVAILABLE:
            raise DatabaseBusy(_BUSY) from error
        raise


def _engine(login: Login) -> Engine:
    with _making:
        if login not in _engines:
            _engines[login] = _make_engine(login)
        return _engines[login]


def _make_engine(login: Login) -> Engine:
    engine = create_engine(
        make_url(database_url(login)).set(drivername="postgresql+psycopg"),
        pool_size=_POOL_SIZE,
        max_overflow=_MOST_BEYOND,
        pool_timeout=5,
        hide_parameters=True,  # an error is logged: no password hash and no text of a tenant goes with it
        native_inet_types=False,
        connect_args={
            "connect_timeout": 5,
            "application_name": f"orchestrator-{login}",
            "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} "
            f"-c lock_timeout={LOCK_TIMEOUT_MS if login is Login.WEB else 0} "
            f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_MS}",
        },
    )

    def require_living(connection: Any, entry: ConnectionPoolEntry, _: object) -> None:
        if entry.info.get(_USED_AT, 0.0) + _UNUSED_SECONDS > time.monotonic() and not _has_unread(connection):
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.OperationalError as error:
            raise InvalidatePoolError from error  # all that are as old go with it, and a new one is made

    event.listen(engine, "checkout", require_living)
    event.listen(engine, "checkin", _note_use)
    return engine


def _has_unread(connection: Connection) -> bool:
    """Whether the server said something unasked, as it does at its end; looked up here, without a round trip to it."""
    if connection.closed:
        return True
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


def _note_use(_: object, entry: ConnectionPoolEntry) -> None:
    entry.info[_USED_AT] = time.monotonic()


def _request_claims(request: Request | None) -> dict[str, str]:
    if request is None:
        return {}
    return {
        "request": str(request.request_id),
        "address": request.ip_address or "",
        "user_agent": (request.user_agent or "")[:400],
    }


def _is_gone(error: DBAPIError) -> bool:
    """Whether the connection failed, and not a statement on it (a time-out, a serialization failure)."""
    state = sqlstate_of(error)
    return error.connection_invalidated or not state or state.startswith(("08", "57P"))
