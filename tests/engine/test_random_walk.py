"""The whole state machine by accident: random plans, events and crashes, and what has to hold after each of them.

What comes of each event in each state stands in `test_states_whole`.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from lib.providers import retry
from tests.cast import Cast
from tests.conftest import Installation
from tests.engine.random_checks import Invariants
from tests.engine.random_stage import COST_USD, Stage
from tests.engine.random_walk import EVENTS, Event, RandomWalk

#: As often as they are to happen.
WEIGHTED = [event for event, weight in EVENTS.items() for _ in range(weight)]
HAPPENINGS = st.lists(st.tuples(st.sampled_from(WEIGHTED), st.integers(0, 2)), min_size=15, max_size=60)


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Any]:
    """A template of up to four phases, each with what it waits for, perhaps with a gate, perhaps answered in JSON."""
    codes = [f"Phase {number}" for number in range(draw(st.integers(1, 4)))]
    phases = [
        {
            "code": code,
            "name": "A step",
            "prompt": "Ideas for {{ topic }}",
            "depends_on": draw(st.sets(st.sampled_from(codes[:number]))) if number else [],
            "review": draw(st.sampled_from([None, {}])),
            "output": {"kind": draw(st.sampled_from(["text", "json"]))},
            "max_attempts": 2,
        }
        for number, code in enumerate(codes)
    ]
    return {"phases": phases}


@pytest.fixture
def stage(installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """Workers that lose no time between two attempts."""
    monkeypatch.setattr(retry, "_FIRST_WAIT_SECONDS", 0.001)
    with asyncio.Runner() as runner:
        stage = Stage.build(installation, cast, runner.get_loop())
        yield stage
        stage.close()


# not shrunk: that takes minutes, and the list of what happened can be read
@settings(max_examples=30, phases=(Phase.reuse, Phase.generate), suppress_health_check=list(HealthCheck))
@given(plan=plans(), cost_limit_usd=st.sampled_from([None, 2 * COST_USD]), happenings=HAPPENINGS)
def test_whatever_befalls_a_run_nothing_is_lost_counted_twice_or_undone(
    stage: Stage, plan: dict[str, Any], cost_limit_usd: Any, happenings: Sequence[tuple[Event, int]]
) -> None:
    walk = RandomWalk.launch(stage, plan, cost_limit_usd=cost_limit_usd)
    invariants = Invariants(stage, walk.run_id)
    try:
        for event, number in happenings:
            event(walk, number)
            invariants.see()
        walk.come_to_an_end()
        invariants.see()
    finally:
        walk.kill_everybody()
