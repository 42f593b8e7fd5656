"""What holds of a run at any moment, whatever has befallen it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from uuid import UUID

from lib.models.run import PhaseStatus, RunStatus
from lib.runs.states import FINAL_RUN_STATUSES, PHASE_MOVES, RUN_MOVES
from tests.engine.random_stage import Stage
from tests.records import Record

_FINAL_PHASES: Final = frozenset(status for status, moves in PHASE_MOVES.items() if not moves)


@dataclass(slots=True)
class Invariants:
    """Of one run. `see` looks at it anew."""

    stage: Stage
    run_id: UUID
    #: Id -> what it was when it was first seen to have ended.
    ended: dict[UUID, Record] = field(default_factory=dict)

    def see(self) -> None:
        """Raises `AssertionError` where something does not hold."""
        (run,) = self.stage.rows("SELECT * FROM orchestration_runs WHERE id = %s", self.run_id)
        query = "SELECT * FROM phase_executions WHERE run_id = %s ORDER BY phase_code, attempt"
        attempts = self.stage.rows(query, self.run_id)
        assert "internal" not in {each["error_details"].get("kind") for each in (run, *attempts)}, "a fault of our own"
        self._see_what_has_ended(run, attempts)
        self._see_moves()
        self._see_costs(run, attempts)
        _see_answers(run, attempts)
        _see_statuses(run, attempts)

    def _see_what_has_ended(self, run: Record, attempts: Sequence[Record]) -> None:
        """Final is final, in every column."""
        for each, final in ((run, FINAL_RUN_STATUSES), *((attempt, _FINAL_PHASES) for attempt in attempts)):
            if each["status"] in final:
                assert self.ended.setdefault(each["id"], each) == each
            else:
                assert each["id"] not in self.ended

    def _see_moves(self) -> None:
        """Every status was left for one that may follow it."""
        for move in self.stage.rows("DELETE FROM moves_of_the_test RETURNING *"):
            if move["of"] == "orchestration_runs":
                assert RunStatus(move["after"]) in RUN_MOVES[RunStatus(move["before"])], move
            else:
                assert PhaseStatus(move["after"]) in PHASE_MOVES[PhaseStatus(move["before"])], move

    def _see_costs(self, run: Record, attempts: Sequence[Record]) -> None:
        """Each call is counted once, and the run has cost what its attempts have."""
        asked = [each for each in attempts if each["started_at"] is not None and each["status"] != "running"]
        usage = self.stage.rows("SELECT * FROM api_usage WHERE run_id = %s", self.run_id)
        assert sorted(each["phase_execution_id"] for each in usage) == sorted(each["id"] for each in asked)
        for costs in ([each["cost_usd"] for each in asked], [each["cost_usd"] for each in usage]):
            assert run["cost_usd"] == (None if None in costs else sum(costs, Decimal(0)))
        tokens = sum(each["token_usage"].get("total_tokens", 0) for each in asked)
        assert run["total_tokens"] == tokens == sum(each["tokens_used"] for each in usage)


def _see_answers(run: Record, attempts: Sequence[Record]) -> None:
    """No phase is completed twice, and no answer is found in two places."""
    completed = [each["phase_code"] for each in attempts if each["status"] == PhaseStatus.COMPLETED]
    assert len(set(completed)) == len(completed) == run["completed_phases"]
    texts = [each["original_response"] or each["response_text"] for each in attempts if each["response_text"]]
    assert len(set(texts)) == len(texts)


def _see_statuses(run: Record, attempts: Sequence[Record]) -> None:
    """A run stands as its phases do."""
    statuses = {each["phase_code"]: each["status"] for each in attempts}.values()  # the newest comes last
    if run["status"] != RunStatus.RUNNING:
        assert PhaseStatus.RUNNING not in statuses
        assert run["worker_token"] is None
    if run["status"] == RunStatus.WAITING_REVIEW:
        assert PhaseStatus.WAITING_REVIEW in statuses
    if run["status"] in FINAL_RUN_STATUSES:
        assert _FINAL_PHASES.issuperset(statuses)
    if run["status"] == RunStatus.COMPLETED and run["error_details"] == {}:
        assert {PhaseStatus.COMPLETED, PhaseStatus.SKIPPED}.issuperset(statuses)
