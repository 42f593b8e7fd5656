"""Runs for tests, and the worker's part in them: taken, walked and ended through the worker's own doors, so a test that
needs a finished run gets one that the policies and guards have let through.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from lib.access.actor import Actor
from lib.db.logins import Login
from lib.providers.base import ModelChoice, ModelParameters, ModelTraits
from lib.templates.plan import make_plan
from lib.templates.structure import parse_template
from tests import doors
from tests.doors import Database
from tests.factories import TEMPLATE_DATA, TOPIC, insert, made_by

MODEL = "local:smollm2-135m"


@dataclass(frozen=True, slots=True)
class MadeRun:
    """A run and its phases' first attempts, by code."""

    id: UUID
    phases: Mapping[str, UUID]


@dataclass(frozen=True, slots=True)
class HeldRun:
    """A run that a worker has taken: `token` is what writes to it from here on."""

    database: Database
    organization_id: UUID
    run_id: UUID
    token: UUID

    def advance(
        self,
        *,
        finish: Sequence[Mapping[str, Any]] = (),
        skip: Sequence[Mapping[str, Any]] = (),
        begin: Sequence[Mapping[str, Any]] = (),
        end: Mapping[str, Any] | None = None,
        waiting: Sequence[UUID] = (),
        rest_ms: int | None = None,
    ) -> Any:
        """One step, as the worker takes it; returns what the database answers."""
        step = {"finish": list(finish), "skip": list(skip), "begin": list(begin), "end": end, "rest_ms": rest_ms}
        step["waiting"] = [str(id_) for id_ in waiting]
        arguments = (self.organization_id, self.run_id, self.token, Jsonb(step))
        return call_worker(self.database, "SELECT api.advance_run(%s, %s, %s, %s)", *arguments)


def make_run(
    database: Database,
    actor: Actor,
    *,
    project_id: UUID,
    template_id: UUID | None = None,
    title: str = "A run",
    model: str = MODEL,
    priority: str | None = None,
    is_in_line: bool = False,
    data: Mapping[str, Any] = TEMPLATE_DATA,
) -> MadeRun:
    """A run as its launch leaves it: queued, each phase pending.

    Nobody has asked for its turn, so no worker takes it unless one sweeps, or it `is_in_line`.
    """
    plan = make_plan(
        parse_template(data),
        template_name="Two steps",
        template_version=1,
        model=ModelChoice.parse(model),
        traits_of=lambda _: ModelTraits(is_small=True, notes_characters=2000, parameters=ModelParameters()),
    )
    with doors.person(database, actor) as connection:
        run_id = insert(
            connection,
            "orchestration_runs",
            organization_id=actor.organization_id,
            user_id=actor.user_id,
            project_id=project_id,
            template_id=template_id,
            template_version=1,
            title=title,
            topic=TOPIC,
            status="queued",
            total_phases=len(plan.phases),
            plan=plan.to_json(),
            inputs={"project": {"name": "Folding bicycle", "description": ""}, "values": {}},
            model=model,
            **({"priority": priority} if priority else {}),
        )
        phases = {
            phase.code: insert(
                connection,
                "phase_executions",
                organization_id=actor.organization_id,
                run_id=run_id,
                phase_code=phase.code,
                phase_name=phase.name,
                position=phase.position,
                depends_on=list(phase.depends_on),
                model=phase.model,
            )
            for phase in plan.phases
        }
        if is_in_line:
            connection.execute("SELECT api.enqueue_run(%s)", [run_id])
    return MadeRun(run_id, phases)


def admit_run(database: Database, organization_id: UUID, run_id: UUID) -> None:
    """Give a run a place, whether its organization has room or not; a workflow it has none."""
    admit = "UPDATE orchestration_runs SET admitted_at = now() WHERE id = %s AND admitted_at IS NULL"
    with doors.engine(database, organization_id) as connection:
        connection.execute(f"{admit} AND status IN ('queued', 'running')".encode(), [run_id])


def open_run(database: Database, organization_id: UUID, run_id: UUID) -> HeldRun:
    """Take a run as a worker does, once it is admitted."""
    admit_run(database, organization_id, run_id)
    token = uuid4()
    opened = call_worker(database, "SELECT api.open_segment(%s, %s, %s)", organization_id, run_id, token)
    assert opened["state"] in {"running", "cancelling"}, opened
    return HeldRun(database, organization_id, run_id, token)


