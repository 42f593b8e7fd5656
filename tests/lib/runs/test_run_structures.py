"""The JSON structures of a run, and the tables of the moves of runs and phases."""

import json
from typing import Any

import pytest
from pydantic import BaseModel

from lib.errors import InvalidInput
from lib.models.run import PhaseStatus, RunStatus
from lib.runs.states import FINAL_RUN_STATUSES, LIVE_RUN_STATUSES, PHASE_MOVES, RUN_MOVES
from lib.runs.structures import ErrorDetails, Results, RunInputs, TokenUsage
from lib.validation import read_stored, validate

#: From the specification, verbatim.
RESULTS = """
{
  "phases": {
    "Phase 0": {
      "phase": "Ideation",
      "status": "completed",
      "response": "...",
      "execution_time_ms": 5000
    }
  },
  "metadata": {
    "total_phases": 7,
    "successful_phases": 6,
    "success_rate": "85.7%"
  }
}
"""
TOKEN_USAGE = """
{
  "prompt_tokens": 150,
  "completion_tokens": 800,
  "total_tokens": 950,
  "model": "gpt-4",
  "cost_usd": 0.028
}
"""
EXAMPLES: dict[type[BaseModel], Any] = {
    Results: json.loads(RESULTS),
    TokenUsage: json.loads(TOKEN_USAGE),
    RunInputs: {
        "project": {"name": "Heat pumps", "description": "For installers"},
        "values": {"audience": "Installers", "budget": 5, "share": 0.5, "due": None},
    },
    ErrorDetails: {
        "kind": "rate_limit",
        "message": "The endpoint asks to wait.",
        "phase": "Phase 3",
        "attempt": 2,
        "provider": "openai",
        "model": "gpt-4",
        "status": 429,
        "retry_seconds": 30.5,
        "retry_reason": "tried again after 30.5 s",
        "retry_model": "openai:gpt-4",
        "budget": "01890000-0000-7000-8000-000000000001",
        "faults": [],
    },
}
NAMES = [model.__name__ for model in EXAMPLES]


@pytest.mark.parametrize(("model", "example"), EXAMPLES.items(), ids=NAMES)
def test_example_is_taken_and_kept(model: type[BaseModel], example: Any) -> None:
    assert validate(model, example, what="It").model_dump(mode="json") == example


@pytest.mark.parametrize(("model", "example"), EXAMPLES.items(), ids=NAMES)
def test_unknown_key_is_refused_on_write_and_kept_on_read(model: type[BaseModel], example: Any) -> None:
    more = {**example, "mood": "good"}
    with pytest.raises(InvalidInput, match="“mood” is not known"):
        validate(model, more, what="It")
    read = read_stored(model, more, what="It")
    assert read.model_extra == {"mood": "good"}


def test_unknown_key_inside_is_refused_with_its_place() -> None:
    wrong = json.loads(RESULTS)
    wrong["metadata"]["failed_phases"] = 1
    with pytest.raises(InvalidInput, match="metadata: “failed_phases” is not known"):
        validate(Results, wrong, what="The results")


@pytest.mark.parametrize("missing", json.loads(TOKEN_USAGE))
def test_token_usage_is_whole(missing: str) -> None:
    usage = json.loads(TOKEN_USAGE)
    del usage[missing]
    with pytest.raises(InvalidInput, match=f"{missing}: is missing"):
        validate(TokenUsage, usage, what="The usage")


def test_unknown_price_is_none_and_not_zero() -> None:
    usage = validate(TokenUsage, json.loads(TOKEN_USAGE) | {"cost_usd": None}, what="The usage")
    assert usage.cost_usd is None


def test_phase_that_never_began_has_no_answer_and_no_time() -> None:
    results = json.loads(RESULTS)
    results["phases"]["Phase 0"] |= {"status": "skipped", "response": None, "execution_time_ms": None}
    assert validate(Results, results, what="The results").phases["Phase 0"].response is None


def test_every_status_has_its_moves() -> None:
    assert set(RUN_MOVES) == set(RunStatus)
    assert set(PHASE_MOVES) == set(PhaseStatus)


def test_what_has_ended_stays() -> None:
    assert {RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED} == FINAL_RUN_STATUSES
    assert {
        PhaseStatus.COMPLETED,
        PhaseStatus.FAILED,
        PhaseStatus.SKIPPED,
        PhaseStatus.CANCELLED,
        PhaseStatus.REJECTED,
    } == {status for status, moves in PHASE_MOVES.items() if not moves}
    assert LIVE_RUN_STATUSES.isdisjoint(FINAL_RUN_STATUSES)


def test_every_run_that_has_not_ended_can_be_cancelled() -> None:
    for status in set(RunStatus) - FINAL_RUN_STATUSES:
        assert RunStatus.CANCELLED in RUN_MOVES[status]


@pytest.mark.parametrize("moves", [RUN_MOVES, PHASE_MOVES], ids=["run", "phase"])
def test_every_status_is_reached_from_the_first(moves: Any) -> None:
    first = RunStatus.QUEUED if moves is RUN_MOVES else PhaseStatus.PENDING
    reached, waiting = {first}, [first]
    while waiting:
        new = moves[waiting.pop()] - reached
        reached |= new
        waiting += new
    assert reached == set(moves)
