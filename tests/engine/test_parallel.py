"""Phases side by side: whatever order they finish in, the run comes out the same."""

import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from lib.models.run import RunStatus
from tests.engine.conftest import Bench
from tests.engine.misbehaving import Answer, Misbehaving, events, misbehaving, refusal
from tests.records import row
from tests.workers import until

__all__ = ["misbehaving"]

#: Of graphs that may finish in more than one order.
SEEDS, WALKS = (0, 1, 2), 3


@dataclass(frozen=True, slots=True)
class Gate:
    """What holds up a model's answer, and at which attempt it comes."""

    attempts: int
    is_open: threading.Event = field(default_factory=threading.Event)


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


def misbehave(misbehaving: Misbehaving, phases: Sequence[Mapping[str, Any]], chance: random.Random) -> dict[str, Gate]:
    """Each answer waits for its gate, and now and then the first attempt fails."""
    gates = {phase["code"]: Gate(attempts=2 if chance.random() < 0.2 else 1) for phase in phases}
    for code, gate in gates.items():
        failing = [refusal("503 Service Unavailable", "Later")] * (gate.attempts - 1)
        misbehaving.moments.pop(code, None)
        misbehaving.answers[code] = [*failing, Answer(pieces=(gate.is_open, *events(f"This is {code}.")))]
    return gates


def finish_in_any_order(
    bench: Bench,
    misbehaving: Misbehaving,
    run_id: UUID,
    *,
    phases: Sequence[Mapping[str, Any]],
    gates: Mapping[str, Gate],
    chance: random.Random,
) -> tuple[str, ...]:
    """Let one after another of the phases that are being written finish, and say which order that was."""

    def are_written(codes: Sequence[str]) -> bool:
        return all(len(misbehaving.moments.get(code, ())) == gates[code].attempts for code in codes)

    def is_done(code: str) -> bool:
        return bench.statuses(run_id)[code][-1] == "completed"

    done: list[str] = []
    while len(done) < len(phases):
        writing = [phase["code"] for phase in phases if phase["code"] not in done and {*phase["depends_on"]} <= {*done}]
        until(partial(are_written, writing))
        code = chance.choice(writing)
        gates[code].is_open.set()
        until(partial(is_done, code))
        done.append(code)
    return tuple(done)


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


@pytest.mark.parametrize("seed", SEEDS)
def test_results_and_prompts_do_not_depend_on_who_finishes_first(bench, workers, misbehaving, installation, seed):
    phases = graph_of(random.Random(seed))
    template_id = bench.template(phases)
    workers.start()
    outcomes, orders = [], set()
    for walk in range(WALKS):
        chance = random.Random(f"{seed}-{walk}")
        gates = misbehave(misbehaving, phases, chance)
        run_id = bench.launch_template(template_id)
        orders.add(finish_in_any_order(bench, misbehaving, run_id, phases=phases, gates=gates, chance=chance))
        outcomes.append(outcome(bench, installation, run_id))
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert outcomes[0]["positions"] == list(range(len(phases)))
    assert len(orders) > 1, "they finished in the same order every time: this has shown nothing"


def test_phase_begins_as_soon_as_what_it_waits_for_is_done(bench, workers, misbehaving):
    """Not when the whole row before it is: the slow branch holds up only what needs it."""
    is_after_quick_done = threading.Event()
    misbehaving.answers |= {
        "slow": [Answer(pieces=(is_after_quick_done, *events("Slow.")))],
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
    until(lambda: bench.statuses(run_id)["after-quick"] == ["completed"])
    is_after_quick_done.set()
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
