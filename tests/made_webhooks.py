"""Endpoints and deliveries for tests: made by use cases and triggers, ended as a worker ends them."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from lib import clock
from lib.access.actor import Actor
from lib.db.logins import Login
from lib.models.webhook import EventType
from lib.projects.service import ProjectEntry, create_project
from lib.webhooks import deliveries, service
from lib.webhooks.views import EndpointEntry, EndpointView, MadeEndpoint
from tests import doors

#: An address of the outside, which nobody calls: a name would be looked up.
HOOK: Final = "https://93.184.215.14/orchestrator"


def make_endpoint(
    actor: Actor, *events: str, name: str = "Tracker", url: str = HOOK, description: str = ""
) -> MadeEndpoint:
    """An endpoint that is told of these events, of projects where none is named."""
    wanted = events or (EventType.PROJECT_CREATED, EventType.PROJECT_UPDATED)
    return service.create_endpoint(actor, EndpointEntry(name=name, url=url, description=description, events=wanted))


def see_endpoint(actor: Actor, webhook_id: UUID) -> EndpointView:
    """The endpoint as the page sees it."""
    return next(each for each in service.list_endpoints(actor) if each.id == webhook_id)


def see_webhook(webhook_id: UUID) -> EndpointView:
    """What a page shows of an endpoint, whether there is one or not."""
    return EndpointView(
        id=webhook_id,
        name="Tracker",
        url=HOOK,
        description="",
        events=(EventType.PROJECT_CREATED,),
        is_active=True,
        disabled_at=None,
        disabled_reason=None,
        consecutive_failures=0,
        failing_since=None,
        resume_at=None,
        last_triggered_at=None,
        previous_secret_expires_at=None,
        updated_at=clock.now(),
        recent=0,
        recent_delivered=0,
        waiting=0,
    )


def happen(actor: Actor, name: str = "Hinges") -> UUID:
    """Something that endpoints are told of: a project is made."""
    return create_project(actor, ProjectEntry(name=name, topic="A hinge"))


def claim(
    database: doors.Database, *, most: int = 50, under_way: Mapping[str, int] | None = None, held_seconds: int = 30
) -> list[dict[str, Any]]:
    """What a worker takes now."""
    with doors.login(database, Login.WORKER) as connection:
        found = connection.execute(
            "SELECT api.claim_deliveries(%s, %s, %s)", [most, held_seconds, Jsonb(dict(under_way or {}))]
        ).fetchone()
    assert found is not None
    claimed: list[dict[str, Any]] = found[0]["deliveries"]
    return claimed


def finish(database: doors.Database, *results: Mapping[str, Any]) -> None:
    """What a worker says came of deliveries."""
    with doors.login(database, Login.WORKER) as connection:
        connection.execute("SELECT api.finish_deliveries(%s)", [Jsonb(list(results))])


def ended(claimed: Mapping[str, Any], outcome: str = "delivered", **more: Any) -> dict[str, Any]:
    """The end of what was claimed: answered with 200, or refused with 503."""
    has_worked = outcome == "delivered"
    return {
        "id": claimed["id"],
        "attempt": claimed["attempt"],
        "url": claimed["url"],
        "outcome": outcome,
        "status_code": 200 if has_worked else 503,
        "error": None if has_worked else "“hooks.example” answered 503.",
        "response": "taken" if has_worked else "later",
        "started_at": "2026-11-22T14:14:08+00:00",
        "duration_ms": 42,
        "wait_seconds": 15 if outcome == "retry" else None,
    } | more


def make_delivery(database: doors.Database, actor: Actor, *, outcome: str | None = "delivered", **more: Any) -> UUID:
    """A delivery of `project.created`, ended like this, or waiting where that is None; the newest one's id."""
    happen(actor)
    if outcome is not None:
        finish(database, *(ended(each, outcome, **more) for each in claim(database)))
    return deliveries.list_deliveries(actor).items[0].id


def make_told(database: doors.Database, actor: Actor, webhook_id: UUID) -> dict[str, UUID]:
    """A test event of an endpoint, as if it were sent and answered; the key of its row in each table."""
    with doors.person(database, actor) as connection:
        sent = connection.execute("SELECT api.send_test_event(%s)", [webhook_id]).fetchone()
    assert sent is not None
    with doors.admin(database) as connection:  # of the sample workspace no worker sends anything
        found = connection.execute(
            "INSERT INTO webhook_attempts (organization_id, delivery_id, number, started_at, status_code) "
            "SELECT organization_id, id, 1, now(), 200 FROM webhook_deliveries WHERE id = %s "
            "RETURNING (SELECT event_id FROM webhook_deliveries d WHERE d.id = delivery_id), delivery_id, id",
            [sent[0]],
        ).fetchone()
        connection.execute("UPDATE webhook_deliveries SET status = 'delivered', attempts = 1 WHERE id = %s", [sent[0]])
    assert found is not None
    return dict(zip(("webhook_events", "webhook_deliveries", "webhook_attempts"), found, strict=True))
