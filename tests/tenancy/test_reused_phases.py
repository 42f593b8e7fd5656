"""A phase that is taken over is a true copy of a completed one of the parent run; nobody forges one."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests import doors
from tests.cast import Cast
from tests.database import ClonedDatabase
from tests.factories import insert, make_project
from tests.made_runs import MadeRun, answer, beginning, fail_second_phase, make_run, open_run

NOT_ALLOWED, NO_SUCH_ROW, NO_CHANGE = "42501", "23503", "23514"
PHASE = "INSERT INTO phase_executions SELECT * FROM jsonb_populate_record(NULL::phase_executions, %s::jsonb)"


@pytest.fixture
def parent(database: ClonedDatabase, cast: Cast) -> MadeRun:
    """A run of max: Phase 0 is completed, Phase 1 failed."""
    run = make_run(database, cast.max, project_id=make_project(database, cast.max))
    fail_second_phase(database, cast.max, run)
    return run


@pytest.fixture
def fork(database: ClonedDatabase, cast: Cast, parent: MadeRun) -> UUID:
    """A queued run of max that goes on from it, without phases yet."""
    return make_fork(database, cast, parent.id, completed_phases=1)


def make_fork(database: ClonedDatabase, cast: Cast, parent_id: UUID | None, **columns: Any) -> UUID:
    with doors.person(database, cast.max) as connection:
        (project_id,) = connection.execute("SELECT id FROM projects WHERE created_by = auth.uid()").fetchone() or ()
        return insert(
            connection,
            "orchestration_runs",
            organization_id=cast.organization_a,
            user_id=cast.max.user_id,
            project_id=project_id,
            topic="Bicycle",
            status="queued",
            parent_run_id=parent_id,
            **columns,
        )


def copy_of(cast: Cast, run_id: UUID, phase_id: UUID, **columns: Any) -> str:
    """The row that takes a phase over, as JSON."""
    row = {
        "id": uuid4(),
        "organization_id": cast.organization_a,
        "run_id": run_id,
        "phase_code": "Phase 0",
        "phase_name": "Ideation",
        "status": "completed",
        "position": 0,
        "depends_on": [],
        "attempt": 1,
        "token_usage": {},
        "error_details": {},
        "reused_from": phase_id,
        **columns,
    }
    return json.dumps(row, default=str)


@pytest.mark.parametrize(
    "forged",
    [
        {},
        {"response_text": "Made up", "prompt_text": "Never asked", "cost_usd": 0, "token_usage": {"total_tokens": 1}},
        {"status": "pending", "attempt": 7, "finish_reason": "length", "started_at": "2026-01-01T00:00:00Z"},
    ],
    ids=str,
)
def test_whatever_is_said_of_a_reused_phase_it_is_the_copy(
    database: ClonedDatabase, cast: Cast, parent: MadeRun, fork: UUID, forged: dict[str, Any]
) -> None:
    with doors.person(database, cast.max) as connection:
        connection.execute(PHASE, [copy_of(cast, fork, parent.phases["Phase 0"], **forged)])
        taken = "response_text, prompt_text, cost_usd, token_usage, finish_reason, execution_time_ms, status, attempt"
        copies = connection.execute(
            f"SELECT {taken} FROM phase_executions WHERE id = %s OR run_id = %s".encode(),
            [parent.phases["Phase 0"], fork],
        ).fetchall()
        began = connection.execute("SELECT started_at FROM phase_executions WHERE run_id = %s", [fork]).fetchone()
    assert len(copies) == 2
    assert copies[0] == copies[1]
    assert began == (None,)


def test_only_a_completed_phase_of_the_parent_is_taken_over(
    database: ClonedDatabase, cast: Cast, parent: MadeRun, fork: UUID
) -> None:
    other = make_run(database, cast.max, project_id=make_project(database, cast.max, name="Another"))
    held = open_run(database, cast.organization_a, other.id)
    held.advance(begin=[beginning("Phase 0")])
    held.advance(finish=[answer(other.phases["Phase 0"])])
    done, failed = parent.phases["Phase 0"], parent.phases["Phase 1"]
    with doors.person(database, cast.max) as connection:
        for phase_id, columns in (
            (failed, {"phase_code": "Phase 1"}),
            (done, {"phase_code": "Phase 1"}),
            (other.phases["Phase 0"], {}),
            (uuid4(), {}),
        ):
            assert doors.refusal(connection, PHASE, [copy_of(cast, fork, phase_id, **columns)]) == NO_SUCH_ROW
        assert doors.refusal(connection, PHASE, [copy_of(cast, fork, done)]) is None
        assert doors.refusal(connection, PHASE, [copy_of(cast, other.id, done)]) == NO_SUCH_ROW, "not its parent"


def test_phase_of_another_organization_is_not_taken_over(
    database: ClonedDatabase, cast: Cast, parent: MadeRun, fork: UUID
) -> None:
    theirs = make_run(database, cast.charlie, project_id=make_project(database, cast.charlie))
    fail_second_phase(database, cast.charlie, theirs)
    with doors.person(database, cast.max) as connection:
        row = copy_of(cast, fork, theirs.phases["Phase 0"])
        assert doors.refusal(connection, PHASE, [row]) == NO_SUCH_ROW
    with doors.engine(database, cast.organization_a) as connection:
        assert doors.refusal(connection, PHASE, [row]) == NO_SUCH_ROW
    with doors.person(database, cast.charlie) as connection:
        assert doors.refusal(connection, PHASE, [copy_of(cast, fork, parent.phases["Phase 0"])]) == NO_SUCH_ROW


def test_nobody_else_puts_a_phase_into_somebodys_fork(
    database: ClonedDatabase, cast: Cast, parent: MadeRun, fork: UUID
) -> None:
    row = copy_of(cast, fork, parent.phases["Phase 0"])
    for actor in (cast.alice, cast.vera):
        with doors.person(database, actor) as connection:
            assert doors.refusal(connection, PHASE, [row]) == NOT_ALLOWED


def test_phase_becomes_no_copy_after_it_was_made(
    database: ClonedDatabase, cast: Cast, parent: MadeRun, fork: UUID
) -> None:
    change = "UPDATE phase_executions SET reused_from = %s WHERE id = %s"
    run = make_run(database, cast.max, project_id=make_project(database, cast.max, name="Another"))
    values = [parent.phases["Phase 0"], run.phases["Phase 0"]]
    with doors.person(database, cast.max) as connection:
        assert doors.refusal(connection, change, values) == NOT_ALLOWED
    with doors.engine(database, cast.organization_a) as connection:
        assert doors.refusal(connection, change, values) == NO_CHANGE


def test_fork_begins_with_no_more_than_its_parent_completed(
    database: ClonedDatabase, cast: Cast, parent: MadeRun
) -> None:
    statement = (
        "INSERT INTO orchestration_runs (organization_id, user_id, project_id, topic, status, parent_run_id, "
        "completed_phases) SELECT organization_id, user_id, project_id, topic, 'queued', %s, %s "
        "FROM orchestration_runs WHERE id = %s"
    )
    with doors.person(database, cast.max) as connection:
        for parent_id, completed, refused in (
            (parent.id, 1, None),
            (parent.id, 2, NOT_ALLOWED),
            (parent.id, -1, NOT_ALLOWED),
            (None, 1, NOT_ALLOWED),
        ):
            assert doors.refusal(connection, statement, [parent_id, completed, parent.id]) == refused


def test_count_of_finished_phases_is_made_anew_when_a_worker_takes_the_run(
    database: ClonedDatabase, cast: Cast, parent: MadeRun
) -> None:
    fork = make_fork(database, cast, parent.id, completed_phases=1)
    open_run(database, cast.organization_a, fork)
    with doors.admin(database) as connection:
        counted = connection.execute("SELECT completed_phases FROM orchestration_runs WHERE id = %s", [fork]).fetchone()
    assert counted == (0,), "no phase was taken over"
