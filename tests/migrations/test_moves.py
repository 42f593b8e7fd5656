"""The database refuses every change of what has ended, and every move of a run or phase that is not a person's."""

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest

from lib.models.run import PhaseStatus, RunStatus
from lib.runs.states import FINAL_RUN_STATUSES, PHASE_MOVES, RUN_MOVES
from tests import doors
from tests.cast import Cast, make_cast
from tests.database import ClonedDatabase
from tests.doors import Connection
from tests.factories import insert, make_project
from tests.made_runs import make_run

HAS_ENDED, NOT_ALLOWED = "23514", "42501"
PERSONS_RUN_MOVES = {
    (RunStatus.QUEUED, RunStatus.CANCELLED),
    (RunStatus.PAUSED, RunStatus.CANCELLED),
    (RunStatus.WAITING_REVIEW, RunStatus.CANCELLED),
    (RunStatus.PAUSED, RunStatus.QUEUED),
}
RUN_PAIRS = [(old, new) for old in RunStatus for new in RunStatus if old is not new]
PHASE_PAIRS = [(old, new) for old in PhaseStatus for new in PhaseStatus if old is not new]
#: Column -> a value that is not there yet: what the engine writes of a run.
WRITTEN_BY_THE_ENGINE = {
    "results": "'{\"phases\": {}}'",
    "error_details": '\'{"kind": "made up"}\'',
    "success_rate": "100",
    "execution_time_ms": "1",
    "completed_at": "now()",
    "worker_token": "gen_random_uuid()",
}


@pytest.fixture(scope="module")
def people(module_database: ClonedDatabase) -> Cast:
    return make_cast(module_database)


@pytest.fixture(scope="module")
def stands(module_database: ClonedDatabase, people: Cast) -> dict[str, str]:
    """Status -> a run in it (`run queued`), and a phase in it (`phase pending`)."""
    project_id = make_project(module_database, people.alice)
    made = make_run(module_database, people.alice, project_id=project_id)
    ids: dict[str, str] = {}
    with doors.admin(module_database) as connection:
        for run_status in RunStatus:
            held = {"worker_token": str(uuid4())} if run_status is RunStatus.RUNNING else {}
            ids[f"run {run_status}"] = _copy(connection, "orchestration_runs", made.id, status=run_status, **held)
        ids["run set aside"] = _copy(connection, "orchestration_runs", made.id, status=RunStatus.RUNNING)
        for attempt, phase_status in enumerate(PhaseStatus, start=2):
            ids[f"phase {phase_status}"] = _copy(
                connection, "phase_executions", made.phases["Phase 0"], status=phase_status, attempt=attempt
            )
    return ids


def _copy(connection: Connection, table: str, source: object, **columns: object) -> str:
    changes = "jsonb_build_object('id', gen_random_uuid()) || %s::jsonb"
    row = connection.execute(
        (
            f"INSERT INTO {table} SELECT (jsonb_populate_record(t, {changes})).* FROM {table} t WHERE id = %s "
            "RETURNING id"
        ).encode(),
        [json.dumps(columns), source],
    ).fetchone()
    assert row is not None
    return str(row[0])


@pytest.fixture(scope="module")
def as_engine(module_database: ClonedDatabase, people: Cast) -> Iterator[Connection]:
    with doors.engine(module_database, people.organization_a) as connection:
        yield connection


@pytest.fixture(scope="module")
def as_alice(module_database: ClonedDatabase, people: Cast) -> Iterator[Connection]:
    with doors.person(module_database, people.alice) as connection:
        yield connection


@pytest.mark.parametrize(("old", "new"), RUN_PAIRS)
def test_engine_moves_a_run_that_has_not_ended(
    as_engine: Connection, stands: dict[str, str], old: RunStatus, new: RunStatus
) -> None:
    refused = doors.refusal(
        as_engine, "UPDATE orchestration_runs SET status = %s WHERE id = %s", [new, stands[f"run {old}"]]
    )
    assert refused == (HAS_ENDED if old in FINAL_RUN_STATUSES else None)


@pytest.mark.parametrize(("old", "new"), RUN_PAIRS)
def test_person_moves_a_run_no_further_than_cancelling_and_resuming(
    as_alice: Connection, stands: dict[str, str], old: RunStatus, new: RunStatus
) -> None:
    refused = doors.refusal(
        as_alice, "UPDATE orchestration_runs SET status = %s WHERE id = %s", [new, stands[f"run {old}"]]
    )
    if old in FINAL_RUN_STATUSES:
        assert refused == HAS_ENDED
    else:
        assert refused == (None if (old, new) in PERSONS_RUN_MOVES else NOT_ALLOWED)


