"""Calls for tests of usage: written as rows, and summed up as a worker does it."""

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4

from lib import clock
from lib.access.actor import Actor
from lib.db.logins import Login
from tests import doors
from tests.factories import insert

COLUMNS = (
    "created_at",
    "user_id",
    "project_id",
    "run_id",
    "template_id",
    "provider",
    "model",
    "endpoint",
    "error_kind",
    "prompt_tokens",
    "completion_tokens",
    "cost_usd",
    "response_time_ms",
    "status_code",
)


MODELS: Final = ("tiny", "small", "large", "huge")
ENDPOINTS: Final = ("/v1/chat/completions", "/v1/responses")
#: Of runs that were removed, as far as anybody can see.
TEMPLATES: Final = (UUID(int=1), UUID(int=2))


def make_up(
    chance: random.Random,
    projects: Sequence[UUID],
    people: Sequence[UUID],
    *,
    days: float,
    models: Sequence[str] = MODELS,
) -> dict[str, Any]:
    """A call of some moment of the last days, or of this one; a third of them are no calls to a model."""
    failed = chance.random() < 0.2
    return {
        "created_at": clock.now() - timedelta(seconds=chance.random() ** 2 * days * 86_400),
        "user_id": chance.choice([*people, None]),
        "project_id": chance.choice([*projects, None]),
        "provider": chance.choice(["local", "local", None]),
        "model": chance.choice(models),
        "endpoint": chance.choice(ENDPOINTS),
        "template_id": chance.choice([*TEMPLATES, None]),
        "error_kind": chance.choice(["rate_limit", "timeout", "lost", "cancelled"]) if failed else None,
        "prompt_tokens": chance.choice([None, 17, 400]),
        "completion_tokens": chance.choice([None, 5, 90]),
        "cost_usd": chance.choice([None, Decimal("0.000001"), Decimal("0.25"), Decimal("1.5")]),
        "response_time_ms": chance.choice([None, 3, 900, 15_000, int(chance.lognormvariate(7, 1.2)) + 1]),
    }


def make_calls(database: doors.Database, organization_id: UUID, calls: Sequence[Mapping[str, Any]]) -> None:
    """Usage rows; what a call does not say is that of one to a local model."""
    with doors.admin(database) as connection:
        write_calls(connection, organization_id, calls)


def write_calls(connection: Any, organization_id: UUID, calls: Sequence[Mapping[str, Any]]) -> None:
    """The same in a transaction that is open."""
    usual: dict[str, Any] = {
        "provider": "local",
        "model": "tiny",
        "endpoint": "model",
        "response_time_ms": 900,
        "cost_usd": 0,
    }
    usual["created_at"] = clock.now()
    names = ", ".join(COLUMNS)
    holes = ", ".join(["%s"] * len(COLUMNS))
    connection.cursor().executemany(
        f"INSERT INTO api_usage (organization_id, method, {names}) VALUES (%s, 'POST', {holes})",
        [[organization_id, *((usual | dict(call)).get(name) for name in COLUMNS)] for call in calls],
    )


def make_saved_view(database: doors.Database, actor: Actor, *, name: str | None = None) -> UUID:
    """A view of the page of analytics."""
    with doors.person(database, actor) as connection:
        mine = {"organization_id": actor.organization_id, "user_id": actor.user_id}
        return insert(
            connection, "saved_views", **mine, page="analytics", name=name or f"Mine {uuid4()}", query="range=30-days"
        )


def make_usage_report(database: doors.Database, actor: Actor, *, rhythm: str = "weekly") -> UUID:
    """A report by mail that the person wants, and that is not due for long."""
    with doors.person(database, actor) as connection:
        moment = connection.execute("SELECT now() + interval '1 year', current_date").fetchone()
        assert moment is not None
        mine = {"organization_id": actor.organization_id, "user_id": actor.user_id, "rhythm": rhythm}
        return insert(connection, "usage_reports", **mine, query="", next_at=moment[0], told_until=moment[1])


def roll_up(database: doors.Database) -> int:
    """All that has ended; says how many hours and days those are."""
    count = 0
    with doors.login(database, Login.WORKER) as connection:
        while found := _first(connection.execute("SELECT api.roll_up_usage(50)").fetchone()):
            connection.commit()
            count += found
    return count


def make_sums(database: doors.Database, organization_id: UUID) -> dict[str, UUID]:
    """A row in each table of sums, and in those of what is not summed up; their ids."""
    measures = "calls, failed_calls, unpriced_calls, prompt_tokens, completion_tokens, cost_usd"
    with doors.admin(database) as connection:
        made = {}
        for table, moment in (("usage_hourly", "hour"), ("usage_daily", "day")):
            made[table] = connection.execute(
                f"INSERT INTO {table} (organization_id, {moment}, cut, is_model, {measures}, latency_buckets, "
                f"latency_calls) VALUES (%s, date_trunc('{moment}', now() - interval '2 days', 'UTC'), 'none', true, "
                "1, 0, 0, 7, 5, 0, '{40}', '{1}') RETURNING id",
                [organization_id],
            )
            made[f"usage_open_{moment}s"] = connection.execute(
                f"INSERT INTO usage_open_{moment}s (organization_id, {moment}) "
                f"VALUES (%s, date_trunc('{moment}', now(), 'UTC')) RETURNING id",
                [organization_id],
            )
        return {table: _first(cursor.fetchone()) for table, cursor in made.items()}


def _first(row: tuple[Any, ...] | None) -> Any:
    assert row is not None
    return row[0]
