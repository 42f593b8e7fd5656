"""The functions of people and workers, asked for another organization's rows: they find nothing and write nothing."""

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests import doors
from tests.cast import Cast
from tests.database import ClonedDatabase
from tests.factories import make_project
from tests.made_runs import answer, beginning, call_worker, make_run, open_run
from tests.workspace import Workspace, make_workspace

NOT_ALLOWED = "42501"


@pytest.fixture
def theirs(database: ClonedDatabase, cast: Cast) -> Workspace:
    """What alice of A works with; Phase 1 of its run is being written."""
    return make_workspace(database, cast.alice)


def _rows_of(database: ClonedDatabase, organization_id: UUID) -> dict[str, Any]:
    """Every row of the organization that an engine writes, and its quota."""
    found: dict[str, Any] = {}
    with doors.admin(database) as connection:
        for table in ("orchestration_runs", "phase_executions", "phase_streams", "api_usage", "integration_operations"):
            rows = connection.execute(
                f"SELECT to_jsonb(t) FROM {table} t WHERE organization_id = %s ORDER BY 1".encode(), [organization_id]
            )
            found[table] = rows.fetchall()
        found["quota"] = connection.execute(
            "SELECT api_quota_used FROM organizations WHERE id = %s", [organization_id]
        ).fetchone()
        found["queue"] = connection.execute("SELECT count(*) FROM dbos.workflow_status").fetchone()
    return found


def test_segment_of_another_organizations_run_is_gone(database: ClonedDatabase, cast: Cast, theirs: Workspace) -> None:
    before = _rows_of(database, cast.organization_a)
    opened = call_worker(
        database, "SELECT api.open_segment(%s, %s, %s)", cast.organization_b, theirs.run.id, theirs.held.token
    )
    assert opened == {"state": "gone"}
    assert _rows_of(database, cast.organization_a) == before


def test_step_of_another_organizations_run_is_lost(database: ClonedDatabase, cast: Cast, theirs: Workspace) -> None:
    """Even with its token."""
    before = _rows_of(database, cast.organization_a)
    step = Jsonb(
        {
            "finish": [answer(theirs.run.phases["Phase 1"])],
            "begin": [beginning("Phase 0", attempt=2)],
            "end": {"status": "failed", "error": {}},
        }
    )
    advanced = call_worker(
        database,
        "SELECT api.advance_run(%s, %s, %s, %s)",
        cast.organization_b,
        theirs.run.id,
        theirs.held.token,
        step,
    )
    assert advanced == {"state": "lost"}
    assert _rows_of(database, cast.organization_a) == before


def test_stream_of_another_organizations_phase_is_not_written(
    database: ClonedDatabase, cast: Cast, theirs: Workspace
) -> None:
    before = _rows_of(database, cast.organization_a)
    call_worker(
        database,
        "SELECT api.write_stream(%s, %s, %s, %s)",
        cast.organization_b,
        theirs.held.token,
        theirs.run.phases["Phase 1"],
        "Forged",
    )
    assert _rows_of(database, cast.organization_a) == before
    assert _rows_of(database, cast.organization_b)["phase_streams"] == []


def test_ones_own_run_finishes_no_phase_of_another_organization(
    database: ClonedDatabase, cast: Cast, theirs: Workspace
) -> None:
    run = make_run(database, cast.charlie, project_id=make_project(database, cast.charlie))
    held = open_run(database, cast.organization_b, run.id)
    before = _rows_of(database, cast.organization_a), _rows_of(database, cast.organization_b)
    with pytest.raises(psycopg.errors.RaiseException, match="is not running"):
        held.advance(finish=[answer(theirs.run.phases["Phase 1"])])
    assert (_rows_of(database, cast.organization_a), _rows_of(database, cast.organization_b)) == before


def test_token_of_an_earlier_worker_writes_nothing(database: ClonedDatabase, cast: Cast, theirs: Workspace) -> None:
    open_run(database, cast.organization_a, theirs.run.id)
    before = _rows_of(database, cast.organization_a)
    advanced = theirs.held.advance(finish=[answer(theirs.run.phases["Phase 1"])])
    assert advanced == {"state": "lost"}
    assert _rows_of(database, cast.organization_a) == before


