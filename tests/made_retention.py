"""Legal holds for tests, runs that ended long ago with everything that can belong to one, and what became of them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from lib import clock
from lib.access.actor import Actor
from lib.db.logins import Login
from tests import doors
from tests.conftest import Installation
from tests.doors import Database
from tests.factories import insert
from tests.made_runs import MadeRun, call_worker, end_run, make_comment, make_operation, make_run
from tests.records import rows

_SAYS = {
    "runs": "SELECT count(*) FROM orchestration_runs WHERE id = ANY (%s)",
    "phases": "SELECT count(*) FROM phase_executions WHERE run_id = ANY (%s)",
    "operations": "SELECT count(*) FROM integration_operations WHERE run_id = ANY (%s)",
    "comments": "SELECT count(*) FROM run_comments WHERE run_id = ANY (%s)",
    "calls": "SELECT count(*) FROM api_usage WHERE run_id = ANY (%s)",
}


def make_hold(database: Database, actor: Actor, *, project_id: UUID | None = None, reason: str = "A lawsuit") -> UUID:
    """An open hold on a project, or on the whole organization."""
    with doors.person(database, actor) as connection:
        mine = {"organization_id": actor.organization_id, "placed_by": actor.user_id}
        return insert(connection, "legal_holds", project_id=project_id, reason=reason, **mine)


def release_hold(database: Database, actor: Actor, hold_id: UUID) -> None:
    with doors.person(database, actor) as connection:
        connection.execute("UPDATE legal_holds SET released_by = %s WHERE id = %s", [actor.user_id, hold_id])


def make_progress(database: Database, organization_id: UUID) -> UUID:
    """Of runs, on a day on which three went."""
    with doors.admin(database) as connection:
        row = connection.execute(
            "INSERT INTO retention_progress (organization_id, kind, day, before, removed, ended_at) "
            "VALUES (%s, 'runs', current_date, now(), '{\"runs\": 3}', now()) RETURNING id",
            [organization_id],
        ).fetchone()
    assert row is not None
    made: UUID = row[0]
    return made


def make_ended(
    database: Database, actor: Actor, *, project_id: UUID, days_ago: float = 0, status: str = "completed", **made: Any
) -> MadeRun:
    """A run with a comment and an operation, walked to its end, which was so long ago."""
    run = make_run(database, actor, project_id=project_id, **made)
    make_comment(database, actor, run.id)
    make_operation(database, actor, run.id, phase_execution_id=run.phases["Phase 0"])
    end_run(database, actor, run, status=status)
    age(database, run.id, days_ago=days_ago)
    return run


def age(database: Database, run_id: UUID, *, days_ago: float) -> None:
    """Let a run that has ended have done so that long ago, past the guard that keeps ended runs."""
    moment = clock.now() - timedelta(days=days_ago)
    with doors.admin(database) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("UPDATE orchestration_runs SET completed_at = %s WHERE id = %s", [moment, run_id])


def remove_runs(database: Database, organization_id: UUID, *runs: UUID, action: str | None = None) -> Any:
    """What an owner's function that removes runs is told."""
    with doors.login(database, Login.OWNER) as connection:
        row = connection.execute("SELECT api.remove_runs(%s, %s, %s)", [organization_id, list(runs), action]).fetchone()
    assert row is not None
    return row[0]


def left_of(database: Database, *runs: UUID) -> dict[str, int]:
    """How many rows there are of these runs."""
    found = {}
    with doors.admin(database) as connection:
        for name, question in _SAYS.items():
            row = connection.execute(question.encode(), [list(runs)]).fetchone()
            assert row is not None
            found[name] = row[0]
    return found


def set_retention(database: Database, organization_id: UUID, **days: int | None) -> None:
    """What an admin has set the day before, whatever bounds there are; what is not named is kept for ever."""
    settle_retention(database, organization_id, **days)
    call_worker(database, "SELECT api.remove_expired(0, 0)")
    tomorrow(database)


def settle_retention(database: Database, organization_id: UUID, **days: int | None) -> None:
    """The same at this moment: what is shorter waits for 24 hours."""
    with doors.admin(database) as connection:
        connection.execute(
            "UPDATE organizations SET settings = settings || jsonb_build_object('retention', %s::jsonb) WHERE id = %s",
            [Jsonb({name: value for name, value in days.items() if value is not None}), organization_id],
        )


def remove_batch(database: Database, *, runs: int = 3, rows: int = 7) -> int | None:
    """What a worker's chore does once: how many rows went, None where nothing is due."""
    found: int | None = call_worker(database, "SELECT api.remove_expired(%s, %s)", runs, rows)
    return found


def remove_all(database: Database, *, runs: int = 3, rows: int = 7) -> int:
    """Until nothing is due; says how many batches that were."""
    for batch in range(10_000):
        if remove_batch(database, runs=runs, rows=rows) is None:
            return batch
    raise AssertionError("it never ends")


def tomorrow(database: Database) -> None:
    """Let all that was done and set have been so 24 hours before."""
    with doors.admin(database) as connection:
        connection.execute(
            "UPDATE retention_progress SET day = day - 1, waits_until = waits_until - interval '24 hours'"
        )


def write_runs(
    database: Database, actor: Actor, runs: list[dict[str, Any]], *, project_id: UUID | None = None
) -> list[UUID]:
    """Runs that ended, each with a phase and a call, past all guards; `runs` say what is not as usual."""
    usual = {"status": "completed", "completed_at": clock.now(), "parent_run_id": None, "project_id": project_id}
    usual["created_at"] = clock.now()
    made = []
    with doors.admin(database) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        for run in runs:
            row = usual | {"id": uuid4()} | run
            connection.execute(
                "INSERT INTO orchestration_runs (id, organization_id, project_id, user_id, topic, status, "
                "completed_at, parent_run_id, created_at, plan, inputs) "
                "VALUES (%s, %s, %s, %s, 'Fold', %s, %s, %s, %s, '{}', '{}')",
                [
                    row["id"],
                    actor.organization_id,
                    row["project_id"],
                    actor.user_id,
                    row["status"],
                    row["completed_at"],
                    row["parent_run_id"],
                    row["created_at"],
                ],
            )
            connection.execute(
                "INSERT INTO phase_executions (organization_id, run_id, phase_code, phase_name, status) "
                "VALUES (%s, %s, 'Phase 0', 'Only', 'completed')",
                [actor.organization_id, row["id"]],
            )
            made.append(row["id"])
    return made


def midnight(days_ago: float = 0) -> datetime:
    """By UTC, as the cut-off is."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days_ago)


def ids(installation: Installation, table: str) -> set[UUID]:
    """Of all rows of a table."""
    return {found["id"] for found in rows(installation, f"SELECT id FROM {table}")}


def removals(installation: Installation) -> list[dict[str, Any]]:
    """What the trail tells of them, one after the other."""
    found = rows(
        installation,
        "SELECT organization_id, new_values FROM audit_logs WHERE action = 'retention.remove' ORDER BY id",
    )
    return [each["new_values"] | {"of": each["organization_id"]} for each in found]
