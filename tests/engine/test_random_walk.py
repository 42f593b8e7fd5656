"""The whole state machine by accident: random events and crashes, and what has to hold after each of them."""

import asyncio
from collections.abc import Iterator
from functools import partial

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from lib.providers import retry
from tests.cast import Cast
from tests.conftest import Installation
from tests.engine.random_walk import RandomWalk, Stage


@pytest.fixture
def stage(installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """Workers that lose no time between two attempts."""
    monkeypatch.setattr(retry, "_FIRST_WAIT_SECONDS", 0.001)
    with asyncio.Runner() as runner:
        stage = Stage.build(installation, cast, runner.get_loop())
        yield stage
        stage.close()


def test_whatever_befalls_a_run_nothing_is_lost_counted_twice_or_undone(stage: Stage) -> None:
    run_state_machine_as_test(
        partial(RandomWalk, stage),
        settings=settings(
            max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
