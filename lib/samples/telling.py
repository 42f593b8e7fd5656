"""Endpoints of the sample workspace, and what they were told of its newest runs: nothing ever was, nothing is sent."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from lib.models.run import RunStatus
from lib.models.webhook import DeliveryStatus, EventType
from lib.samples.content import SampleEndpoint
from lib.samples.rows import Row, Rows
from lib.webhooks.retry import decide

#: So far back deliveries go: those before were removed.
_DAYS: Final = 7
#: How long ago the endpoints were set up.
_SET_UP_DAYS_AGO: Final = 40
#: Of the waits between two attempts the one in the middle.
_CHANCE: Final = 0.8
_TAKEN, _BUSY, _GONE = 200, 503, 410
_ANSWERS: Final = {_TAKEN: '{"taken": true}', _BUSY: "Service Unavailable", _GONE: "Gone"}
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
    told: dict[UUID, list[Row]] = {webhook_id: [] for _, webhook_id in added}
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
        for _, webhook_id in wanting:
            columns = {"organization_id": organization_id, "webhook_id": webhook_id, "event_id": event_id}
            told[webhook_id].append({**columns, "event_type": event, "created_at": ended_at})
    for endpoint, webhook_id in added:
        _deliver(rows, endpoint, webhook_id, told[webhook_id])


def _add_endpoint(rows: Rows, endpoint: SampleEndpoint, organization_id: UUID) -> UUID:
    made = rows.days_ago(_SET_UP_DAYS_AGO)
    return rows.add(
        "webhooks",
        made=made,
        organization_id=organization_id,
        name=endpoint.name,
        url=endpoint.url,
        description=endpoint.description or None,
        events=list(endpoint.events),
        is_active=True,
        disabled_at=None,
        disabled_reason=None,
        consecutive_failures=0,
        failing_since=None,
        last_triggered_at=None,
        created_at=made,
        updated_at=made,
    )


def _deliver(rows: Rows, endpoint: SampleEndpoint, webhook_id: UUID, told: Sequence[Row]) -> None:
    """Have the endpoint take what it was told of, the oldest first, until it says that it is gone, or to the newest."""
    (webhook,) = (row for row in rows.tables["webhooks"] if row["id"] == webhook_id)
    stopping = _find_stopping(rows, endpoint, told)
    for at, columns in enumerate(told):
        if stopping is not None and at > stopping:
            _hold(rows, columns)
        elif at == stopping:
            refused = f"“{endpoint.host}” answered {_GONE}. That says that it is gone."
            _attempt(rows, endpoint, columns, [None], code=_GONE, error=refused)
            webhook |= {"is_active": False, "disabled_at": columns["created_at"], "disabled_reason": refused}
            webhook |= {"consecutive_failures": 1, "failing_since": columns["created_at"]}
        elif endpoint.is_late and columns is told[-1]:
            waits = _waits_so_far(rows.now - columns["created_at"])
            _attempt(rows, endpoint, columns, waits, code=_BUSY, error=f"“{endpoint.host}” answered {_BUSY}.")
            webhook |= {"consecutive_failures": len(waits), "failing_since": columns["created_at"]}
        else:
            _attempt(rows, endpoint, columns, [None], code=_TAKEN, error=None)
    attempts = [row["started_at"] for row in rows.tables.get("webhook_attempts", []) if row["url"] == endpoint.url]
    webhook["last_triggered_at"] = max(attempts, default=None)


def _find_stopping(rows: Rows, endpoint: SampleEndpoint, told: Sequence[Row]) -> int | None:
    """Which one the endpoint has answered with that it is gone: the last before it stopped."""
    if not endpoint.stopped_days_ago:
        return None
    stopped = rows.now - timedelta(days=endpoint.stopped_days_ago)
    return max((at for at, columns in enumerate(told) if columns["created_at"] <= stopped), default=None)


def _waits_so_far(age: timedelta) -> list[timedelta | None]:
    """How long a worker waits after each attempt that there was in that time, None after the last one of all."""
    waits: list[timedelta | None] = []
    passed = timedelta()
    while passed <= age:
        wait = decide(len(waits) + 1, chance=_CHANCE).wait_seconds
        waits.append(None if wait is None else timedelta(seconds=wait))
        if wait is None:
            break
        passed += timedelta(seconds=wait)
    return waits


def _attempt(
    rows: Rows,
    endpoint: SampleEndpoint,
    columns: Row,
    waits: Sequence[timedelta | None],
    *,
    code: int,
    error: str | None,
) -> None:
    """Add a delivery with an attempt for each of the waits that follow them; where there is a last one, it is tried."""
    at, took = columns["created_at"], int(rows.seconds(0.12).total_seconds() * 1000)
    *between, last = waits
    starts = [at + sum((wait for wait in between[:number] if wait), timedelta()) for number in range(len(waits))]
    status = DeliveryStatus.PENDING if last else DeliveryStatus.FAILED if error else DeliveryStatus.DELIVERED
    delivery_id = rows.add(
        "webhook_deliveries",
        made=at,
        **columns,
        status=status,
        attempts=len(waits),
        next_attempt_at=starts[-1] + last if last else None,
        status_code=code,
        error=error,
        duration_ms=took,
        finished_at=None if last else starts[-1],
        earlier_attempts=0,
    )
    for number, started_at in enumerate(starts, start=1):
        rows.add(
            "webhook_attempts",
            made=started_at,
            organization_id=columns["organization_id"],
            delivery_id=delivery_id,
            number=number,
            started_at=started_at,
            duration_ms=took,
            status_code=code,
            error=error,
            response=_ANSWERS[code],
            url=endpoint.url,
            resume_at=None,
        )


def _hold(rows: Rows, columns: Row) -> None:
    """Add a delivery that waits for its endpoint, which is stopped."""
    nothing = dict.fromkeys(("next_attempt_at", "status_code", "error", "duration_ms", "finished_at"))
    rows.add(
        "webhook_deliveries",
        made=columns["created_at"],
        **columns,
        status=DeliveryStatus.PENDING,
        attempts=0,
        earlier_attempts=0,
        **nothing,
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
