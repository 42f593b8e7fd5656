from collections.abc import Callable
from functools import cache
from typing import Any
from uuid import uuid4

import bcrypt
import pytest

from lib.access.actor import Origin
from lib.identity import email_change, passwords, reset
from lib.mail.message import Message
from tests import doors
from tests.cast import PASSWORD, Cast, make_cast
from tests.conftest import Installation
from tests.mailbox import mail_server

__all__ = ["mail_server"]

Look = Callable[..., list[Any]]


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 4)


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hash of every comparison that bcrypt does from now on: where the time of a sign-in goes."""
    hashes: list[str] = []
    compare = bcrypt.checkpw

    def look(password: bytes, password_hash: bytes) -> bool:
        hashes.append(password_hash.decode())
        return compare(password, password_hash)

    monkeypatch.setattr(bcrypt, "checkpw", look)
    return hashes


@pytest.fixture
def origin() -> Origin:
    return Origin(request_id=uuid4(), ip_address="198.51.100.9", user_agent="Firefox")


@pytest.fixture
def sql(installation: Installation) -> Look:
    """Arranges and looks as the superuser; returns the rows."""

    def run(statement: str, *values: object) -> list[Any]:
        with doors.admin(installation.database) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    return run


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """The mails that were meant, with their links, which the database keeps sealed."""
    mails: list[Message] = []
    for module in (email_change, reset):
        real = module.enqueue

        def look(session: Any, message: Message, *, is_meant: bool = True, _real: Any = real) -> None:
            if is_meant:
                mails.append(message)
            _real(session, message, is_meant=is_meant)

        monkeypatch.setattr(module, "enqueue", look)
    return mails


def token_in(mail: Message) -> str:
    """What its link is good by."""
    return mail.secret_path.partition("token=")[2]


@pytest.fixture
def cast(installation: Installation, sql: Look) -> Cast:
    """The cast, whose password is PASSWORD."""
    made = make_cast(installation.database)
    sql("UPDATE user_credentials SET password_hash = %s", _hash())
    return made


@cache
def _hash() -> str:
    return passwords.hash_password(PASSWORD)
