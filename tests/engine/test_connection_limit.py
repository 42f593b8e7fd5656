"""A connection's limit of calls a minute: exact over all who call it, and whoever waits holds nothing meanwhile."""

import itertools
import re
import threading
import time
from uuid import UUID

import pytest
from llmock.testing import LLMockServer

from lib.connections.service import create_connection, get_connection, update_connection
from lib.connections.trying import test_connection as ask_connection
from lib.connections.turns import take_turn
from lib.db.logins import Login
from lib.errors import Conflict, InvalidInput, NotPermitted, RightsChanged
from lib.providers.base import ModelChoice, ModelParameters
from lib.runs.service import cancel_run
from lib.runs.watching.service import look_at_run
from lib.templates.trying import begin_try
from tests import doors
from tests.conftest import Installation
from tests.engine.conftest import Bench
from tests.engine.walking import attempts_of, walk
from tests.made_runs import open_run
from tests.own_endpoint import entry_for
from tests.own_endpoint import llm as own
from tests.records import row, rows
from tests.workers import Workers, until

__all__ = ["own"]

SLUG, MODEL = "acme-llm", "acme-llm:gpt-4o"
SIDE_BY_SIDE = [{"code": code, "depends_on": []} for code in "abc"]


def connect(bench: Bench, own: LLMockServer, calls: int | None) -> UUID:
    entry = entry_for(own, models=["gpt-4o"], requests_per_minute=calls, pricing="free")
    return create_connection(bench.cast.alice, entry, slug=SLUG)


def test_phases_side_by_side_take_turns_and_say_what_they_wait_for(
    bench: Bench, own: LLMockServer, installation: Installation
) -> None:
    connect(bench, own, 100)
    run_id = bench.launch(SIDE_BY_SIDE, model=MODEL)
    notes: set[str] = set()
    walking = threading.Thread(target=walk, args=(bench, installation, run_id))
    walking.start()
    while walking.is_alive():
        notes |= {phase.note for phase in bench.see(run_id).phases}
        time.sleep(0.02)
    walking.join()
    assert "Waits for the limit of “Acme models”: 100 a minute." in notes
    begun = sorted(attempts_of(bench, run_id, code)[0].started_at for code in "abc")
    gaps = [(after - before).total_seconds() for before, after in itertools.pairwise(begun)]
    assert all(gap >= 0.59 for gap in gaps), gaps
    assert [phase.note for phase in bench.see(run_id).phases] == ["", "", ""]
    assert row(installation, "SELECT count(*) AS n FROM api_usage")["n"] == 3


def test_run_that_waits_for_a_limit_holds_no_transaction_and_can_be_cancelled(
    bench: Bench, own: LLMockServer, installation: Installation
) -> None:
    connect(bench, own, 1)
    run_id = bench.launch(SIDE_BY_SIDE[:2], model=MODEL)
    before = look_at_run(bench.cast.alice, run_id).shape
    held = open_run(installation.database, bench.cast.organization_a, run_id)
    begin = [
        {"code": code, "name": code, "position": n, "depends_on": [], "attempt": 1, "model": MODEL, "prompt": "x"}
        for n, code in enumerate("ab")
    ]
    advanced = held.advance(begin=begin)
    assert [each["code"] for each in advanced["begun"]] == ["a"]
    (waits,) = advanced["held"]
    assert waits["code"] == "b"
    assert 58_000 < waits["wait_ms"] <= 60_000
    assert not advanced["quota_exhausted"]
    used = row(installation, "SELECT api_quota_used AS n FROM organizations WHERE id = %s", bench.cast.organization_a)
    assert used["n"] == 1, "who waits has not been counted"
    assert look_at_run(bench.cast.alice, run_id).shape not in {before, ""}
    assert bench.see(run_id).shape == look_at_run(bench.cast.alice, run_id).shape
    again = held.advance(begin=begin[1:])
    assert again["begun"] == []
    assert bench.statuses(run_id) == {"a": ["running"], "b": ["pending"]}
    cancel_run(bench.cast.alice, run_id)
    assert walk(bench, installation, run_id) == ["cancelled"]


def test_waiting_walk_is_cancelled_at_once(
    bench: Bench, own: LLMockServer, installation: Installation, workers: Workers
) -> None:
    connect(bench, own, 1)
    take_turn(bench.cast.alice, SLUG)
    run_id = bench.launch(SIDE_BY_SIDE[:1], model=MODEL)
    workers.start()
    until(lambda: bench.see(run_id).phases[0].is_held)
    idle = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL "
    until(lambda: row(installation, f"{idle} AND pid <> pg_backend_pid()")["n"] == 0)
    cancel_run(bench.cast.alice, run_id)
    assert bench.wait_for_end(run_id, seconds=10).summary.status == "cancelled"
    assert [each.method for each in own.state.journal.records()] == ["GET"], "the launch looked whether it is there"