def beginning(code: str, *, attempt: int = 1, position: int | None = None) -> dict[str, Any]:
    """An entry of `begin`."""
    number = int(code.rpartition(" ")[2])
    return {
        "code": code,
        "name": TEMPLATE_DATA["phases"][number]["name"],
        "position": number if position is None else position,
        "depends_on": [],
        "attempt": attempt,
        "model": MODEL,
        "prompt": f"Ideas for {TOPIC}",
    }


def answer(phase_id: UUID, *, status: str = "completed", **columns: Any) -> dict[str, Any]:
    """An entry of `finish`: 150 tokens asked, 800 answered, for 0.028 dollars in 5 seconds."""
    return {
        "id": str(phase_id),
        "status": status,
        "response": "Fold it twice.",
        "prompt_tokens": 150,
        "completion_tokens": 800,
        "model": "smollm2-135m",
        "provider": "local",
        "endpoint": "chat/completions",
        "method": "POST",
        "status_code": 200,
        "cost_usd": 0.028,
        "execution_time_ms": 5000,
        "finish_reason": "stop",
        "error": None,
        **columns,
    }


def end_run(
    database: Database, actor: Actor, run: MadeRun, *, status: str = "completed", cost_usd: float = 0.028
) -> None:
    """Walk a queued run to its end: all phases completed, or the first one failed or cancelled and the rest undone."""
    held = open_run(database, actor.organization_id, run.id)
    if status == "cancelled":
        ask_to_cancel(database, actor, run.id)
    if status == "completed":
        for code, phase_id in run.phases.items():
            held.advance(begin=[beginning(code)])
            held.advance(finish=[answer(phase_id, cost_usd=cost_usd)])
    elif status == "failed":
        code, phase_id = next(iter(run.phases.items()))
        held.advance(begin=[beginning(code)])
        error = {"kind": "unreachable", "message": "The endpoint does not answer."}
        held.advance(finish=[answer(phase_id, status="failed", response=None, error=error)])
    held.advance(end={"status": status, "error": {}})


def fail_second_phase(database: Database, actor: Actor, run: MadeRun) -> None:
    """Walk a queued run as far as its second phase, whose key is refused."""
    first, second = run.phases
    held = open_run(database, actor.organization_id, run.id)
    held.advance(begin=[beginning(first)])
    held.advance(finish=[answer(run.phases[first])], begin=[beginning(second)])
    error = {"kind": "auth", "message": "The key was refused.", "phase": second, "attempt": 1, "status": 401}
    held.advance(finish=[answer(run.phases[second], status="failed", response=None, error=error)])
    held.advance(end={"status": "failed", "error": error})


def ask_to_cancel(database: Database, actor: Actor, run_id: UUID) -> None:
    """The wish of a person who may: without it the engine cancels nothing."""
    with doors.person(database, actor) as connection:
        connection.execute("UPDATE orchestration_runs SET cancel_requested_at = now() WHERE id = %s", [run_id])


def make_operation(database: Database, actor: Actor, run_id: UUID, **columns: Any) -> UUID:
    """An operation after a phase, as the engine writes it."""
    said = {"operation_type": "artifact.write", "operation_params": {"path": "plan.md", "content": "Fold it twice."}}
    with doors.engine(database, actor.organization_id) as connection:
        return insert(
            connection,
            "integration_operations",
            organization_id=actor.organization_id,
            run_id=run_id,
            **said | columns,
        )


def make_comment(
    database: Database, actor: Actor, run_id: UUID, *, phase_code: str | None = None, text: str = "Worth reading."
) -> UUID:
    """What the person says of the run, or of one of its phases."""
    with doors.person(database, actor) as connection:
        return insert(
            connection, "run_comments", **made_by(actor), run_id=run_id, phase_code=phase_code, comment_text=text
        )


def call_worker(database: Database, statement: str, *values: object) -> Any:
    """What one of the worker's functions answers."""
    with doors.login(database, Login.WORKER) as connection:
        row = connection.execute(statement.encode(), values).fetchone()
        assert row is not None
        return row[0]
