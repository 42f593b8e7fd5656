"""Pausing a run, letting it spend more, ending it where it is: who may, and what the database keeps of it."""

from decimal import Decimal
from uuid import UUID

import pytest

from lib.errors import Conflict, InvalidInput, NotFound, NotPermitted
from lib.models.run import RunStatus
from lib.runs.service import cancel_run, resume_run, watch_run
from lib.runs.steering import finish_run, pause_run, raise_cost_limit
from tests import doors
from tests.conftest import Installation
from tests.factories import make_project, make_template
from tests.made_reviews import make_waiting
from tests.made_runs import HeldRun, MadeRun, answer, beginning, end_run, make_run, open_run
from tests.records import row, rows
from tests.waiting_runs import admitted, queued

STEER = (pause_run, finish_run, lambda actor, run_id: raise_cost_limit(actor, run_id, Decimal(1), seen=None))
#: What `stop_for_cost` lets a run spend.
SEEN = Decimal("0.02")
LIMIT = "UPDATE orchestration_runs SET cost_limit_usd = %s WHERE id = %s RETURNING 1"
TRAIL = "SELECT action, user_id FROM audit_logs WHERE resource_id = %s ORDER BY id"


@pytest.fixture
def project_id(installation: Installation, cast) -> UUID:
    return make_project(installation.database, cast.max)


@pytest.fixture
def run(installation: Installation, cast, project_id) -> MadeRun:
    """A run of max in the queue."""
    return make_run(installation.database, cast.max, project_id=project_id)


def stop_for_cost(installation: Installation, cast, run: MadeRun, *, cost: float | None = 0.028) -> HeldRun:
    """Walk the run to where money stops it: one phase done, one left."""
    rows(installation, LIMIT, "0.02", run.id)
    held = open_run(installation.database, cast.organization_a, run.id)
    first, second = run.phases
    held.advance(begin=[beginning(first)])
    stopped = held.advance(finish=[answer(run.phases[first], cost_usd=cost)], begin=[beginning(second)])
    assert stopped["begun"] == []
    held.advance(end={"status": "paused", "error": {"kind": stopped["cost_stop"], "message": "Stopped."}})
    return held


def stands(installation: Installation, run: MadeRun) -> str:
    status: str = row(installation, "SELECT status FROM orchestration_runs WHERE id = %s", run.id)["status"]
    return status


@pytest.mark.parametrize("steer", STEER, ids=["pause", "finish", "raise"])
def test_weak_role_is_refused_and_stranger_finds_nothing(installation, cast, run, steer):
    with pytest.raises(NotPermitted):
        steer(cast.vera, run.id)
    with pytest.raises(NotFound):
        steer(cast.charlie, run.id)


@pytest.mark.parametrize("steer", STEER, ids=["pause", "finish", "raise"])
def test_member_steers_no_run_of_somebody_else(installation, cast, project_id, steer):
    other = make_run(installation.database, cast.mona, project_id=project_id)
    with pytest.raises(NotPermitted):
        steer(cast.max, other.id)


def test_run_in_the_queue_is_paused_at_once_and_says_by_whom(installation, cast, run):
    pause_run(cast.mona, run.id)
    seen = watch_run(cast.max, run.id)
    assert seen.summary.status is RunStatus.PAUSED
    assert seen.pause is not None
    assert seen.pause.by is not None
    assert seen.pause.by.name == "Mona"
    assert seen.error is not None
    assert seen.error.kind == "person"
    assert (seen.may_pause, seen.may_resume) == (False, True)
    resume_run(cast.max, run.id)
    assert watch_run(cast.max, run.id).pause is None
    trail = [(each["action"], each["user_id"]) for each in rows(installation, TRAIL, run.id)][1:]
    asked, max_id = cast.mona.user_id, cast.max.user_id
    assert trail == [
        ("orchestrations.ask_to_pause", asked),
        ("orchestrations.pause", asked),
        ("orchestrations.resume", max_id),
    ]


def test_run_that_a_worker_holds_is_only_asked_to_pause(installation, cast, run):
    held = open_run(installation.database, cast.organization_a, run.id)
    first, second = run.phases
    held.advance(begin=[beginning(first)])
    pause_run(cast.max, run.id)
    assert stands(installation, run) == "running"
    assert watch_run(cast.max, run.id).may_pause is False
    step = held.advance(finish=[answer(run.phases[first])], begin=[beginning(second)])
    assert (step["state"], step["begun"]) == ("pausing", [])
    held.advance(end={"status": "paused", "error": {"kind": "organization_quota", "message": "Used up."}})
    error = row(installation, "SELECT error_details FROM orchestration_runs WHERE id = %s", run.id)["error_details"]
    assert error["kind"] == "person", "who asked for it comes before the quota, which would let it go on by itself"


