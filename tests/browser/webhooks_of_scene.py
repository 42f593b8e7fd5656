"""Endpoints in every state, with what was sent to them: what a page of webhooks is looked at with."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from lib import clock
from lib.access.actor import Actor
from lib.models.webhook import EventType
from lib.models.webhook import EventType as E
from lib.webhooks.catalogue import EVENTS
from tests import doors
from tests.cast import Cast
from tests.database import ClonedDatabase
from tests.doors import Database
from tests.factories import make_webhook
from tests.made_webhooks import claim, ended, finish

_GONE = "old-crm.northwind.example answers 410: it is gone. That says that it is gone."
_BUSY = {
    "status_code": 503,
    "error": "hooks.northwind.example answers 503: it is overloaded.",
    "response": "<html><body><h1>503 Service Unavailable</h1>No server is available.</body></html>",
}
#: Event, minutes ago, milliseconds, of what the first endpoint has taken.
_TAKEN = (
    (E.RUN_COMPLETED, 4, 142),
    (E.RUN_FAILED, 61, 190),
    (E.REVIEW_REQUESTED, 95, 61),
    (E.RUN_COMPLETED, 180, 133),
    (E.PHASE_COMPLETED, 244, 70),
    (E.PROJECT_CREATED, 371, 150),
)


def make_webhooks(database: ClonedDatabase, cast: Cast) -> UUID:
    """Of organization A, beside the one of its workspace. Returns a delivery that is tried again."""
    alice = cast.alice
    with doors.admin(database) as connection:  # what the scene itself has caused, by whatever it made
        connection.execute("DELETE FROM webhooks WHERE organization_id = %s", [alice.organization_id])
    busy, quiet, gone, paused = _make_endpoints(database, cast)
    for event, minutes, took in _TAKEN:
        _make_delivery(database, alice, busy, event=event, ago=timedelta(minutes=minutes), duration_ms=took)
    _make_delivery(database, alice, quiet, event=E.QUOTA_THRESHOLD, ago=timedelta(minutes=15), status_code=202)
    _make_delivery(
        database,
        alice,
        gone,
        ago=timedelta(hours=2),
        outcome="failed",
        status_code=410,
        error=_GONE,
        response="Gone",
        is_gone=True,
        duration_ms=88,
    )
    for minutes in (30, 50):
        _make_delivery(database, alice, gone, outcome=None, ago=timedelta(minutes=minutes))
    _make_delivery(database, alice, paused, outcome=None, ago=timedelta(hours=3), event=E.PHASE_FAILED)
    tried = _make_delivery(
        database,
        alice,
        busy,
        event=E.REVIEW_REQUESTED,
        outcome="retry",
        attempts=3,
        ago=timedelta(minutes=7),
        duration_ms=5_012,
        **_BUSY,
    )
    with doors.admin(database) as connection:
        connection.execute(
            "UPDATE webhooks SET previous_secret_key = secret_key, previous_secret_expires_at = now() + interval '23 h'"
            " WHERE id = %s",
            [quiet],
        )
    return tried


def _make_endpoints(database: ClonedDatabase, cast: Cast) -> tuple[UUID, UUID, UUID, UUID]:
    alice = cast.alice
    busy = make_webhook(
        database,
        alice,
        name="Delivery desk",
        url="https://hooks.northwind.example/orchestrator",
        events=list(EVENTS),
        description="Posts to the desk's channel. Looked after by Omar.",
    )
    quiet = make_webhook(
        database, alice, name="Figures", url="https://bi.northwind.example/ingest/llm", events=["quota.threshold"]
    )
    gone = make_webhook(
        database,
        alice,
        name="Old customer database",
        url="https://old-crm.northwind.example/hooks/orchestrator/production/9f3b1c7d5e2a4860b1",
        events=["run.completed", "run.failed", "run.cancelled", "review.requested", "review.decided"],
    )
    paused = make_webhook(
        database, alice, name="Pager", url="https://pager.example/v2/enqueue", events=["run.failed", "phase.failed"]
    )
    with doors.person(database, alice) as connection:
        connection.execute("UPDATE webhooks SET is_active = false WHERE id = %s", [paused])
    return busy, quiet, gone, paused


#: By the part of an event's name before the dot: what is the least that its data has.
_DATA: dict[str, dict[str, Any]] = {
    "run": {"run": {"id": "019aaaaa-0000-7000-8000-000000000001", "title": "Market brief", "status": "completed"}},
    "phase": {
        "phase": {"code": "research", "name": "Draft: risks and regulation", "attempt": 1},
        "run": {"id": "019aaaaa-0000-7000-8000-000000000001", "title": "Market brief"},
    },
    "review": {
        "review": {"required_approvals": 1, "due_at": "2026-11-22T17:00:00+00:00"},
        "run": {"id": "019aaaaa-0000-7000-8000-000000000001", "title": "Market brief"},
    },
    "quota": {"quota": {"used": 800, "limit": 1000}},
    "project": {"project": {"id": "019aaaaa-0000-7000-8000-000000000002", "name": "Folding bicycles"}},
    "template": {"template": {"id": "019aaaaa-0000-7000-8000-000000000003", "name": "Market brief"}},
    "user": {"user": {"id": "019aaaaa-0000-7000-8000-000000000004", "name": "Max"}},
    "webhook": {"webhook": {"id": "019aaaaa-0000-7000-8000-000000000005", "name": "Old one"}},
}


def _make_delivery(
    database: Database,
    actor: Actor,
    webhook_id: UUID,
    *,
    event: EventType = EventType.RUN_COMPLETED,
    outcome: str | None = "delivered",
    attempts: int = 1,
    ago: timedelta = timedelta(),
    **answer: Any,
) -> UUID:
    """An event on its way to one endpoint, as far as a worker has got with it.

    `outcome` is that of the last attempt: delivered, retry or failed; None where nobody has begun. `answer` is more
    of what the worker says: status_code, error, response.
    """
    happened_at = clock.now() - ago
    data = _DATA[event.partition(".")[0]]
    with doors.admin(database) as connection:
        made = connection.execute(
            "INSERT INTO webhook_events (organization_id, type, actor, data, created_at) VALUES (%s, %s, %s, %s, %s) "
            "RETURNING id",
            [
                actor.organization_id,
                event,
                Jsonb({"id": str(actor.user_id), "name": "Alice"}),
                Jsonb(data),
                happened_at,
            ],
        ).fetchone()
        assert made
        delivery_id = uuid4()
        connection.execute(
            "INSERT INTO webhook_deliveries (id, organization_id, webhook_id, event_id, event_type, next_attempt_at, "
            "created_at) SELECT %s, %s, w.id, %s, %s, CASE WHEN w.is_active THEN now() END, %s FROM webhooks w "
            "WHERE w.id = %s",
            [delivery_id, actor.organization_id, made[0], event, happened_at, webhook_id],
        )
    if outcome is not None:
        for each in (*["retry"] * (attempts - 1), outcome):
            _play_worker(database, delivery_id, outcome=each, began=happened_at, **answer)
    return delivery_id


def _play_worker(database: Database, delivery_id: UUID, *, outcome: str, began: datetime, **answer: Any) -> None:
    """Have a worker take this one and nothing else, and say what came of it."""
    with doors.admin(database) as connection:  # it is due, before all others, whatever its endpoint has done
        connection.execute(
            "UPDATE webhook_deliveries SET next_attempt_at = 'epoch' WHERE id = %s AND next_attempt_at IS NOT NULL",
            [delivery_id],
        )
        connection.execute("UPDATE webhooks SET resume_at = NULL")
    (claimed,) = claim(database, most=1)
    assert claimed["id"] == str(delivery_id)
    said = {"started_at": began.isoformat(), **({"wait_seconds": 240} if outcome == "retry" else {}), **answer}
    finish(database, ended(claimed, outcome, **said))
