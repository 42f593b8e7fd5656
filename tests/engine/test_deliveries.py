"""Real workers that tell real endpoints over real sockets: each event at least once, and nothing to anybody else."""

import json
from collections.abc import Iterator

import pytest
from standardwebhooks import Webhook

from lib.config import get_settings
from lib.webhooks.payloads import ADAPTER
from tests.cast import Cast
from tests.conftest import Installation
from tests.engine.conftest import Bench, chain
from tests.made_webhooks import make_endpoint, see_endpoint
from tests.receiver import Receiver, receiving, wait_for
from tests.records import rows
from tests.workers import Workers, until

URL = "https://orchestrator.example"
_DELIVERIES = "SELECT *, next_attempt_at - now() AS due_in FROM webhook_deliveries ORDER BY id"


@pytest.fixture(autouse=True)
def _settings(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_PUBLIC_URL", URL)
    monkeypatch.setenv("ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS", "127.0.0.0/8")
    get_settings.cache_clear()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


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
    until(lambda: {each["status"] for each in rows(bench.cast and workers.installation, _DELIVERIES)} == {"delivered"})
    assert see_endpoint(cast.alice, made.id).recent_delivered == 5