def test_wish_to_pause_is_taken_back_while_calls_are_under_way(installation, cast, run):
    held = open_run(installation.database, cast.organization_a, run.id)
    first, second = run.phases
    held.advance(begin=[beginning(first)])
    pause_run(cast.mona, run.id)
    assert watch_run(cast.max, run.id).may_resume
    resume_run(cast.max, run.id)
    seen = watch_run(cast.max, run.id)
    assert (seen.pause, seen.may_pause, seen.may_resume) == (None, True, False)
    step = held.advance(finish=[answer(run.phases[first])], begin=[beginning(second)])
    assert (step["state"], len(step["begun"])) == ("running", 1)
    trail = [(each["action"], each["user_id"]) for each in rows(installation, TRAIL, run.id)][-2:]
    asked = ("orchestrations.ask_to_pause", cast.mona.user_id)
    assert trail == [asked, ("orchestrations.resume", cast.max.user_id)]


def test_pause_that_was_taken_back_in_the_moment_in_which_it_comes_is_none(installation, cast, run):
    held = open_run(installation.database, cast.organization_a, run.id)
    pause_run(cast.max, run.id)
    assert held.advance()["state"] == "pausing"
    resume_run(cast.max, run.id)
    ended = held.advance(end={"status": "paused", "error": {"kind": "person", "message": "Paused."}})
    assert ended["state"] == "changed"
    assert stands(installation, run) == "running"


def test_wish_to_pause_is_taken_back_by_who_may_steer_the_run(installation, cast, run):
    held = open_run(installation.database, cast.organization_a, run.id)
    pause_run(cast.max, run.id)
    with pytest.raises(NotPermitted):
        resume_run(cast.vera, run.id)
    with pytest.raises(NotFound):
        resume_run(cast.charlie, run.id)
    cancel_run(cast.max, run.id)
    with pytest.raises(Conflict):
        resume_run(cast.max, run.id)
    assert held.advance()["state"] == "cancelling"


def test_worker_that_takes_a_run_which_is_to_pause_lets_it_lie(installation, cast, run):
    open_run(installation.database, cast.organization_a, run.id)
    pause_run(cast.max, run.id)
    with pytest.raises(AssertionError, match="gone"):
        open_run(installation.database, cast.organization_a, run.id)
    assert stands(installation, run) == "paused"


def test_end_of_a_segment_at_a_gate_becomes_the_pause_that_somebody_wants(installation, cast, project_id):
    review = make_waiting(installation.database, cast.max, project_id=project_id, is_held=True)
    pause_run(cast.max, review.run.id)
    waiting = [review.run.phases["Phase 0"]]
    ended = review.held.advance(end={"status": "waiting_review", "error": {}}, waiting=waiting)
    assert ended["state"] == "paused"


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_run_that_has_ended_is_steered_no_more(installation, cast, run, status):
    rows(installation, LIMIT, "9", run.id)
    end_run(installation.database, cast.max, run, status=status)
    for steer in STEER:
        with pytest.raises(Conflict):
            steer(cast.max, run.id)


def test_run_that_is_being_cancelled_is_not_paused(installation, cast, run):
    open_run(installation.database, cast.organization_a, run.id)
    cancel_run(cast.max, run.id)
    with pytest.raises(Conflict):
        pause_run(cast.max, run.id)


def test_raise_lets_it_spend_so_much_more_than_it_has(installation, cast, run):
    stop_for_cost(installation, cast, run)
    assert watch_run(cast.max, run.id).may_resume is False
    raise_cost_limit(cast.max, run.id, Decimal("0.5"), seen=SEEN)
    assert stands(installation, run) == "queued"
    assert admitted(installation, [run]) == queued(installation, [run]) == [0], "in the transaction that raises"
    limit = "SELECT cost_limit_usd FROM orchestration_runs WHERE id = %s"
    assert row(installation, limit, run.id)["cost_limit_usd"] == Decimal("0.528")
    audited = "SELECT old_values, new_values, user_id FROM audit_logs WHERE action = 'orchestrations.raise_cost_limit'"
    assert row(installation, audited) == {
        "old_values": {"cost_limit_usd": 0.02},
        "new_values": {"cost_limit_usd": 0.528},
        "user_id": cast.max.user_id,
    }


