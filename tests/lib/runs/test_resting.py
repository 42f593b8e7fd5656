"""A run that only waits is set aside: no worker holds it, and whoever steers it finds it as if it stood still."""

from collections.abc import Callable
from uuid import UUID

import pytest

from lib.models.review import Decision
from lib.models.run import RunStatus
from lib.reviews.service import decide_review
from lib.runs.bulk import BulkAction, cancel_runs, preview_bulk
from lib.runs.queries import RunFilter
from lib.runs.service import cancel_run, watch_run
from lib.runs.steering import pause_run
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_reviews import make_waiting
from tests.made_runs import HeldRun, beginning, call_worker, make_run, open_run
from tests.records import row, rows

STATE = "SELECT status, worker_token, resume_at, admitted_at FROM orchestration_runs WHERE id = %s"
QUEUED = "SELECT 1 FROM dbos.workflow_status WHERE workflow_uuid LIKE %s AND status = 'ENQUEUED'"
SWEEP, TAKE_UP = "SELECT api.requeue_lost_runs()", "SELECT api.take_up_run(%s)"


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    return make_project(installation.database, cast.max)


@pytest.fixture
def held(installation: Installation, cast: Cast, project_id: UUID) -> HeldRun:
    """A run of max's that was set aside for a minute; by whom."""
    run = make_run(installation.database, cast.max, project_id=project_id)
    held = open_run(installation.database, cast.organization_a, run.id)
    assert _rest(held) == "resting"
    return held


def _rest(held: HeldRun, *, ms: int = 60_000, waiting: UUID | None = None) -> str:
    state: str = held.advance(rest_ms=ms, waiting=[waiting] if waiting else [])["state"]
    return state


def _is_queued(installation: Installation, held: HeldRun) -> bool:
    return bool(rows(installation, QUEUED, f"{held.run_id}:%"))


def test_no_worker_holds_it_and_it_keeps_its_organizations_place(installation: Installation, held: HeldRun) -> None:
    stands = row(installation, STATE, held.run_id)
    assert (stands["status"], stands["worker_token"]) == ("running", None)
    assert stands["resume_at"] is not None
    assert stands["admitted_at"] is not None
    assert held.advance(begin=[beginning("Phase 0")])["state"] == "lost"


def test_sweep_takes_it_up_when_it_is_due_and_not_before(installation: Installation, held: HeldRun) -> None:
    assert call_worker(installation.database, SWEEP) == 0
    rows(installation, "UPDATE orchestration_runs SET resume_at = now() WHERE id = %s RETURNING 1", held.run_id)
    assert call_worker(installation.database, SWEEP) == 1
    assert _is_queued(installation, held)


def test_worker_that_set_it_aside_takes_it_up_once(installation: Installation, cast: Cast, held: HeldRun) -> None:
    call_worker(installation.database, TAKE_UP, held.run_id)
    assert _is_queued(installation, held)
    assert row(installation, STATE, held.run_id)["resume_at"] is None
    rows(installation, "DELETE FROM dbos.workflow_status RETURNING 1")
    call_worker(installation.database, TAKE_UP, held.run_id)
    assert not _is_queued(installation, held), "it was not set aside any more"
    again = open_run(installation.database, cast.organization_a, held.run_id)
    assert again.advance(begin=[beginning("Phase 0")])["state"] == "running"


def _cancel_all(actor, _run_id: UUID) -> None:
    cancel_runs(actor, preview_bulk(actor, RunFilter(), BulkAction.CANCEL).run_ids)


STEER: dict[str, tuple[Callable[..., object], RunStatus]] = {
    "pause": (pause_run, RunStatus.PAUSED),
    "cancel": (cancel_run, RunStatus.CANCELLED),
    "cancel many": (_cancel_all, RunStatus.CANCELLED),
}


@pytest.mark.parametrize(("steer", "comes_to"), STEER.values(), ids=STEER)
def test_pause_and_cancel_hold_at_once(installation, cast, held, steer, comes_to) -> None:
    steer(cast.alice, held.run_id)
    stands = row(installation, STATE, held.run_id)
    assert (stands["status"], stands["resume_at"], stands["admitted_at"]) == (comes_to, None, None)


def test_person_ends_no_run_that_a_worker_holds(installation: Installation, cast: Cast, project_id: UUID) -> None:
    run = make_run(installation.database, cast.max, project_id=project_id)
    open_run(installation.database, cast.organization_a, run.id)
    with doors.person(installation.database, cast.alice) as connection, pytest.raises(Exception, match="can't move"):
        connection.execute("SELECT api.end_run(%s, 'cancelled', NULL)", [run.id])


@pytest.mark.parametrize("decision", [Decision.APPROVE, Decision.REJECT])
def test_decision_takes_it_up_at_once(installation, cast, project_id, decision) -> None:
    review = make_waiting(installation.database, cast.max, project_id=project_id, is_held=True)
    assert _rest(review.held, waiting=review.run.phases["Phase 0"]) == "resting"
    said = {"comment": "Too short."} if decision is Decision.REJECT else {}
    decide_review(cast.mona, review.id, decision, seen=review.seen_by(cast.mona).seen, **said)
    if decision is Decision.APPROVE:
        assert _is_queued(installation, review.held)
        assert row(installation, STATE, review.run.id)["resume_at"] is None
    else:
        assert watch_run(cast.max, review.run.id).summary.status is RunStatus.FAILED


def test_it_is_not_set_aside_over_what_people_have_said_meanwhile(installation, cast, project_id) -> None:
    review = make_waiting(installation.database, cast.max, project_id=project_id, is_held=True)
    decide_review(cast.mona, review.id, Decision.APPROVE, seen=review.seen_by(cast.mona).seen)
    assert _rest(review.held, waiting=review.run.phases["Phase 0"]) == "running"
    pause_run(cast.max, review.run.id)
    assert _rest(review.held) == "pausing"
    cancel_run(cast.max, review.run.id)
    assert _rest(review.held) == "cancelling"
    assert row(installation, STATE, review.run.id)["resume_at"] is None
