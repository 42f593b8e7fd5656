"""Whatever is killed at whatever moment, every run is completed, and nothing is asked, written or counted twice."""

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import count

import psutil
import psycopg
import pytest
from llmock.scenarios import Delay, Match
from llmock.testing import LLMockServer

from lib.providers.local import CHOICE
from tests.chaos.conftest import Installed
from tests.local_model import has_local_model
from tests.records import Record
from tests.supervised import alive, answers, wait_for
from tests.workers import MODEL

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

#: Of each half, which has an installation of its own.
ROUNDS = 25
#: Of launching a run which does not end before there is somebody to kill.
_TRIES = 10
#: Two of the four are written side by side.
_PHASES = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}
CHAT = Match(path="*completions")
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
    has_local = has_local_model()
    installed = install("--workers", "2", ORCHESTRATOR_LOCAL_MODEL=str(has_local).lower())
    launch = _launcher(installed, model, dice)
    victims = ["web", "worker", "backend", "postmaster", *(["local model"] if has_local else [])]
    order = [victims[number % len(victims)] for number in range(ROUNDS)]
    dice.shuffle(order)
    killed = set[psutil.Process]()
    for victim in order:
        for _ in range(_TRIES):
            launch(victim)
            time.sleep(dice.uniform(0, 0.8))
            if process := _kill_at_work(installed, victim, dice):
                killed.add(process)
                break
    assert len(killed) == ROUNDS, "in some rounds nobody was killed who lived"
    wait_for(lambda: _standing(installed)["open"] == 0, seconds=240)
    done = {"completed"}  # who writes the last word may be killed as well, and then another one takes over
    wait_for(lambda: _statuses(installed) == done, seconds=120, instead=lambda: _unfinished(installed))
    _check_books(installed, model)
    lost = installed.rows("SELECT FROM phase_executions WHERE status = 'failed' AND error_details->>'kind' = 'lost'")
    assert lost != [], "nothing was under way whenever something was killed: this has shown nothing"
    wait_for(lambda: answers(installed.port), seconds=120)
    family = installed.up.family()
    installed.up.process.send_signal(signal.SIGTERM)
    assert installed.up.wait() == 0
    assert alive(family) == []


def _launcher(installed: Installed, model: LLMockServer, dice: random.Random) -> Callable[[str], None]:
    """What launches a run or two in which there is this one to kill, each with a topic of its own."""
    remote = installed.template(
        [
            {"code": code, "prompt": f"{{{{ topic }}}} {code}", "depends_on": needed, "max_attempts": 10}
            for code, needed in _PHASES.items()
        ]
    )
    small = {"prompt": "{{ topic }}", "max_attempts": 10, "parameters": {"max_tokens": 12}}
    local = installed.template([{"code": "x", **small}, {"code": "y", **small}])
    topics = count(1)

    def launch(victim: str) -> None:
        for _ in range(dice.randint(1, 2)):
            model.state.scenarios.add(*(Delay(dice.uniform(0.2, 0.8), match=CHAT) for _ in "abcd"))
            installed.launch(remote, topic=f"topic {next(topics)}", model=MODEL)
        if victim == "local model":
            installed.launch(local, topic=f"Bicycles {next(topics)}", model=str(CHOICE))

    return launch


def _kill_at_work(installed: Installed, victim: str, dice: random.Random) -> psutil.Process | None:
    """Kill one while runs are open, and see them go on; None if all had ended before there was one to kill."""
    found: list[psutil.Process] = []

    def is_there_or_done() -> bool:
        found[:] = _find(installed, victim)
        return found != [] or _standing(installed)["open"] == 0

    wait_for(is_there_or_done, seconds=120)
    before = _standing(installed)
    if found == [] or before["open"] == 0:
        return None
    killed = dice.choice(found)
    try:
        killed.kill()
    except psutil.NoSuchProcess:
        return None
    print(f"{time.monotonic():.1f} {victim}: one of {len(found)}, {before}")
    wait_for(lambda: _has_gone_on(installed, before["completed"]), seconds=120)
    return killed


def _has_gone_on(installed: Installed, before: int) -> bool:
    """Whether another phase is completed, or none is left to be."""
    now = _standing(installed)
    return now["completed"] > before or now["open"] == 0


def _find(installed: Installed, kind: str) -> list[psutil.Process]:
    up = installed.up
    with suppress(psutil.Error, OSError, ValueError, IndexError):  # it is being started this moment
        if kind == "postmaster":
            found = [up.postmaster()]
        elif kind == "backend":
            found = up.postmaster().children()
        elif kind == "local model":
            found = [process for worker in up.children("worker") for process in worker.children()]
        else:
            found = up.children(kind)
        return [process for process in found if process.status() != psutil.STATUS_ZOMBIE]
    return []


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


def _unfinished(installed: Installed) -> list[Record]:
    """The phases, attempt by attempt, of the runs that are not completed."""
    return installed.rows(
        "SELECT r.status AS run, r.error_details AS why, phase_code, attempt, p.status, p.error_details "
        "FROM orchestration_runs r LEFT JOIN phase_executions p ON run_id = r.id "
        "WHERE r.status <> 'completed' ORDER BY r.id, phase_code, attempt"
    )


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