@pytest.mark.parametrize("amount", [Decimal(1), None], ids=["amount", "without"])
def test_two_who_see_the_same_run_stopped_raise_its_limit_once(installation, cast, run, amount):
    stop_for_cost(installation, cast, run)
    raise_cost_limit(cast.alice, run.id, Decimal(1), seen=SEEN)
    with pytest.raises(Conflict, match="somebody was first"):
        raise_cost_limit(cast.mona, run.id, amount, seen=SEEN)
    limit = row(installation, "SELECT cost_limit_usd FROM orchestration_runs WHERE id = %s", run.id)
    assert limit["cost_limit_usd"] == Decimal("1.028")


@pytest.mark.parametrize("amount", ["0", "-1", "1e7", "NaN"])
def test_amount_is_more_than_nothing_and_fits(installation, cast, run, amount):
    with pytest.raises(InvalidInput, match=r"at least \$0.01"):
        raise_cost_limit(cast.max, run.id, Decimal(amount), seen=None)


def test_raise_in_the_moment_in_which_the_run_stops_lets_it_go_on(installation, cast, run):
    rows(installation, LIMIT, "0.02", run.id)
    held = open_run(installation.database, cast.organization_a, run.id)
    first, second = run.phases
    held.advance(begin=[beginning(first)])
    assert held.advance(finish=[answer(run.phases[first])], begin=[beginning(second)])["cost_stop"] == "cost_limit"
    raise_cost_limit(cast.max, run.id, Decimal(1), seen=SEEN)
    ended = held.advance(end={"status": "paused", "error": {"kind": "cost_limit", "message": "Stopped."}})
    assert ended["state"] == "changed"
    assert len(held.advance(begin=[beginning(second)])["begun"]) == 1


def test_unknown_cost_stops_a_run_with_a_limit_and_no_other(installation, cast, run, project_id):
    stop_for_cost(installation, cast, run, cost=None)
    error = watch_run(cast.max, run.id).error
    assert error is not None
    assert error.kind == "cost_unknown"
    free = make_run(installation.database, cast.max, project_id=project_id)
    held = open_run(installation.database, cast.organization_a, free.id)
    first, second = free.phases
    held.advance(begin=[beginning(first)])
    step = held.advance(finish=[answer(free.phases[first], cost_usd=None)], begin=[beginning(second)])
    assert (len(step["begun"]), step["cost_stop"]) == (1, None)


def test_run_that_is_ended_here_is_complete_as_far_as_it_came(installation, cast, run):
    stop_for_cost(installation, cast, run)
    finish_run(cast.max, run.id)
    seen = watch_run(cast.max, run.id)
    assert (seen.summary.status, seen.summary.completed_phases) == (RunStatus.COMPLETED, 1)
    assert [phase.status for phase in seen.phases] == ["completed", "skipped"]
    assert seen.error is not None
    assert seen.error.message == "Somebody ended the run here, with 1 of 2 phases."
    results = row(installation, "SELECT results FROM orchestration_runs WHERE id = %s", run.id)["results"]
    assert results["metadata"] == {"total_phases": 2, "successful_phases": 1, "success_rate": "50.0%"}


def test_run_that_is_ended_here_says_nothing_of_its_template(installation, cast, project_id):
    template_id = make_template(installation.database, cast.max)
    run = make_run(installation.database, cast.max, project_id=project_id, template_id=template_id)
    stop_for_cost(installation, cast, run)
    finish_run(cast.max, run.id)
    counted = row(installation, "SELECT runs, completed, failed, known_costs FROM template_statistics")
    assert counted == {"runs": 1, "completed": 0, "failed": 0, "known_costs": 0}


def test_person_writes_none_of_it_past_the_functions(installation, cast, run):
    with doors.person(installation.database, cast.alice) as connection:
        for change in ("pause_requested_at = now()", "cost_limit_usd = 9", "error_details = '{}'"):
            statement = f"UPDATE orchestration_runs SET {change} WHERE id = %s"
            assert doors.refusal(connection, statement, [run.id]) == "42501"
        assert doors.refusal(connection, "SELECT api.hold_run(%s)", [run.id]) == "42501"
