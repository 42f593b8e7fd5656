"""The doors' pools: a connection that has gone is noticed before anybody's statement fails on it."""

import time

import pytest
from sqlalchemy import event, text

from lib.db import session
from lib.db.logins import Login
from lib.db.session import tenant_session
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation

END_ALL = (  # of this test's own database: other tests share the server
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE usename = 'orchestrator_web' AND datname = current_database()"
)


def _number(cast: Cast) -> int:
    """The server process behind a transaction."""
    with tenant_session(cast.alice) as opened:
        return int(opened.scalar(text("SELECT pg_backend_pid()")) or 0)


@pytest.fixture
def pings(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The times that a connection of the web login is asked whether it lives."""
    session.dispose()  # of several connections each is taken by turns
    dialect, asked = session._engine(Login.WEB).dialect, []  # the door's own: nobody else's pool is used
    real = dialect.do_ping
    monkeypatch.setattr(dialect, "do_ping", lambda connection: (asked.append(connection), real(connection))[1])
    return asked


def test_connection_that_was_just_used_is_not_asked_whether_it_lives(cast: Cast, pings: list[object]) -> None:
    first = _number(cast)
    pings.clear()
    assert [_number(cast) for _ in range(3)] == [first] * 3
    assert pings == []


def test_connection_that_lay_unused_is_asked(cast: Cast, pings: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    first = _number(cast)
    pings.clear()
    monkeypatch.setattr(session, "_UNUSED_SECONDS", 0.0)
    time.sleep(0.01)
    assert _number(cast) == first
    assert len(pings) == 1


def test_connections_that_the_server_ended_are_replaced_before_the_next_statement(
    installation: Installation, cast: Cast
) -> None:
    lost: list[object] = []
    event.listen(session._engine(Login.WEB), "handle_error", lost.append)  # the door's own, as above
    first = _number(cast)
    with doors.admin(installation.database) as connection:
        connection.execute(END_ALL)
    assert _number(cast) not in {0, first}
    assert lost == [], "no statement of anybody's has failed"
