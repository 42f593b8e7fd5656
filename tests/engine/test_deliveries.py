"""Real workers that tell real endpoints over real sockets: each event at least once, and nothing to anybody else."""

import json

import pytest
from standardwebhooks import Webhook

from lib.config import get_settings
from lib.webhooks.payloads import ADAPTER
from tests.cast import Cast
from tests.conftest import Installation
from tests.engine.conftest import Bench, chain
from tests.made_webhooks import happen, make_endpoint, see_endpoint
from tests.receiver import Receiver, receiver, wait_for
from tests.records import row, rows
from tests.workers import Workers, until

__all__ = ["receiver"]

URL = "https://orchestrator.example"
_CHANNEL = "orchestrator_webhooks"
_DELIVERIES = "SELECT *, next_attempt_at - now() AS due_in FROM webhook_deliveries ORDER BY id"


@pytest.fixture(autouse=True)
def _settings(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_PUBLIC_URL", URL)
    monkeypatch.setenv("ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS", "127.0.0.0/8")
    get_settings.cache_clear()


def test_run_tells_each_of_its_events_once_and_signed(
    bench: Bench, cast: Cast, receiver: Receiver, workers: Workers
) -> None:
    events = ("run.queued", "run.started", "phase.completed", "run.completed")
    made = make_endpoint(cast.alice, *events, url=f"{receiver.url}/hook?team=1")
    workers.start()
    run_id = bench.launch(chain("Phase 0", "Phase 1"))
    wait_for(receiver, 5)
    told = [json.loads(each.body) for each in receiver.received]
    assert sorted(each["type"] for each in told) == sorted((*events, "phase.completed"))
    for request, payload in zip(receiver.received, told, strict=True):
        ADAPTER.validate_python(payload)
        Webhook(made.secret).verify(request.body, request.headers)
        assert request.headers["webhook-id"] == payload["id"]
        assert request.path == "/hook?team=1"
        assert payload["url"] == f"{URL}/run?run={run_id}"
        assert payload["actor"] == {"id": str(cast.alice.user_id), "name": "Alice"}
    assert len({each["id"] for each in told}) == 5
    until(lambda: {each["status"] for each in rows(workers.installation, _DELIVERIES)} == {"delivered"})
    assert see_endpoint(cast.alice, made.id).recent_delivered == 5


def test_worker_that_is_killed_between_sending_and_writing_it_down_loses_nothing(
    cast: Cast, receiver: Receiver, installation: Installation, workers: Workers
) -> None:
    made = make_endpoint(cast.alice, url=f"{receiver.url}/hook")
    receiver.answers = ["hang", (200, {}, b"taken")]
    workers.start("one")
    happen(cast.alice)
    wait_for(receiver, 1)
    workers.kill("one")
    workers.start("two")
    # its lease runs out: nobody waits half a minute for that here
    rows(installation, "UPDATE webhook_deliveries SET next_attempt_at = now() RETURNING pg_notify(%s, '')", _CHANNEL)
    wait_for(receiver, 2)
    until(lambda: see_endpoint(cast.alice, made.id).recent_delivered == 1)
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    attempts = rows(installation, "SELECT number, status_code, error, url FROM webhook_attempts ORDER BY number")
    assert [(each["number"], each["status_code"]) for each in attempts] == [(1, None), (2, 200)]
    assert [each["url"] for each in attempts] == [None, f"{receiver.url}/hook"], (
        "who died has not said where it was sent"
    )
    assert "stopped before it had noted the answer" in attempts[0]["error"]


def test_worker_that_is_told_to_stop_writes_down_what_is_under_way(
    cast: Cast, receiver: Receiver, installation: Installation, workers: Workers
) -> None:
    make_endpoint(cast.alice, url=f"{receiver.url}/hook")
    receiver.answers = ["hang"]
    process = workers.start()
    happen(cast.alice)
    wait_for(receiver, 1)
    process.terminate()
    receiver.stops.set()
    until(lambda: bool(rows(installation, "SELECT 1 FROM webhook_attempts")))
    assert row(installation, _DELIVERIES)["status"] == "pending"


def test_two_workers_send_each_event_once(
    cast: Cast, receiver: Receiver, installation: Installation, workers: Workers
) -> None:
    made = make_endpoint(cast.alice, url=f"{receiver.url}/hook")
    for name in ("one", "two"):
        workers.start(name)
    for number in range(100):
        happen(cast.alice, f"Project {number}")
    until(lambda: see_endpoint(cast.alice, made.id).recent_delivered == 100)
    told = [json.loads(each.body)["data"]["project"]["name"] for each in receiver.received]
    assert sorted(told) == sorted(f"Project {number}" for number in range(100))
    assert {each["attempts"] for each in rows(installation, _DELIVERIES)} == {1}


def test_what_is_too_old_is_removed_and_nothing_else(
    cast: Cast, receiver: Receiver, installation: Installation, workers: Workers
) -> None:
    make_endpoint(cast.alice, url=f"{receiver.url}/hook")
    old, new = (happen(cast.alice, name) for name in ("Old", "New"))
    rows(
        installation,
        "UPDATE webhook_events SET created_at = now() - interval '31 days' "
        "WHERE data #>> '{project,id}' = %s RETURNING 1",
        str(old),
    )
    workers.start()
    until(lambda: len(rows(installation, "SELECT 1 FROM webhook_events")) == 1)
    (left,) = rows(installation, "SELECT data #>> '{project,id}' AS project FROM webhook_events")
    assert left["project"] == str(new)
    assert len(rows(installation, _DELIVERIES)) == 1
