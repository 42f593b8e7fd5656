"""A run that a hard budget stops says which and by how much, and goes on by itself once it is raised."""

from datetime import timedelta
from decimal import Decimal

from llmock.testing import LLMockServer

from lib import clock
from lib.budgets.service import raise_budget
from lib.models.run import RunStatus
from tests.engine.conftest import Bench, chain
from tests.engine.test_connections import MODEL as PRICED
from tests.engine.test_connections import connect
from tests.made_budgets import make_budget, see_budget
from tests.own_endpoint import llm as own  # the installation's is another one
from tests.records import row, rows
from tests.workers import until

__all__ = ["own"]


def test_run_stops_at_a_hard_budget_and_goes_on_by_itself_after_a_raise(
    bench: Bench, workers, own: LLMockServer, installation
):
    connect(bench, own)
    alice = bench.cast.alice
    budget_id = make_budget(alice, "0.01", name="Hinges", scope="project", project_id=bench.project_id, is_hard=True)
    workers.start()
    run_id = bench.launch(chain("a", "b"), model=PRICED)
    until(lambda: bench.see(run_id).summary.status is RunStatus.PAUSED)
    seen = bench.see(run_id)
    assert seen.error is not None
    assert (seen.error.kind, seen.error.budget) == ("budget", str(budget_id))
    spent = see_budget(alice, budget_id).spent_usd
    beyond = spent - Decimal("0.01")
    assert (
        f"“Hinges”, the project's budget, is used up this month: it is exceeded by ${beyond:.2f}." in seen.error.message
    )
    assert bench.statuses(run_id) == {"a": ["completed"], "b": ["pending"]}
    raise_budget(alice, budget_id, Decimal(5), reason="The fair", expires_at=clock.now() + timedelta(days=1))
    until(lambda: bench.see(run_id).summary.status is RunStatus.COMPLETED)
    assert (
        see_budget(alice, budget_id).spent_usd == row(installation, "SELECT sum(cost_usd) AS usd FROM api_usage")["usd"]
    )


def test_paused_run_goes_on_when_the_next_month_has_begun(bench: Bench, workers, own: LLMockServer, installation):
    connect(bench, own)
    make_budget(bench.cast.alice, "0.01", is_hard=True)
    workers.start()
    run_id = bench.launch(chain("a", "b"), model=PRICED)
    until(lambda: bench.see(run_id).summary.status is RunStatus.PAUSED)
    rows(installation, "UPDATE budget_periods SET starts_at = starts_at - interval '1 month' RETURNING 1")
    until(lambda: bench.see(run_id).summary.status is RunStatus.COMPLETED)


def test_phases_side_by_side_begin_nothing_more(bench: Bench, workers, own: LLMockServer, installation):
    connect(bench, own)
    make_budget(bench.cast.alice, "0.01", is_hard=True)
    workers.start()
    side_by_side = [{"code": code, "depends_on": []} for code in "abc"]
    run_id = bench.launch([*side_by_side, {"code": "d", "depends_on": ["a"]}], model=PRICED)
    until(lambda: bench.see(run_id).summary.status is RunStatus.PAUSED)
    assert len(rows(installation, "SELECT 1 FROM api_usage WHERE run_id = %s", run_id)) == 3
    assert bench.statuses(run_id)["d"] == ["pending"]
