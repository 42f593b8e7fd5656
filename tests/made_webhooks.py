"""Endpoints and deliveries for tests: made by use cases and triggers, ended as a worker ends them."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from lib.access.actor import Actor
from lib.db.logins import Login
from lib.models.webhook import EventType
from lib.projects.service import ProjectEntry, create_project
from lib.webhooks import service
from lib.webhooks.views import EndpointEntry, EndpointView, MadeEndpoint
from tests import doors

HOOK: Final = "https://hooks.example/orchestrator"


def make_endpoint(
    actor: Actor, *events: str, name: str = "Tracker", url: str = HOOK, description: str = ""
) -> MadeEndpoint:
    """An endpoint that is told of these events, of projects where none is named."""
    wanted = events or (EventType.PROJECT_CREATED, EventType.PROJECT_UPDATED)
    return service.create_endpoint(actor, EndpointEntry(name=name, url=url, description=description, events=wanted))


def see_endpoint(actor: Actor, webhook_id: UUID) -> EndpointView:
    """The endpoint as the page sees it."""
    return next(each for each in service.list_endpoints(actor) if each.id == webhook_id)


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
    return service.list_deliveries(actor).items[0].id
