"""Real workers and the clock: each time is launched once, whatever dies or is wrong in between."""

import random
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from llmock.scenarios import Delay, Match
from llmock.testing import LLMockServer

from lib.models.schedule import CatchUp, Overlap
from lib.runs.launch import LaunchRequest
from tests.conftest import Installation
from tests.engine.conftest import Bench, chain
from tests.made_schedules import make_due, schedule, stored
from tests.records import Record, rows
from tests.workers import MODEL, Workers, until

RUNS = "SELECT * FROM orchestration_runs WHERE schedule_id IS NOT NULL ORDER BY created_at"
#: The worker's command, by a machine whose clock is wrong by so many seconds.
WRONG_CLOCK = """
import time
true_time, wrong_by = time.time, {seconds}
time.time = lambda: true_time() + wrong_by
from datetime import timedelta
from lib import clock
true_now = clock.now
clock.now = lambda: true_now() + timedelta(seconds=wrong_by)
from lib.cli import main
main()
"""
#: The worker's command, by one that works out times that do not go on.
NO_NEXT_TIME = """
from lib.schedules import due, firing
firing.take_turn = lambda table, *, due_at, **_: due.Turn(due_at)
from lib.cli import main
main()
"""


def _schedule(bench: Bench, *, catch_up: CatchUp = CatchUp.LATEST, overlap: Overlap = Overlap.SKIP) -> UUID:
    template_id = bench.template(chain("a"))
    request = LaunchRequest(project_id=bench.project_id, template_id=template_id, model=MODEL)
    return schedule(bench.cast.alice, request, catch_up=catch_up, overlap=overlap)


def _runs(installation: Installation) -> list[Record]:
    return rows(installation, RUNS)


def _age_claims(installation: Installation) -> None:
    """As if the minute that a claim lasts were over, whether its worker is dead or not."""
    with psycopg.connect(installation.database.admin_url) as connection:
        connection.execute("UPDATE schedules SET claimed_until = now() WHERE claimed_until > now()")


def test_what_is_due_is_launched_and_walked(bench: Bench, workers: Workers, installation: Installation) -> None:
    schedule_id = _schedule(bench)
    workers.start()
    make_due(installation, schedule_id)
    took = until(lambda: stored(installation, schedule_id)["last_result"] == "launched")
    assert took < 60, "the worker looks every second, and begins first"
    (run,) = _runs(installation)
    bench.wait_for_end(run["id"])
    assert stored(installation, schedule_id)["last_run_id"] == run["id"]
    assert [each["status"] for each in _runs(installation)] == ["completed"]


def test_kill_9_in_the_middle_of_a_launch_neither_loses_nor_doubles_it(
    bench: Bench, workers: Workers, endpoint: LLMockServer, installation: Installation
) -> None:
    schedule_id = _schedule(bench)
    endpoint.state.scenarios.add(Delay(seconds=5, times=None, match=Match(path="*models*")))
    workers.start("first")
    make_due(installation, schedule_id)
    until(lambda: bool(rows(installation, "SELECT 1 FROM schedules WHERE claimed_until > now()")))
    workers.kill("first")
    endpoint.state.scenarios.clear()
    before = stored(installation, schedule_id)
    assert (before["last_result"], _runs(installation)) == (None, [])
    workers.start("second")
    _age_claims(installation)
    until(lambda: stored(installation, schedule_id)["last_result"] == "launched")
    (run,) = _runs(installation)
    bench.wait_for_end(run["id"])
    assert len(_runs(installation)) == 1


@pytest.mark.slow
def test_workers_that_are_killed_again_and_again_launch_each_missed_time_once(
    bench: Bench, workers: Workers, endpoint: LLMockServer, installation: Installation
) -> None:
    """24 hours without a worker, and then two that die at random moments; claims end while their workers still live."""
    schedule_id = _schedule(bench, catch_up=CatchUp.ALL, overlap=Overlap.CANCEL_PREVIOUS)
    endpoint.state.scenarios.add(Delay(seconds=0.3, times=None, match=Match(path="*models*")))
    make_due(installation, schedule_id, ago=timedelta(hours=23))
    chance = random.Random(7)
    workers.start("kept")
    for _ in range(3):
        workers.start("dying")
        enough = len(_runs(installation)) + chance.randint(1, 3)
        _let_claims_end_until(installation, lambda enough=enough: len(_runs(installation)) >= min(enough, 24))
        workers.kill("dying")
    _let_claims_end_until(installation, lambda: not _is_due(installation, schedule_id))
    told = rows(installation, "SELECT action, new_values FROM audit_logs WHERE resource_type = 'schedule' ORDER BY id")
    assert len(_runs(installation)) == 24, f"{told}\n{workers.log.read_text()}"


def _let_claims_end_until(installation: Installation, condition: Callable[[], bool]) -> None:
    def is_met() -> bool:
        _age_claims(installation)
        return condition()

    until(is_met, 90)


def _is_due(installation: Installation, schedule_id: UUID) -> bool:
    statement = "SELECT 1 FROM schedules WHERE id = %s AND next_run_at <= now()"
    return bool(rows(installation, statement, schedule_id))


def test_two_workers_share_what_is_due(bench: Bench, workers: Workers, installation: Installation) -> None:
    made = [_schedule(bench) for _ in range(12)]
    workers.start("one")
    workers.start("two")
    for schedule_id in made:
        make_due(installation, schedule_id)
    until(lambda: len(_runs(installation)) >= len(made), 60)
    until(lambda: all(stored(installation, each)["last_result"] == "launched" for each in made))
    assert Counter(run["schedule_id"] for run in _runs(installation)) == Counter(made)


def test_what_can_not_be_settled_is_told_and_holds_up_nothing_else(
    bench: Bench, workers: Workers, installation: Installation
) -> None:
    """Nobody waits for the task that fails: without a word it would be due again each minute, for ever."""
    schedule_id = _schedule(bench)
    process = workers.start(command=[sys.executable, "-c", NO_NEXT_TIME, "worker"])
    make_due(installation, schedule_id)
    until(lambda: f"schedule {schedule_id} could not be settled" in workers.log.read_text())
    assert _runs(installation) == []
    other = _schedule(bench)
    make_due(installation, other)
    until(lambda: f"schedule {other} could not be settled" in workers.log.read_text())
    assert process.poll() is None
    assert "never retrieved" not in workers.log.read_text()


@pytest.mark.parametrize("hours", [1, -1])
def test_clock_of_the_database_decides(bench: Bench, workers: Workers, installation: Installation, hours: int) -> None:
    """A worker whose machine is an hour off launches what is due, and nothing that is due in half an hour."""
    due, later = _schedule(bench), _schedule(bench)
    command = [sys.executable, "-c", WRONG_CLOCK.format(seconds=3600 * hours), "worker"]
    process = workers.start(command=command)
    with psycopg.connect(installation.database.admin_url) as connection:
        connection.execute("UPDATE schedules SET next_run_at = now() + interval '30 minutes' WHERE id = %s", [later])
    make_due(installation, due)
    until(lambda: stored(installation, due)["last_result"] == "launched")
    (run,) = _runs(installation)
    assert run["schedule_id"] == due
    row = stored(installation, due)
    assert timedelta() < row["next_run_at"] - row["last_result_at"] <= timedelta(hours=1)
    assert process.poll() is None