def test_person_cancels_a_run_that_no_worker_holds(as_alice: Connection, stands: dict[str, str]) -> None:
    change = "UPDATE orchestration_runs SET status = %s WHERE id = %s"
    for new in set(RunStatus) - {RunStatus.RUNNING}:
        refused = doors.refusal(as_alice, change, [new, stands["run set aside"]])
        assert refused == (None if new is RunStatus.CANCELLED else NOT_ALLOWED)


def test_persons_moves_are_legal_ones() -> None:
    assert all(new in RUN_MOVES[old] for old, new in PERSONS_RUN_MOVES)


def test_person_writes_no_wish_to_pause_past_the_function_that_looks_who_asks(
    as_alice: Connection, stands: dict[str, str]
) -> None:
    for column in ("pause_requested_at = now()", "cost_limit_usd = 100"):
        statement = f"UPDATE orchestration_runs SET {column} WHERE id = %s"
        assert doors.refusal(as_alice, statement, [stands["run queued"]]) == NOT_ALLOWED


@pytest.mark.parametrize("status", sorted(FINAL_RUN_STATUSES))
@pytest.mark.parametrize("column", WRITTEN_BY_THE_ENGINE)
def test_nothing_of_an_ended_run_changes(
    as_engine: Connection, stands: dict[str, str], status: RunStatus, column: str
) -> None:
    statement = f"UPDATE orchestration_runs SET {column} = {WRITTEN_BY_THE_ENGINE[column]} WHERE id = %s"
    assert doors.refusal(as_engine, statement, [stands[f"run {status}"]]) == HAS_ENDED


@pytest.mark.parametrize("column", WRITTEN_BY_THE_ENGINE)
def test_person_writes_nothing_that_the_engine_writes(
    as_alice: Connection, stands: dict[str, str], column: str
) -> None:
    statement = f"UPDATE orchestration_runs SET {column} = {WRITTEN_BY_THE_ENGINE[column]} WHERE id = %s"
    assert doors.refusal(as_alice, statement, [stands["run queued"]]) == NOT_ALLOWED


@pytest.mark.parametrize("status", sorted(set(RunStatus) - FINAL_RUN_STATUSES))
def test_person_asks_for_the_cancellation_of_a_run_that_has_not_ended(
    as_alice: Connection, stands: dict[str, str], status: RunStatus
) -> None:
    statement = "UPDATE orchestration_runs SET cancel_requested_at = now() WHERE id = %s"
    assert doors.reached(as_alice, statement, [stands[f"run {status}"]]) == 1


@pytest.mark.parametrize(("old", "new"), PHASE_PAIRS)
def test_engine_moves_a_phase_that_has_not_ended(
    as_engine: Connection, stands: dict[str, str], old: PhaseStatus, new: PhaseStatus
) -> None:
    refused = doors.refusal(
        as_engine, "UPDATE phase_executions SET status = %s WHERE id = %s", [new, stands[f"phase {old}"]]
    )
    assert refused == (HAS_ENDED if not PHASE_MOVES[old] else None)


@pytest.mark.parametrize(("old", "new"), PHASE_PAIRS)
def test_person_moves_a_phase_to_cancelled_only(
    as_alice: Connection, stands: dict[str, str], old: PhaseStatus, new: PhaseStatus
) -> None:
    refused = doors.refusal(
        as_alice, "UPDATE phase_executions SET status = %s WHERE id = %s", [new, stands[f"phase {old}"]]
    )
    if not PHASE_MOVES[old]:
        assert refused == HAS_ENDED
    else:
        assert refused == (None if new is PhaseStatus.CANCELLED else NOT_ALLOWED)


@pytest.mark.parametrize("column", ["response_text", "token_usage", "prompt_text", "cost_usd"])
def test_person_changes_no_answer(as_alice: Connection, stands: dict[str, str], column: str) -> None:
    statement = f"UPDATE phase_executions SET {column} = NULL WHERE id = %s"
    assert doors.refusal(as_alice, statement, [stands["phase pending"]]) == NOT_ALLOWED


def test_run_without_a_phase_ends_too(module_database: ClonedDatabase, people: Cast) -> None:
    """Nothing of nothing is 0 percent."""
    project_id = make_project(module_database, people.alice)
    with doors.person(module_database, people.alice) as connection:
        run_id = insert(
            connection,
            "orchestration_runs",
            organization_id=people.organization_a,
            user_id=people.alice.user_id,
            project_id=project_id,
            topic="Nothing to do",
            status="queued",
        )
        connection.execute("SELECT api.end_run(%s, 'cancelled', NULL)", [run_id])
        row = connection.execute("SELECT status, success_rate, results FROM orchestration_runs WHERE id = %s", [run_id])
        assert row.fetchone() == (
            "cancelled",
            0,
            {"phases": {}, "metadata": {"total_phases": 0, "successful_phases": 0, "success_rate": "0.0%"}},
        )
