"""Runs that wait for people: what goes on meanwhile, what is lost (nothing), and what a decision does."""

import asyncio
import threading
from uuid import UUID

import pytest
from llmock.scenarios import Delay, Match, Reply

from lib.config import get_settings
from lib.db.logins import Login
from lib.engine.segment import Segment
from lib.engine.store import RunKey, Store
from lib.models.review import Decision
from lib.models.run import PhaseStatus, RunStatus
from lib.providers.catalog import close_providers, get_provider
from lib.reviews.service import decide_review, get_review
from lib.runs.service import cancel_run
from tests.conftest import Installation
from tests.engine.conftest import CHAT, Bench, chain
from tests.records import row, rows
from tests.workers import until

GATE = {"review": {}}
#: Mona decides about alice's runs.
ROUNDS = 50
NO_WORKER = (
    "SELECT (SELECT count(*) FROM dbos.workflow_status WHERE status IN ('PENDING', 'ENQUEUED')) AS workflows, "
    "(SELECT count(*) FROM orchestration_runs WHERE worker_token IS NOT NULL) AS held"
)


def wait_for_review(bench: Bench, run_id: UUID) -> None:
    """Until the run waits for nothing but people."""
    until(lambda: bench.see(run_id).summary.status is RunStatus.WAITING_REVIEW)


def decide(bench: Bench, run_id: UUID, decision: Decision = Decision.APPROVE, **more: str) -> None:
    """Mona's word on the answer of the run that waits."""
    review_id = find_open(bench, run_id)
    decide_review(bench.cast.mona, review_id, decision, seen=get_review(bench.cast.mona, review_id).seen, **more)


def find_open(bench: Bench, run_id: UUID) -> UUID:
    """The request about the answer that waits."""
    phases = bench.see(run_id).phases
    waiting = [phase.newest.review for phase in phases if phase.status is PhaseStatus.WAITING_REVIEW]
    assert len(waiting) == 1
    assert waiting[0] is not None
    return waiting[0].id


def test_run_waits_goes_on_and_the_next_prompt_reads_what_was_edited(bench, workers, endpoint):
    endpoint.state.scenarios.add(Reply(text="Fold it twice.", match=CHAT))
    workers.start()
    reading = {"code": "b", "prompt": "Go on from: {{ phases['a'].response }}"}
    run_id = bench.launch([{"code": "a", **GATE}, reading])
    wait_for_review(bench, run_id)
    assert bench.statuses(run_id) == {"a": ["waiting_review"], "b": ["pending"]}
    decide(bench, run_id, Decision.APPROVE_WITH_EDITS, edited="Fold it three times.")
    run = bench.wait_for_end(run_id)
    assert run.summary.status is RunStatus.COMPLETED
    assert run.summary.completed_phases == 2
    assert run.phases[1].newest.prompt == "Go on from: Fold it three times."


def test_waiting_run_holds_no_workflow_and_no_place(bench, workers, monkeypatch, installation):
    monkeypatch.setenv("ORCHESTRATOR_WORKER_CONCURRENCY", "1")
    workers.start()
    waiting = bench.launch([{"code": "a", **GATE}, {"code": "b"}])
    wait_for_review(bench, waiting)
    until(lambda: row(installation, NO_WORKER) == {"workflows": 0, "held": 0})
    other = bench.launch(chain("a", "b"))
    assert bench.wait_for_end(other).summary.status is RunStatus.COMPLETED
    assert bench.see(waiting).summary.status is RunStatus.WAITING_REVIEW


def test_redo_asks_again_with_the_comment_and_the_answer_before(bench, workers, endpoint):
    endpoint.state.scenarios.add(Reply(text="Fold it twice.", match=CHAT))
    workers.start()
    run_id = bench.launch([{"code": "a", "prompt": "How to fold {{ topic }}?", **GATE}])
    wait_for_review(bench, run_id)
    decide(bench, run_id, Decision.REDO, comment="Shorter, please.")
    until(lambda: bench.statuses(run_id)["a"] == ["rejected", "waiting_review"])
    prompt = bench.see(run_id).phases[0].newest.prompt
    assert prompt is not None
    assert prompt.startswith("How to fold A folding bicycle?\n\n")
    assert prompt.endswith("Shorter, please.\n\nYour earlier answer was:\n\nFold it twice.")
    wait_for_review(bench, run_id)
    decide(bench, run_id)
    assert bench.wait_for_end(run_id).summary.status is RunStatus.COMPLETED


