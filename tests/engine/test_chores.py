"""What a worker does now and then: in a real one, over one connection, and after that was cut."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest

from lib import clock
from lib.db.logins import Login
from lib.engine import chores, rollup
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_usage import make_calls
from tests.records import row
from tests.workers import Workers, until

_CHORES = "FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'orchestrator-chores'"


def make_hour(installation: Installation, cast: Cast, *, ago: int) -> None:
    called = clock.now() - timedelta(hours=ago)
    make_calls(installation.database, cast.organization_a, [{"created_at": called}])


def are_summed(installation: Installation, hours: int) -> Callable[[], bool]:
    return lambda: row(installation, "SELECT count(DISTINCT hour) AS hours FROM usage_hourly")["hours"] == hours


def test_worker_sums_usage_up_over_the_one_connection_for_such_things(
    installation: Installation, workers: Workers, cast: Cast
) -> None:
    make_hour(installation, cast, ago=3)
    workers.start()
    until(are_summed(installation, 1))
    assert row(installation, f"SELECT count(*) {_CHORES}") == {"count": 1}
    until(lambda: row(installation, "SELECT count(*) FROM size_samples WHERE name = ''") == {"count": 1})


def test_what_is_due_is_done_after_the_connection_was_cut(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rollup, "_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(chores, "_AFTER_OUTAGE_SECONDS", 0.05)

    async def cut() -> None:
        working = asyncio.create_task(chores.do_chores(installation.database.url(Login.WORKER)))
        make_hour(installation, cast, ago=3)
        await asyncio.to_thread(until, are_summed(installation, 1))
        with doors.admin(installation.database) as connection:
            connection.execute(f"SELECT pg_terminate_backend(pid) {_CHORES}")
        make_hour(installation, cast, ago=5)
        await asyncio.to_thread(until, are_summed(installation, 2))
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working

    asyncio.run(cut())
    assert "the database is away" in caplog.text
