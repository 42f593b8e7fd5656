"""Runs that stop for what they cost, and ask."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from llmock.scenarios import Fail
from llmock.testing import LLMockServer

from lib.errors import Conflict
from lib.models.run import RunStatus
from lib.runs.launch import LaunchRequest, launch_run
from lib.runs.service import resume_run, watch_run
from lib.runs.steering import raise_cost_limit
from tests.engine.conftest import CHAT, Bench, chain
from tests.engine.test_connections import MODEL as PRICED
from tests.engine.test_connections import connect
from tests.engine.walking import walk
from tests.own_endpoint import llm as own  # the installation's is another one
from tests.records import row, rows
from tests.workers import MODEL as UNPRICED
from tests.workers import until

__all__ = ["own"]

COST = "SELECT cost_usd, cost_limit_usd FROM orchestration_runs WHERE id = %s"


def launch_limited(bench: Bench, phases: list[dict[str, Any]], limit: str, *, model: str) -> UUID:
    """A run of alice's that may cost so much."""
    return launch_run(
        bench.cast.alice,
        LaunchRequest(
            project_id=bench.project_id,
            template_id=bench.template(phases),
            model=model,
            cost_limit_usd=Decimal(limit),
        ),
    )


def wait_for_stop(bench: Bench, run_id: UUID) -> str:
    """Why the run is paused."""
    until(lambda: bench.see(run_id).summary.status is RunStatus.PAUSED)
    error = bench.see(run_id).error
    assert error is not None
    return error.kind


def test_run_stops_at_its_cost_limit_and_goes_on_once_that_is_raised(
    bench: Bench, workers, own: LLMockServer, installation
):
    connect(bench, own)
    workers.start()
    run_id = launch_limited(bench, chain("a", "b"), "0.01", model=PRICED)
    assert wait_for_stop(bench, run_id) == "cost_limit"
    assert bench.statuses(run_id) == {"a": ["completed"], "b": ["pending"]}
    with pytest.raises(Conflict, match="only stop again for its cost"):
        resume_run(bench.cast.alice, run_id)
    raise_cost_limit(bench.cast.alice, run_id, Decimal(1), seen=Decimal("0.01"))
    assert bench.wait_for_end(run_id).summary.status is RunStatus.COMPLETED
    cost = row(installation, COST, run_id)
    assert cost["cost_limit_usd"] == cost["cost_usd"] / 2 + 1, "a dollar more than the first phase cost"
    audited = "SELECT new_values FROM audit_logs WHERE action = 'orchestrations.raise_cost_limit'"
    assert len(rows(installation, audited)) == 1


def test_no_attempt_begins_beyond_the_limit_where_phases_run_side_by_side(
    bench: Bench, workers, own: LLMockServer, installation
):
    connect(bench, own)
    workers.start()
    side_by_side = [{"code": code, "depends_on": []} for code in "abc"]
    phases = [*side_by_side, {"code": "d", "depends_on": ["a"]}, {"code": "e", "depends_on": ["a", "b", "c"]}]
    run_id = launch_limited(bench, phases, "0.01", model=PRICED)
    assert wait_for_stop(bench, run_id) == "cost_limit"
    assert len(rows(installation, "SELECT 1 FROM api_usage WHERE run_id = %s", run_id)) == 3
    assert [bench.statuses(run_id)[code] for code in "de"] == [["pending"], ["pending"]]


def test_run_of_unknown_cost_with_a_limit_stops_and_goes_on_with_another_or_without(
    bench: Bench, workers, installation
):
    workers.start()
    run_id = launch_limited(bench, chain("a", "b"), "5", model=UNPRICED)
    assert wait_for_stop(bench, run_id) == "cost_unknown"
    raise_cost_limit(bench.cast.alice, run_id, Decimal(1), seen=Decimal(5))
    assert bench.wait_for_end(run_id).summary.status is RunStatus.COMPLETED
    run_id = launch_limited(bench, chain("a", "b"), "5", model=UNPRICED)
    assert wait_for_stop(bench, run_id) == "cost_unknown"
    raise_cost_limit(bench.cast.alice, run_id, None, seen=Decimal(5))
    assert bench.wait_for_end(run_id).summary.status is RunStatus.COMPLETED
    assert row(installation, COST, run_id)["cost_limit_usd"] is None


def test_broken_call_counts_as_the_most_that_it_can_have_cost_and_is_made_again(
    bench: Bench, own: LLMockServer, installation
):
    """A call of 100 tokens at most costs no more than 0.9 dollars here: for its prompt 0.6, with what stands around."""
    connect(bench, own)
    own.state.scenarios.add(Fail(status=500, match=CHAT))
    run_id = launch_limited(bench, chain("a", parameters={"max_tokens": 100}), "2", model=PRICED)
    assert walk(bench, installation, run_id) == [RunStatus.COMPLETED]
    assert bench.statuses(run_id) == {"a": ["failed", "completed"]}
    cost = row(installation, COST, run_id)
    assert cost["cost_usd"] is None, "nobody knows it"
    bounds = rows(installation, "SELECT cost_usd, cost_bound_usd FROM phase_executions ORDER BY attempt")
    assert Decimal("0.3") < bounds[0]["cost_bound_usd"] < Decimal("0.9")
    assert bounds[1]["cost_usd"] < bounds[1]["cost_bound_usd"]
    seen = watch_run(bench.cast.alice, run_id)
    assert seen.counted_usd == bounds[0]["cost_bound_usd"] + bounds[1]["cost_usd"]


def test_broken_call_that_may_have_cost_the_limit_stops_the_run(bench: Bench, own: LLMockServer, installation):
    connect(bench, own)
    own.state.scenarios.add(Fail(status=500, match=CHAT))
    run_id = launch_limited(bench, chain("a", parameters={"max_tokens": 1000}), "2", model=PRICED)
    assert walk(bench, installation, run_id) == [RunStatus.PAUSED]
    assert wait_for_stop(bench, run_id) == "cost_bound"
