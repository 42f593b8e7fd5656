"""Endpoints in every state, with what was sent to them: what a page of webhooks is looked at with."""

from datetime import timedelta
from uuid import UUID

from lib.models.webhook import EventType as E
from tests import doors
from tests.cast import Cast
from tests.database import ClonedDatabase
from tests.made_webhooks import make_delivery, make_endpoint

_GONE = "old-crm.northwind.example answers 410 Gone. That says that it is gone."
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
        make_delivery(database, alice, busy, event=event, ago=timedelta(minutes=minutes), duration_ms=took)
    make_delivery(database, alice, quiet, event=E.QUOTA_THRESHOLD, ago=timedelta(minutes=15), status_code=202)
    make_delivery(
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
        make_delivery(database, alice, gone, outcome=None, ago=timedelta(minutes=minutes))
    make_delivery(database, alice, paused, outcome=None, ago=timedelta(hours=3), event=E.PHASE_FAILED)
    tried = make_delivery(
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
            "UPDATE webhooks SET previous_secret_key = secret_key, "
            "previous_secret_expires_at = now() + interval '24 hours' WHERE id = %s",
            [quiet],
        )
    return tried


def _make_endpoints(database: ClonedDatabase, cast: Cast) -> tuple[UUID, UUID, UUID, UUID]:
    alice = cast.alice
    busy = make_endpoint(
        database,
        alice,
        name="Delivery desk",
        url="https://hooks.northwind.example/orchestrator",
        description="Posts to the desk's channel. Looked after by Omar.",
    )
    quiet = make_endpoint(
        database, alice, name="Figures", url="https://bi.northwind.example/ingest/llm", events=["quota.threshold"]
    )
    gone = make_endpoint(
        database,
        alice,
        name="Old customer database",
        url="https://old-crm.northwind.example/hooks/orchestrator/production/9f3b1c7d5e2a4860b1",
        events=["run.completed", "run.failed", "run.cancelled", "review.requested", "review.decided"],
    )
    paused = make_endpoint(
        database, alice, name="Pager", url="https://pager.example/v2/enqueue", events=["run.failed", "phase.failed"]
    )
    with doors.person(database, alice) as connection:
        connection.execute("UPDATE webhooks SET is_active = false WHERE id = %s", [paused])
    return busy, quiet, gone, paused