def test_run_that_waits_for_long_gives_its_place_to_others_and_comes_back(
    bench: Bench, own: LLMockServer, installation: Installation, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five calls a minute are one every twelve seconds, and the worker has one place."""
    monkeypatch.setenv("ORCHESTRATOR_WORKER_CONCURRENCY", "1")
    connect(bench, own, 5)
    workers.start()
    bench.wait_for_end(bench.launch(SIDE_BY_SIDE[:1], model=MODEL))
    waits = bench.launch(SIDE_BY_SIDE[:1], model=MODEL)
    aside = "SELECT 1 FROM orchestration_runs WHERE id = %s AND resume_at IS NOT NULL AND worker_token IS NULL"
    until(lambda: rows(installation, aside, waits) != [])
    other = bench.wait_for_end(bench.launch(SIDE_BY_SIDE[:1]))
    assert other.summary.status == "completed"
    assert bench.wait_for_end(waits).summary.status == "completed"
    ended = "SELECT completed_at FROM orchestration_runs WHERE id = %s"
    assert row(installation, ended, other.summary.id)["completed_at"] < row(installation, ended, waits)["completed_at"]


def test_walk_that_only_waits_comes_to_rest(bench: Bench, own: LLMockServer, installation: Installation) -> None:
    connect(bench, own, 1)
    run_id = bench.launch(SIDE_BY_SIDE[:2], model=MODEL)
    assert walk(bench, installation, run_id) == ["resting"]
    assert bench.statuses(run_id) == {"a": ["completed"], "b": ["pending"]}
    rest = "SELECT extract(epoch FROM resume_at - now())::float AS seconds FROM orchestration_runs WHERE id = %s"
    assert 0 < row(installation, rest, run_id)["seconds"] < 60
    rows(installation, "UPDATE connection_turns SET next_at = now() RETURNING 1")
    assert walk(bench, installation, run_id) == ["completed"], "who takes it up asks anew"


def test_no_minute_holds_more_than_the_limit_however_many_ask(
    bench: Bench, own: LLMockServer, installation: Installation
) -> None:
    """Ten connections ask as fast as they can for a second: 3,000 a minute are 50 at once and one every 20 ms."""
    connection_id = connect(bench, own, 3_000)
    granted: list[int] = []
    ends = time.monotonic() + 1.0

    def ask() -> None:
        with doors.login(installation.database, Login.WORKER) as connection:
            while time.monotonic() < ends:
                with connection.transaction():
                    connection.execute("SELECT api.enter_engine(%s)", [bench.cast.organization_a])
                    found = connection.execute(
                        "SELECT granted FROM api.take_turns(%s, %s, 3000, 3)",
                        [bench.cast.organization_a, connection_id],
                    ).fetchone()
                assert found is not None
                granted.append(found[0])

    began = time.monotonic()
    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gap = 60 / (3_000 - 50 + 1)
    most = 50 + (time.monotonic() - began) / gap
    assert 50 <= sum(granted) <= most
    assert sum(granted) > 0.8 * (50 + 1.0 / gap), "what is allowed is used"


def test_clock_that_was_set_back_costs_no_more_than_a_turn(
    bench: Bench, own: LLMockServer, installation: Installation
) -> None:
    connect(bench, own, 60)
    take_turn(bench.cast.alice, SLUG)
    rows(installation, "UPDATE connection_turns SET next_at = now() + interval '1 hour' RETURNING 1")
    began = time.monotonic()
    take_turn(bench.cast.alice, SLUG)
    assert 0.5 < time.monotonic() - began < 60, "not an hour"


def test_what_a_person_tries_takes_its_turn_too(bench: Bench, own: LLMockServer, installation: Installation) -> None:
    connection_id = connect(bench, own, 2)
    began = time.monotonic()
    ask_connection(bench.cast.alice, connection_id, "gpt-4o")
    choice = ModelChoice.parse(MODEL)
    with pytest.raises(Conflict, match="limit of calls a minute") as refused:
        begin_try(bench.cast.alice, choice, "x", parameters=ModelParameters(), timeout_seconds=5)
    named = re.search(r"Try again in (\d+) s\.", str(refused.value))
    assert named is not None
    assert 29 - (time.monotonic() - began) <= int(named[1]) <= 30
    with pytest.raises(Conflict, match="limit of calls a minute"):
        ask_connection(bench.cast.alice, connection_id, "gpt-4o")
    assert row(installation, "SELECT count(*) AS n FROM api_usage")["n"] == 1, "what was refused was not counted"


def test_without_a_limit_nobody_waits_and_strangers_take_no_turns(
    bench: Bench, own: LLMockServer, installation: Installation
) -> None:
    connection_id = connect(bench, own, None)
    for _ in range(3):
        take_turn(bench.cast.alice, SLUG)
    assert rows(installation, "SELECT 1 FROM connection_turns") == []
    seen = get_connection(bench.cast.alice, connection_id)
    update_connection(bench.cast.alice, entry_for(own, models=["gpt-4o"], requests_per_minute=1), seen=seen)
    take_turn(bench.cast.charlie, SLUG)
    assert rows(installation, "SELECT 1 FROM connection_turns") == [], "another organization's connection is not there"
    with pytest.raises(RightsChanged):
        take_turn(bench.cast.vera, SLUG)


@pytest.mark.parametrize("calls", [0, -1, 100_001, True])
def test_limit_that_is_none_is_refused(bench: Bench, own: LLMockServer, calls: int) -> None:
    with pytest.raises(InvalidInput, match="Enter from 1 to 100,000 calls a minute"):
        connect(bench, own, calls)
    with pytest.raises(NotPermitted):
        create_connection(bench.cast.max, entry_for(own, requests_per_minute=5))