def test_rejection_ends_a_run_whose_other_branch_is_written_once_that_is_done(bench, workers, endpoint):
    endpoint.state.scenarios.add(Delay(seconds=2, match=Match(path="*completions", model="gpt-4o")))
    workers.start()
    run_id = bench.launch(
        [{"code": "a", "depends_on": [], **GATE}, {"code": "b", "depends_on": [], "model": "openai:gpt-4o"}]
    )
    until(lambda: bench.see(run_id).phases[0].status is PhaseStatus.WAITING_REVIEW)
    decide(bench, run_id, Decision.REJECT, comment="No sources.")
    run = bench.wait_for_end(run_id)
    assert run.summary.status is RunStatus.FAILED
    assert run.error is not None
    assert (run.error.kind, run.error.message) == ("rejected", "Mona rejected the answer: No sources.")
    assert bench.statuses(run_id) == {"a": ["rejected"], "b": ["completed"]}


def test_decision_is_taken_up_while_another_branch_is_written_and_restarts_nothing(
    bench, workers, endpoint, installation
):
    endpoint.state.scenarios.add(Delay(seconds=10, match=Match(path="*completions", model="gpt-4o")))
    workers.start()
    run_id = bench.launch(
        [
            {"code": "a", "depends_on": [], **GATE},
            {"code": "slow", "depends_on": [], "model": "openai:gpt-4o"},
            {"code": "after", "depends_on": ["a"]},
        ]
    )
    until(lambda: bench.see(run_id).phases[0].status is PhaseStatus.WAITING_REVIEW)
    decide(bench, run_id)
    until(lambda: bench.statuses(run_id)["after"] == ["completed"])
    assert bench.statuses(run_id)["slow"] == ["running"]
    assert bench.wait_for_end(run_id).summary.status is RunStatus.COMPLETED
    calls = rows(installation, "SELECT phase_execution_id FROM api_usage WHERE run_id = %s", run_id)
    assert len(calls) == 3, "nothing was asked twice"


@pytest.mark.parametrize("decides_first", [False, True])
def test_worker_killed_at_a_gate_loses_nothing(bench, workers, installation, decides_first):
    workers.start()
    run_id = bench.launch([{"code": "a"}, {"code": "b", **GATE}, {"code": "c"}])
    wait_for_review(bench, run_id)
    workers.kill()
    if decides_first:
        decide(bench, run_id)
        workers.start("two")
    else:
        workers.start("two")
        decide(bench, run_id)
    run = bench.wait_for_end(run_id)
    assert run.summary.status is RunStatus.COMPLETED
    assert bench.statuses(run_id) == {"a": ["completed"], "b": ["completed"], "c": ["completed"]}
    assert len(rows(installation, "SELECT 1 FROM api_usage WHERE run_id = %s", run_id)) == 3


def test_worker_killed_while_it_writes_what_waits_for_a_review_asks_again(bench, workers, endpoint):
    endpoint.state.scenarios.add(Delay(seconds=4, match=CHAT))
    workers.start()
    run_id = bench.launch([{"code": "a", **GATE}])
    until(lambda: bench.see(run_id).phases[0].status is PhaseStatus.RUNNING)
    workers.kill()
    workers.start("two")
    wait_for_review(bench, run_id)
    assert bench.statuses(run_id) == {"a": ["failed", "waiting_review"]}


def test_decision_in_the_moment_in_which_the_segment_ends_is_never_slept_over(bench, installation: Installation):
    """Real transactions: the walk ends its segment while mona decides. Whoever is second sees what the first did."""
    template_id = bench.template([{"code": "a", **GATE}])
    ends = [asyncio.run(_race(bench, installation, bench.launch_template(template_id))) for _ in range(ROUNDS)]
    assert set(ends) <= {RunStatus.QUEUED, RunStatus.COMPLETED}, "a run that waits for nobody would wait for ever"


async def _race(bench: Bench, installation: Installation, run_id: UUID) -> str:
    """Walk the run to its gate and decide as soon as its answer waits, from another thread; how the run stands then."""

    def decide_soon() -> None:
        query = "SELECT id FROM review_requests WHERE run_id = %s"
        until(lambda: rows(installation, query, run_id) != [])
        decide(bench, run_id)

    deciding = threading.Thread(target=decide_soon)
    deciding.start()
    async with Store(installation.database.url(Login.WORKER), connections=2) as store:
        segment = Segment(RunKey(bench.cast.organization_a, run_id), store, provider=_find_provider)
        await segment.walk()
        await close_providers(settings=get_settings())
    await asyncio.to_thread(deciding.join)
    status: str = row(installation, "SELECT status FROM orchestration_runs WHERE id = %s", run_id)["status"]
    if status == RunStatus.QUEUED:
        cancel_run(bench.cast.alice, run_id)  # it holds one of few places, and nobody walks it
    return status


async def _find_provider(choice):
    return get_provider(choice.provider, settings=get_settings())
