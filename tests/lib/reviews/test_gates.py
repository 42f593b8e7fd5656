"""A gate is the database's to hold: an answer that people are to look at is not completed past them, whoever walks."""

from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.cast import Cast
from tests.conftest import Installation
from tests.made_runs import HeldRun, MadeRun, answer, beginning, make_run, open_run
from tests.records import row, rows

GATE = {"required_approvals": 1}
STATUS = "SELECT status FROM phase_executions WHERE id = %s"


@pytest.fixture
def run(installation: Installation, cast: Cast, project_id: UUID) -> MadeRun:
    """A run whose first phase was launched with a gate."""
    made = make_run(installation.database, cast.max, project_id=project_id)
    launch = "UPDATE phase_executions SET review_policy = %s WHERE id = %s RETURNING 1"
    rows(installation, launch, Jsonb(GATE), made.phases["Phase 0"])
    return made


@pytest.fixture
def held(installation: Installation, cast: Cast, run: MadeRun) -> HeldRun:
    return open_run(installation.database, cast.organization_a, run.id)


def test_answer_is_not_completed_past_its_gate(installation, held, run):
    first = run.phases["Phase 0"]
    held.advance(begin=[beginning("Phase 0")])
    with pytest.raises(psycopg.errors.CheckViolation, match="past the people who are to look at it"):
        held.advance(finish=[answer(first)])  # as a worker does that knows of no gates
    assert row(installation, STATUS, first)["status"] == "running", "nothing was written"
    held.advance(finish=[answer(first, status="waiting_review", review=GATE)])
    assert row(installation, STATUS, first)["status"] == "waiting_review"


def test_gate_holds_for_another_attempt_as_well(installation, held, run):
    error = {"kind": "unreachable", "message": "The endpoint does not answer."}
    held.advance(begin=[beginning("Phase 0")])
    failed = answer(run.phases["Phase 0"], status="failed", response=None, error=error)
    (again,) = held.advance(finish=[failed], begin=[beginning("Phase 0", attempt=2)])["begun"]
    with pytest.raises(psycopg.errors.CheckViolation):
        held.advance(finish=[answer(again["id"])])


def test_phase_without_a_gate_is_completed_as_before(installation, held, run):
    held.advance(begin=[beginning("Phase 1")])
    held.advance(finish=[answer(run.phases["Phase 1"])])
    assert row(installation, STATUS, run.phases["Phase 1"])["status"] == "completed"
