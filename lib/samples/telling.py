"""Endpoints of the sample workspace, and what they were told of its newest runs: nothing ever was, nothing is sent."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from lib.models.run import RunStatus
from lib.models.webhook import DeliveryStatus, EventType
from lib.samples.content import SampleEndpoint
from lib.samples.rows import Row, Rows

#: So far back deliveries go: those before were removed.
_DAYS: Final = 7
#: How long ago the endpoints were set up.
_SET_UP_DAYS_AGO: Final = 40
#: One that is late is tried again by then, as a worker would.
_NEXT: Final = timedelta(minutes=4)
_TAKEN, _BUSY, _GONE = 200, 503, 410
_EVENTS: Final[Mapping[RunStatus, EventType]] = {
    RunStatus.COMPLETED: EventType.RUN_COMPLETED,
    RunStatus.FAILED: EventType.RUN_FAILED,
    RunStatus.CANCELLED: EventType.RUN_CANCELLED,
}


def add_webhooks(
    rows: Rows, endpoints: Sequence[SampleEndpoint], *, organization_id: UUID, people: Mapping[UUID, str]
) -> None:
    """Add the endpoints, and a delivery for each run of the last days whose end one of them asks for.

    `people` are the names of those who launch.
    """
    added = [(each, _add_endpoint(rows, each, organization_id)) for each in endpoints]
    ended = [run for run in rows.tables["orchestration_runs"] if run["status"] in _EVENTS]
    newest = [run for run in ended if run["completed_at"] > rows.now - timedelta(days=_DAYS)]
    for run in sorted(newest, key=lambda run: run["completed_at"]):
        event, ended_at = _EVENTS[run["status"]], run["completed_at"]
        wanting = [(each, webhook_id) for each, webhook_id in added if event in each.events]
        if not wanting:
            continue
        event_id = rows.add(
            "webhook_events",
            made=ended_at,
            organization_id=organization_id,
            type=event,
            actor={"id": str(run["user_id"]), "name": people[run["user_id"]]},
            data=_data(rows, run, people),
            created_at=ended_at,
        )
        for endpoint, webhook_id in wanting:
            is_late = endpoint.is_late and run is newest[-1]
            columns = {"organization_id": organization_id, "webhook_id": webhook_id, "event_id": event_id}
            _add_delivery(rows, endpoint, columns | {"event_type": event}, ended_at, is_late=is_late)


def _add_endpoint(rows: Rows, endpoint: SampleEndpoint, organization_id: UUID) -> UUID:
    made = rows.days_ago(_SET_UP_DAYS_AGO)
    stopped = _stopped_at(rows, endpoint)
    return rows.add(
        "webhooks",
        made=made,
        organization_id=organization_id,
        name=endpoint.name,
        url=endpoint.url,
        description=endpoint.description or None,
        events=list(endpoint.events),
        is_active=stopped is None,
        disabled_at=stopped,
        disabled_reason=f"“{endpoint.host}” answered {_GONE}. That says that it is gone." if stopped else None,
        consecutive_failures=1 if stopped or endpoint.is_late else 0,
        failing_since=stopped or (rows.now - _NEXT if endpoint.is_late else None),
        created_at=made,
        updated_at=made,
    )


def _stopped_at(rows: Rows, endpoint: SampleEndpoint) -> datetime | None:
    return rows.now - timedelta(days=endpoint.stopped_days_ago) if endpoint.stopped_days_ago else None


def _add_delivery(rows: Rows, endpoint: SampleEndpoint, columns: Row, at: datetime, *, is_late: bool) -> None:
    """One that was taken; or waits for its endpoint, which is stopped; or is tried again."""
    stopped = _stopped_at(rows, endpoint)
    is_held = stopped is not None and at > stopped
    took = int(rows.seconds(0.12).total_seconds() * 1000)
    status = DeliveryStatus.PENDING if is_held or is_late else DeliveryStatus.DELIVERED
    code = None if is_held else _BUSY if is_late else _TAKEN
    error = f"“{endpoint.host}” answered {_BUSY}." if is_late else None
    delivery_id = rows.add(
        "webhook_deliveries",
        made=at,
        **columns,
        status=status,
        attempts=0 if is_held else 1,
        next_attempt_at=rows.now + _NEXT if is_late else None,
        status_code=code,
        error=error,
        duration_ms=None if is_held else took,
        created_at=at,
        finished_at=at if status is DeliveryStatus.DELIVERED else None,
        earlier_attempts=0,
    )
    if not is_held:
        rows.add(
            "webhook_attempts",
            made=at,
            organization_id=columns["organization_id"],
            delivery_id=delivery_id,
            number=1,
            started_at=at,
            duration_ms=took,
            status_code=code,
            error=error,
            response="Service Unavailable" if is_late else '{"taken": true}',
        )


def _data(rows: Rows, run: Row, people: Mapping[UUID, str]) -> dict[str, Any]:
    """As api.run_card tells it."""
    (project,) = (each for each in rows.tables["projects"] if each["id"] == run["project_id"])
    templates = [each for each in rows.tables["orchestration_templates"] if each["id"] == run["template_id"]]
    error = run["error_details"]
    told = ("title", "status", "model", "execution_time_ms", "total_phases", "completed_phases", "total_tokens")
    moments = ("created_at", "started_at", "completed_at")
    return {
        "run": {
            "id": str(run["id"]),
            **{name: run[name] for name in told},
            **{name: run[name].isoformat() if run[name] else None for name in moments},
            **{
                name: None if run[name] is None else float(run[name])
                for name in ("success_rate", "cost_usd", "cost_limit_usd")
            },
            "parent_run_id": run["parent_run_id"] and str(run["parent_run_id"]),
            "schedule_id": None,
            "error": {name: error.get(name) for name in ("kind", "message", "phase")} if error else None,
        },
        "project": {"id": str(project["id"]), "name": project["name"]},
        "template": {"id": str(templates[0]["id"]), "name": templates[0]["name"], "version": run["template_version"]}
        if templates
        else None,
        "launched_by": {"id": str(run["user_id"]), "name": people[run["user_id"]]},
    }
