"""What a load of each page sends through the web login's door: its statements, to be sent again."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy
from sqlalchemy import event

from lib.db import session
from lib.db.logins import Login
from lib.ui.navigation import PageEntry
from tests.database import ClonedDatabase
from tests.doors import Connection
from tests.opening import open_page, pages_undiscovered
from tests.plans.plan import Sent

#: The statements of one transaction; the first announces who asks.
Transaction = list[Sent]

#: As many loads as the driver and PostgreSQL take to keep their plans.
WARM_UP = 10


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds of one statement by the clock, of them CPU of the server's process, and how many rows it brought."""

    wall: float
    cpu: float
    rows: int


#: What each statement of a load took, one entry a round.
Rounds = list[list[Spent]]


@dataclass(frozen=True, slots=True)
class Replay:
    """A connection as the web process has it, and where Linux counts the nanoseconds of its server process."""

    connection: Connection
    counted: Path

    def send(self, load: Sequence[Transaction]) -> list[Spent]:
        """Send what the page sends; what each statement took, announcements among them."""
        spent = []
        for transaction in load:
            spent += [self._send(sent) for sent in transaction]
            self.connection.commit()
        return spent

    def _send(self, sent: Sent) -> Spent:
        statement, cpu, began = sent.statement.encode(), self._cpu(), time.perf_counter()
        rows = self.connection.execute(statement, sent.parameters).fetchall()
        wall = 1000 * (time.perf_counter() - began)
        return Spent(wall, self._cpu() - cpu, len(rows))

    def _cpu(self) -> float:
        return int(self.counted.read_text().split()[0]) / 1e6


def record_page_load(page: PageEntry, secret: str, shown: Mapping[str, UUID]) -> Sequence[Transaction]:
    """Open a page, as the person of that session, and note what it sends.

    `shown` is what the pages of one thing show, by their addresses. Somebody's look at their session goes through
    another door, whose tables belong to no organization.
    """
    parameters = {page.url_path: shown[page.url_path]} if page.url_path in shown else {}
    with pages_undiscovered(), _transactions() as sent:
        open_page(page, secret=secret, **parameters)
    return sent


@contextmanager
def replaying(database: ClonedDatabase) -> Iterator[Replay]:
    """Send loads on a connection of this database."""
    with psycopg.connect(database.url(Login.WEB)) as connection:
        yield Replay(connection, Path(f"/proc/{connection.info.backend_pid}/schedstat"))


@contextmanager
def _transactions() -> Iterator[list[Transaction]]:
    """What goes through the door while the `with` lasts."""
    sent: list[Transaction] = []

    def begin(_: sqlalchemy.Connection) -> None:
        sent.append([])

    def note(_: sqlalchemy.Connection, __: object, statement: str, parameters: Any, *___: object) -> None:
        sent[-1].append(Sent(statement, parameters))

    listeners = {"begin": begin, "before_cursor_execute": note}
    engine = session._engine(Login.WEB)  # the door's own: nobody else sends as it does
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    try:
        yield sent
    finally:
        for name, listener in listeners.items():
            event.remove(engine, name, listener)
