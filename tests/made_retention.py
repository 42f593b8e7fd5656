"""Legal holds for tests, and runs that ended long ago with everything that can belong to one."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from lib import clock
from lib.access.actor import Actor
from lib.db.logins import Login
from tests import doors
from tests.doors import Database
from tests.factories import insert
from tests.made_runs import MadeRun, end_run, make_comment, make_operation, make_run

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
