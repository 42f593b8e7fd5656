"""Runs that people steer, for the scene: answers that wait, one that was edited, a pause, and a stop for the cost."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests import doors
from tests.cast import Cast
from tests.database import ClonedDatabase
from tests.factories import make_template
from tests.made_reviews import make_waiting, make_word
from tests.made_runs import answer, beginning, make_operation, make_run, open_run

INSTRUCTIONS = "Are the figures of this year, and does each have a source?"
EDITED = "Fold it twice, and once more for the train."


@dataclass(frozen=True, slots=True)
class Steered:
    """Runs of max, by what they wait for."""

    #: For alice: mona has edited and approved it, and two approvals are needed.
    waiting: UUID
    #: An answer that was edited and approved.
    approved: UUID
    paused: UUID
    #: For its cost.
    stopped: UUID
    #: With operations in every state, one of which waits for somebody.
    operated: UUID
    #: A template of alice's whose runs do something outside.
    acting_template_id: UUID


def make_steered(database: ClonedDatabase, cast: Cast, *, project_id: UUID) -> Steered:
    """Make them, and one more that is overdue."""
    waiting = make_waiting(
        database,
        cast.max,
        project_id=project_id,
        title="Dealers in Flanders",
        required_approvals=2,
        instructions=INSTRUCTIONS,
        due_hours=30,
    )
    approved = make_waiting(database, cast.max, project_id=project_id, title="A hinge without a screw")
    for review in (waiting, approved):
        make_word(database, cast.mona, review, edited=EDITED, comment="The third fold was missing.")
    make_waiting(database, cast.max, project_id=project_id, title="What commuters carry", due_hours=2)
    with doors.admin(database) as connection:
        overdue = "UPDATE review_requests SET due_at = now() - interval '3 hours' WHERE due_at < now() + interval '3 h'"
        connection.execute(overdue.encode())
    paused = make_run(database, cast.max, project_id=project_id, title="Rental prices")
    with doors.person(database, cast.max) as connection:
        connection.execute("SELECT api.pause_run(%s)", [paused.id])
    return Steered(
        waiting.run.id,
        approved.run.id,
        paused.id,
        _stop(database, cast, project_id),
        _operate(database, cast, project_id),
        _write_acting(database, cast),
    )


def _write_acting(database: ClonedDatabase, cast: Cast) -> UUID:
    call = {"type": "http.request", "parameters": {"url": "https://tracker.example.com/api/items"}}
    operations = [call | {"name": "Tell the tracker"}, {"type": "artifact.write", "parameters": {"path": "brief.md"}}]
    phases = [{"code": "Phase 0", "name": "Brief", "prompt": "Brief: {{ topic }}", "operations": operations}]
    return make_template(database, cast.alice, name="Weekly note to the tracker", data={"phases": phases})


def _stop(database: ClonedDatabase, cast: Cast, project_id: UUID) -> UUID:
    run = make_run(database, cast.max, project_id=project_id, title="Patents of the hinge")
    with doors.admin(database) as connection:
        connection.execute("UPDATE orchestration_runs SET cost_limit_usd = 0.02 WHERE id = %s", [run.id])
    held = open_run(database, cast.organization_a, run.id)
    first, second = run.phases
    held.advance(begin=[beginning(first)])
    assert held.advance(finish=[answer(run.phases[first])], begin=[beginning(second)])["cost_stop"] == "cost_limit"
    message = "The run has spent as much as its cost limit allows. Nothing further begins before that is raised."
    held.advance(end={"status": "paused", "error": {"kind": "cost_limit", "message": message}})
    return run.id


def _operate(database: ClonedDatabase, cast: Cast, project_id: UUID) -> UUID:
    run = make_run(database, cast.max, project_id=project_id, title="Hinges for the tracker")
    held = open_run(database, cast.organization_a, run.id)
    first, second = run.phases
    held.advance(begin=[beginning(first)])
    held.advance(finish=[answer(run.phases[first])], begin=[beginning(second)])
    held.advance(finish=[answer(run.phases[second])])
    text = "Below ten kilograms people carry it.\nAbove, they leave it in the hall."
    call = {"method": "POST", "url": "https://tracker.example.com/api/items", "json_body": {"text": text}}
    sent = {"operation_type": "http.request", "operation_params": call}
    file = {"operation_params": {"path": "reports/hinges.md", "content": text}}
    kept = {"place": "folder", "path": "reports/hinges.md", "bytes": len(text)}
    phase_id = run.phases[second]
    for position, columns in enumerate(_stand(sent, file, kept)):
        make_operation(database, cast.max, run.id, phase_execution_id=phase_id, position=position, **columns)
    with doors.admin(database) as connection:
        wait = "UPDATE orchestration_runs SET status = 'waiting_review', worker_token = NULL WHERE id = %s"
        connection.execute(wait, [run.id])
    return run.id


def _stand(sent: dict[str, Any], file: dict[str, Any], kept: dict[str, Any]) -> list[dict[str, Any]]:
    """One operation in each state."""
    busy = {"kind": "busy", "message": "“tracker.example.com” answered 503."}
    answered = {"status": 201, "content_type": "application/json", "response": '{"id": 4711}'}
    never = "Not done, because its condition is not true: phases['Check'].json.score >= 7"
    soon = datetime.now(UTC) + timedelta(minutes=4)
    return [
        sent | {"status": "waiting_approval", "name": "Tell the tracker"},
        file | {"status": "completed", "result": kept, "attempts": 1, "execution_time_ms": 4},
        sent | {"status": "failed", "attempts": 5, "execution_time_ms": 30_012, "error_details": busy},
        sent | {"status": "completed", "result": {"dry_run": True, "would": "POST https://tracker.example.com/api"}},
        sent | {"status": "completed", "attempts": 2, "execution_time_ms": 412, "result": answered},
        sent | {"status": "pending", "attempts": 2, "next_attempt_at": soon, "error_details": busy},
        sent | {"status": "running", "attempts": 1, "started_at": datetime.now(UTC)},
        sent | {"status": "rejected", "error_details": {"kind": "rejected", "message": "Not before the fair."}},
        sent | {"status": "cancelled", "error_details": {"kind": "condition", "message": never}},
    ]
