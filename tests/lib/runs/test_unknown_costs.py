"""Attempts that nobody knows the cost of, in a run that has a limit: counted as the most that they can have cost."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from lib.models.run import RunStatus
from lib.runs.service import watch_run
from lib.runs.steering import raise_cost_limit
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_runs import HeldRun, MadeRun, answer, beginning, call_worker, make_run, open_run
from tests.records import row, rows

LIMITED = "UPDATE orchestration_runs SET cost_limit_usd = %s WHERE id = %s RETURNING 1"
LIMIT = "SELECT cost_usd, cost_limit_usd FROM orchestration_runs WHERE id = %s"


@pytest.fixture
def run(installation: Installation, cast: Cast) -> MadeRun:
    """A run of max's that may cost a dollar."""
    made = make_run(installation.database, cast.max, project_id=make_project(installation.database, cast.max))
    rows(installation, LIMITED, 1, made.id)
    return made


@pytest.fixture
def held(installation: Installation, cast: Cast, run: MadeRun) -> HeldRun:
    return open_run(installation.database, cast.organization_a, run.id)


def _begin(code: str = "Phase 0", *, bound: str | None, attempt: int = 1) -> dict[str, Any]:
    return {**beginning(code, attempt=attempt), "cost_bound_usd": bound}


def _broken(attempt_id: UUID | str) -> Mapping[str, Any]:
    """It timed out: nobody knows what it has cost."""
    error = {"kind": "timeout", "message": "No answer in 300 s."}
    return answer(UUID(str(attempt_id)), status="failed", response=None, cost_usd=None, error=error)


def _stop(held: HeldRun, kind: str) -> None:
    assert held.advance(end={"status": "paused", "error": {"kind": kind, "message": "Stopped."}})["state"] == "paused"


def test_attempt_that_timed_out_is_tried_again_within_the_limit(installation, cast, run, held) -> None:
    held.advance(begin=[_begin(bound="0.40")])
    again = held.advance(finish=[_broken(run.phases["Phase 0"])], begin=[_begin(bound="0.40", attempt=2)])
    assert [each["attempt"] for each in again["begun"]] == [2]
    seen = watch_run(cast.max, run.id)
    assert (seen.summary.cost_usd, seen.counted_usd) == (None, Decimal("0.400000"))
    held.advance(finish=[answer(UUID(again["begun"][0]["id"]), cost_usd=0.1)])
    assert watch_run(cast.max, run.id).counted_usd == Decimal("0.500000")


def test_what_may_have_been_spent_stops_it_and_a_raise_counts_from_there(installation, cast, run, held) -> None:
    held.advance(begin=[_begin(bound="1.50")])
    stopped = held.advance(finish=[_broken(run.phases["Phase 0"])], begin=[_begin(bound="1.50", attempt=2)])
    assert (stopped["begun"], stopped["cost_stop"]) == ([], "cost_bound")
    _stop(held, "cost_bound")
    raise_cost_limit(cast.alice, run.id, Decimal(2), seen=watch_run(cast.alice, run.id).cost_limit_usd)
    assert row(installation, LIMIT, run.id)["cost_limit_usd"] == Decimal("3.5")
    assert watch_run(cast.max, run.id).summary.status is RunStatus.QUEUED


def test_without_a_bound_it_asks_and_goes_on_with_a_limit_from_there(installation, cast, run, held) -> None:
    held.advance(begin=[_begin("Phase 0", bound=None)])
    stopped = held.advance(finish=[_broken(run.phases["Phase 0"])], begin=[_begin(bound=None, attempt=2)])
    assert (stopped["begun"], stopped["cost_stop"]) == ([], "cost_unknown")
    _stop(held, "cost_unknown")
    assert watch_run(cast.max, run.id).counted_usd is None
    raise_cost_limit(cast.alice, run.id, Decimal("0.25"), seen=watch_run(cast.alice, run.id).cost_limit_usd)
    assert row(installation, LIMIT, run.id)["cost_limit_usd"] == Decimal("0.25"), "so much more, and nothing was known"
    again = open_run(installation.database, cast.organization_a, run.id)
    begun = again.advance(begin=[_begin(bound=None, attempt=2)])["begun"]
    stopped = again.advance(finish=[answer(UUID(begun[0]["id"]), cost_usd=0.25)], begin=[_begin("Phase 1", bound=None)])
    assert stopped["cost_stop"] == "cost_bound", "what is known since then is held to the limit"


def test_attempt_of_a_lost_worker_counts_as_the_most_too(installation, cast, run, held) -> None:
    rows(installation, "UPDATE orchestration_runs SET model = 'openai:gpt-4o' WHERE id = %s RETURNING 1", run.id)
    held.advance(begin=[_begin(bound="0.40") | {"model": "openai:gpt-4o"}])
    call_worker(installation.database, "SELECT api.open_segment(%s, %s, %s)", cast.organization_a, run.id, uuid4())
    seen = watch_run(cast.max, run.id)
    assert (seen.summary.cost_usd, seen.counted_usd) == (None, Decimal("0.400000"))


def test_known_cost_is_no_bound(installation, cast, run, held) -> None:
    held.advance(begin=[_begin(bound="5")])
    begun = held.advance(finish=[answer(run.phases["Phase 0"])], begin=[_begin("Phase 1", bound="5")])["begun"]
    assert [each["code"] for each in begun] == ["Phase 1"]
    assert watch_run(cast.max, run.id).counted_usd == Decimal("0.028000")