def test_token_of_an_earlier_worker_writes_no_stream(database: ClonedDatabase, cast: Cast, theirs: Workspace) -> None:
    write = "SELECT api.write_stream(%s, %s, %s, %s)"
    phase_id = theirs.run.phases["Phase 1"]
    call_worker(database, write, cast.organization_a, theirs.held.token, phase_id, "As far as it goes")
    before = _rows_of(database, cast.organization_a)
    assert "As far as it goes" in str(before["phase_streams"])
    call_worker(database, write, cast.organization_a, uuid4(), phase_id, "Of another worker")
    assert _rows_of(database, cast.organization_a) == before


def test_another_organizations_run_is_neither_queued_nor_ended(database: ClonedDatabase, cast: Cast) -> None:
    run = make_run(database, cast.alice, project_id=make_project(database, cast.alice))
    before = _rows_of(database, cast.organization_a)
    with doors.person(database, cast.charlie) as connection:
        assert doors.refusal(connection, "SELECT api.enqueue_run(%s)", [run.id]) == NOT_ALLOWED
        connection.execute("SELECT api.end_run(%s, 'cancelled', NULL)", [run.id])
    assert _rows_of(database, cast.organization_a) == before


def test_viewer_queues_and_ends_nothing(database: ClonedDatabase, cast: Cast) -> None:
    run = make_run(database, cast.alice, project_id=make_project(database, cast.alice))
    before = _rows_of(database, cast.organization_a)
    with doors.person(database, cast.vera) as connection:
        assert doors.refusal(connection, "SELECT api.enqueue_run(%s)", [run.id]) == NOT_ALLOWED
        connection.execute("SELECT api.end_run(%s, 'cancelled', NULL)", [run.id])
    assert _rows_of(database, cast.organization_a) == before


def test_ones_own_run_is_queued_once(database: ClonedDatabase, cast: Cast) -> None:
    run = make_run(database, cast.max, project_id=make_project(database, cast.max))
    with doors.person(database, cast.max) as connection:
        connection.execute("SELECT api.enqueue_run(%s)", [run.id])
        connection.execute("SELECT api.enqueue_run(%s)", [run.id])
    with doors.admin(database) as connection:
        rows = connection.execute("SELECT queue_name, status, inputs FROM dbos.workflow_status").fetchall()
    assert len(rows) == 1
    assert rows[0][:2] == ("runs", "ENQUEUED")


def test_run_that_was_rolled_back_is_not_in_the_queue(database: ClonedDatabase, cast: Cast) -> None:
    run = make_run(database, cast.max, project_id=make_project(database, cast.max))
    with doors.person(database, cast.max) as connection:
        connection.execute("SELECT api.enqueue_run(%s)", [run.id])
        connection.rollback()
    with doors.admin(database) as connection:
        assert connection.execute("SELECT count(*) FROM dbos.workflow_status").fetchone() == (0,)


def test_person_calls_nothing_of_the_workers(database: ClonedDatabase, cast: Cast, theirs: Workspace) -> None:
    with doors.person(database, cast.charlie) as connection:
        for call in (
            "api.open_segment(auth.uid(), auth.uid(), auth.uid())",
            "api.advance_run(auth.uid(), auth.uid(), auth.uid(), '{}')",
            "api.write_stream(auth.uid(), auth.uid(), auth.uid(), '')",
            "api.enter_engine(auth.uid())",
            "api.take_quota(auth.uid(), 1)",
            "api.speak_for_run(auth.uid(), auth.uid())",
            "api.requeue_lost_runs()",
            "api.cancel_requests('{}')",
            "api.queue_run(auth.uid(), auth.uid())",
            "api.next_turn(auth.uid())",
            "api.take_up_run(auth.uid())",
            "api.write_audit(auth.uid(), '', '', auth.uid(), '{}', '{}')",
            "api.create_organization('', '', '')",
            "api.find_living_session('')",
        ):
            assert doors.refusal(connection, f"SELECT {call}") == NOT_ALLOWED, call


def test_unknown_run_is_gone_for_the_worker_too(database: ClonedDatabase, cast: Cast) -> None:
    opened = call_worker(database, "SELECT api.open_segment(%s, %s, %s)", cast.organization_a, uuid4(), uuid4())
    assert opened == {"state": "gone"}
