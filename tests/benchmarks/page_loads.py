"""What a load of each page sends through the web login's door: its statements, transaction by transaction."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, event

from lib.db import session
from lib.db.logins import Login
from lib.ui import navigation
from tests.opening import open_page, pages_undiscovered
from tests.plans.plan import Sent

#: The statements of one transaction; the first announces who asks.
Transaction = list[Sent]


def record_page_loads(secret: str, shown: Mapping[str, UUID]) -> dict[str, Sequence[Transaction]]:
    """Open every page once, as the person of that session, and note what it sends.

    `shown` is what the pages of one thing show, by their addresses. Somebody's look at their session goes through
    another door, whose tables belong to no organization.
    """
    loads: dict[str, Sequence[Transaction]] = {}
    with pages_undiscovered():
        for page in navigation.PAGES:
            name = page.url_path
            parameters = {name: shown[name]} if name in shown else {}
            with _transactions() as sent:
                open_page(page, secret=secret, **parameters)
            loads[name] = sent
    return loads


@contextmanager
def _transactions() -> Iterator[list[Transaction]]:
    """What goes through the door while the `with` lasts."""
    sent: list[Transaction] = []

    def begin(_: Connection) -> None:
        sent.append([])

    def note(_: Connection, __: object, statement: str, parameters: Any, *___: object) -> None:
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
