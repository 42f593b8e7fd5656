"""Phases side by side: whatever order they finish in, the run comes out the same."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from lib.models.run import RunStatus
from tests.engine.conftest import Bench
from tests.engine.misbehaving import Answer, Misbehaving, events, misbehaving, refusal
from tests.records import row, rows

__all__ = ["misbehaving"]

GRAPHS, WALKS = 4, 3


def graph_of(chance: random.Random) -> list[dict[str, Any]]:
    """Up to nine phases, each after some of those before it, whose prompts quote what they waited for."""
    codes = [f"p{number}" for number in range(chance.randint(4, 9))]
    phases = []
    for number, code in enumerate(codes):
        needed = sorted(chance.sample(codes[:number], chance.randint(0, min(number, 3))))
        quoted = " ".join(f"{other} said {{{{ phases['{other}'].response }}}}." for other in needed)
        phases.append(
            {
                "code": code,
                "depends_on": needed,
                "prompt": f"Write {code} about {{{{ topic }}}}. {quoted} Before it came "
                "{{ previous | map(attribute='code') | join(', ') }}.",
                "model": f"openai:{code}",
            }
        )
    chance.shuffle(phases)  # in which order a template lists them says nothing about who waits for whom
    return phases


def misbehave(misbehaving: Misbehaving, phases: Sequence[Mapping[str, Any]], chance: random.Random) -> None:
    """Each answer takes its time, and now and then the first one fails."""
    for phase in phases:
        code = phase["code"]
        fine = Answer(pieces=(chance.uniform(0.0, 0.4), *events(f"This is {code}.")))
        failing = [refusal("503 Service Unavailable", "Later")] if chance.random() < 0.2 else []
        misbehaving.moments.pop(code, None)
        misbehaving.answers[code] = [*failing, fine]


def outcome(bench: Bench, installation: Any, run_id: Any) -> dict[str, Any]:
    """What is to be the same every time: everything but times and how often a model failed."""
    run = bench.wait_for_end(run_id, seconds=120)
    assert run.summary.status is RunStatus.COMPLETED
    stored = row(installation, "SELECT results, success_rate FROM orchestration_runs WHERE id = %s", run_id)
    for phase in stored["results"]["phases"].values():
        del phase["execution_time_ms"]
    return {
        "order": [phase.code for phase in run.phases],
        "positions": [phase.position for phase in run.phases],
        "prompts": [phase.newest.prompt for phase in run.phases],
        "answers": [phase.newest.response for phase in run.phases],
        **stored,
    }


@pytest.mark.parametrize("seed", range(GRAPHS))
def test_results_and_prompts_do_not_depend_on_who_finishes_first(bench, workers, misbehaving, installation, seed):
    phases = graph_of(random.Random(seed))
    misbehave(misbehaving, phases, random.Random(0))
    template_id = bench.template(phases)
    workers.start()
    outcomes, orders = [], set()
    for walk in range(WALKS):
        misbehave(misbehaving, phases, random.Random(f"{seed}-{walk}"))
        run_id = bench.launch_template(template_id)
        outcomes.append(outcome(bench, installation, run_id))
        finished = "SELECT phase_code FROM phase_executions WHERE run_id = %s ORDER BY completed_at"
        ended = rows(installation, finished, run_id)
        orders.add(tuple(entry["phase_code"] for entry in ended))
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert outcomes[0]["positions"] == list(range(len(phases)))
    assert len(orders) > 1, "they finished in the same order every time: this has shown nothing"


def test_phase_begins_as_soon_as_what_it_waits_for_is_done(bench, workers, misbehaving):
    """Not when the whole row before it is: the slow branch holds up only what needs it."""
    misbehaving.answers |= {
        "slow": [Answer(pieces=(4.0, *events("Slow.")))],
        "quick": [Answer(pieces=events("Quick."))],
        "after-quick": [Answer(pieces=events("After quick."))],
    }
    run_id = bench.launch(
        [
            {"code": "slow", "depends_on": [], "model": "openai:slow"},
            {"code": "quick", "depends_on": [], "model": "openai:quick"},
            {"code": "after-quick", "depends_on": ["quick"], "model": "openai:after-quick"},
            {"code": "join", "depends_on": ["slow", "after-quick"], "model": "openai:quick"},
        ]
    )
    workers.start()
    run = bench.wait_for_end(run_id)
    slow, _, after_quick, join = (phase.newest for phase in run.phases)
    assert after_quick.completed_at < slow.completed_at
    assert join.started_at >= slow.completed_at


def test_phase_that_fails_for_good_does_not_wait_for_its_neighbours_next_attempt(bench, workers, misbehaving):
    """The neighbour's wait would be 250 s, for an attempt that nobody makes any more."""
    misbehaving.answers |= {
        "busy": [refusal("429 Too Many Requests", "Slow", "Retry-After: 250")],
        "locked": [Answer("401 Unauthorized", ("Content-Type: application/json",), (1.0, b"{}"))],
    }
    run_id = bench.launch(
        [
            {"code": "a", "depends_on": [], "model": "openai:busy"},
            {"code": "b", "depends_on": [], "model": "openai:locked"},
        ]
    )
    workers.start()
    run = bench.wait_for_end(run_id)
    assert run.summary.status is RunStatus.FAILED
    assert (run.error.phase, run.error.kind) == ("b", "auth")
    assert bench.statuses(run_id) == {"a": ["failed"], "b": ["failed"]}
