"""Whatever is killed at whatever moment, every run is completed, and nothing is asked, written or counted twice."""

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import psutil
import psycopg
import pytest
from llmock.scenarios import Delay, Match
from llmock.testing import LLMockServer

from lib.providers.local import CHOICE
from lib.providers.local_process import find_weights
from tests.chaos.conftest import Installed
from tests.supervised import alive, answers, wait_for
from tests.workers import MODEL

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

#: Of each half, which has an installation of its own.
ROUNDS = 25
#: Two of the four are written side by side.
_PHASES = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}
_STANDING = (
    "SELECT count(*) FILTER (WHERE status = 'completed') AS completed, "
    "count(*) FILTER (WHERE status IN ('pending', 'running')) AS open FROM phase_executions"
)


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """Chance that can be had again: CHAOS_SEED=… is printed when a test fails."""
    seed = os.environ.get("CHAOS_SEED") or str(random.SystemRandom().randrange(10**6))
    print(f"CHAOS_SEED={seed}")
    return random.Random(f"{seed} {request.node.name}")


@pytest.mark.parametrize("half", [1, 2])
def test_no_kill_loses_or_repeats_an_answer(
    half: int, install: Callable[..., Installed], model: LLMockServer, dice: random.Random
) -> None:
    has_local = find_weights() is not None
    installed = install("--workers", "2", ORCHESTRATOR_LOCAL_MODEL=str(has_local).lower())
    remote = installed.template(
        [
            {"code": code, "prompt": f"{{{{ topic }}}} {code}", "depends_on": needed, "max_attempts": 10}
            for code, needed in _PHASES.items()
        ]
    )
    small = {"prompt": "{{ topic }}", "max_attempts": 10, "parameters": {"max_tokens": 12}}
    local = installed.template([{"code": "x", **small}, {"code": "y", **small}])
    victims = ["web", "worker", "backend", "postmaster", *(["local model"] if has_local else [])]
    order = [victims[number % len(victims)] for number in range(ROUNDS)]
    dice.shuffle(order)
    for number, victim in enumerate(order):
        for each in range(dice.randint(1, 2)):
            model.state.scenarios.add(
                *(Delay(dice.uniform(0.05, 0.3), match=Match(path="*completions")) for _ in "abcd")
            )
            installed.launch(remote, topic=f"topic {number}.{each}", model=MODEL)
        if victim == "local model":
            installed.launch(local, topic=f"Bicycles {number}", model=str(CHOICE))
            wait_for(lambda: _find(installed, "local model") != [] or _standing(installed)["open"] == 0, seconds=120)
        time.sleep(dice.uniform(0, 0.8))
        _kill_and_go_on(installed, victim, dice)
    wait_for(lambda: _standing(installed)["open"] == 0, seconds=240)
    wait_for(lambda: _statuses(installed) == {"completed"})
    _check_books(installed, model)
    wait_for(lambda: answers(installed.port), seconds=120)
    family = installed.up.family()
    installed.up.process.send_signal(signal.SIGTERM)
    assert installed.up.wait() == 0
    assert alive(family) == []


def _kill_and_go_on(installed: Installed, victim: str, dice: random.Random) -> None:
    """Kill one, and wait until another phase is completed, or none is left to be."""
    before = _standing(installed)["completed"]
    found = _find(installed, victim)
    print(f"{time.monotonic():.1f} {victim}: one of {len(found)}, {before} completed")
    with suppress(psutil.NoSuchProcess):
        for process in dice.sample(found, min(len(found), 1)):
            process.kill()

    def has_gone_on() -> bool:
        now = _standing(installed)
        return now["completed"] > before or now["open"] == 0

    wait_for(has_gone_on, seconds=120)


def _find(installed: Installed, kind: str) -> list[psutil.Process]:
    up = installed.up
    with suppress(psutil.Error, OSError, ValueError, IndexError):  # it is being started this moment
        if kind == "postmaster":
            return [up.postmaster()]
        if kind == "backend":
            return up.postmaster().children()
        if kind == "local model":
            return [process for worker in up.children("worker") for process in worker.children()]
    return up.children(kind)


def _standing(installed: Installed) -> dict[str, int]:
    """How many phases are completed and how many are open, asked until the database says it."""
    found: list[dict[str, int]] = []

    def has_answered() -> bool:
        with suppress(psycopg.OperationalError):
            found.extend(installed.rows(_STANDING))
        return bool(found)

    wait_for(has_answered, seconds=120)
    return found[0]


def _statuses(installed: Installed) -> set[str]:
    return {row["status"] for row in installed.rows("SELECT status FROM orchestration_runs")}


def _check_books(installed: Installed, model: LLMockServer) -> None:
    attempts = installed.rows(
        "SELECT p.id, r.topic, run_id, phase_code, attempt, p.status FROM phase_executions p "
        "JOIN orchestration_runs r ON r.id = run_id ORDER BY run_id, phase_code, attempt"
    )
    by_phase: dict[tuple[object, str], list[str]] = {}
    for row in attempts:
        by_phase.setdefault((row["run_id"], row["phase_code"]), []).append(row["status"])
    for phase, statuses in by_phase.items():
        assert statuses == ["failed"] * (len(statuses) - 1) + ["completed"], f"{phase}: asked again, or not answered"
    assert [
        row["phases"]
        for row in installed.rows("SELECT DISTINCT completed_phases = total_phases AS phases FROM orchestration_runs")
    ] == [True]
    used = installed.rows("SELECT phase_execution_id FROM api_usage")
    assert Counter(row["phase_execution_id"] for row in used) == Counter(row["id"] for row in attempts)
    quota = installed.rows("SELECT api_quota_used FROM organizations WHERE id = %s", installed.cast.organization_a)
    assert quota == [{"api_quota_used": len(attempts)}]
    wait_for(lambda: installed.rows("SELECT * FROM phase_streams") == [])
    asked = Counter(
        json.dumps(record.body["messages"][-1]["content"])
        for record in model.state.journal.records(wait=5)
        if "completions" in record.path
    )
    begun = Counter(json.dumps(f"{row['topic']} {row['phase_code']}") for row in attempts)
    assert asked - begun == Counter(), "asked without an attempt"
    print(f"{len(attempts)} attempts at {len(by_phase)} phases")
