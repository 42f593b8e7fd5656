"""Endpoints that misbehave, each over real sockets: nothing is lost, nothing goes elsewhere, nobody else waits."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from lib.config import get_settings
from lib.models.webhook import DeliveryStatus
from lib.webhooks import sending, service
from lib.webhooks.views import EndpointState
from tests.cast import Cast
from tests.conftest import Installation
from tests.delivering import delivering, make_due, until_tried
from tests.lib.http.test_safe import names
from tests.made_webhooks import happen, make_endpoint, see_endpoint
from tests.receiver import METADATA, Receiver, receiver, receiving, wait_for
from tests.records import row, rows
from tests.workers import until

__all__ = ["names", "receiver"]

ALLOWED = "127.0.0.0/8, localhost"


@pytest.fixture(autouse=True)
def _settings(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS", ALLOWED)
    get_settings.cache_clear()


@pytest.fixture
def little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits fifteen seconds for an endpoint that hangs."""
    monkeypatch.setattr(sending, "CALL_SECONDS", 0.5)


@contextmanager
def raw_server(answer: bytes) -> Iterator[int]:
    """A server that reads a request and answers with bytes of no meaning, then hangs up; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        ends = threading.Event()

        def serve() -> None:
            while not ends.is_set():
                try:
                    connection, _ = listening.accept()
                except OSError:
                    continue
                with connection:
                    connection.recv(65_536)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            ends.set()
            thread.join(5)


@pytest.mark.parametrize(
    "fault",
    [
        ((500, {}, b"broken"), 500, "answered 500"),
        ((400, {}, b"what?"), 400, "answered 400"),
        ((301, {"Location": METADATA}, b""), 301, "redirects are not followed"),
        ((302, {"Location": "/elsewhere"}, b""), 302, "redirects are not followed"),
        ("drop", None, "can't be reached, or the connection to it broke"),
    ],
    ids=["500", "400", "301", "302", "dies half-way"],
)
def test_what_is_not_taken_is_sent_again_until_it_is(
    installation: Installation, cast: Cast, receiver: Receiver, fault: tuple[Any, int | None, str]
) -> None:
    answer, code, words = fault
    made = make_endpoint(cast.alice, url=f"{receiver.url}/hook")
    receiver.answers = [answer, (200, {}, b"taken")]
    with delivering():
        happen(cast.alice)
        tried = until_tried(installation)
        assert (tried["status"], tried["status_code"], tried["attempts"]) == (DeliveryStatus.PENDING, code, 1)
        assert words in tried["error"]
        assert timedelta(seconds=11) < tried["due_in"] < timedelta(seconds=16)
        assert see_endpoint(cast.alice, made.id).state is EndpointState.FAILING
        make_due(installation)
        tried = until_tried(installation, 2)
    assert (tried["status"], tried["status_code"], tried["error"]) == (DeliveryStatus.DELIVERED, 200, None)
    assert [each.path for each in receiver.received] == ["/hook", "/hook"]
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 1
    assert len({each.body for each in receiver.received}) == 1
    for each in receiver.received:
        Webhook(made.secret).verify(each.body, each.headers)
    assert see_endpoint(cast.alice, made.id).state is EndpointState.ACTIVE


@pytest.mark.parametrize("answer", ["hang", "drip"])
def test_endpoint_gets_so_much_time_and_no_more(
    installation: Installation, cast: Cast, receiver: Receiver, little_time: None, answer: str
) -> None:
    make_endpoint(cast.alice, url=f"{receiver.url}/hook")
    receiver.answers = [answer]
    with delivering():
        happen(cast.alice)
        tried = until_tried(installation)
    assert tried["status"] == DeliveryStatus.PENDING
    assert "did not answer within" in tried["error"]
    assert 400 <= tried["duration_ms"] < 5_000


def test_endpoint_that_is_not_there_is_tried_again(installation: Installation, cast: Cast) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    make_endpoint(cast.alice, url=f"http://127.0.0.1:{port}/hook")
    with delivering():
        happen(cast.alice)
        tried = until_tried(installation)
    assert (tried["status"], tried["status_code"]) == (DeliveryStatus.PENDING, None)
    assert "can't be reached" in tried["error"]


@pytest.mark.parametrize("answer", [b"\x00\xff\x00garbage\r\n\r\n", b"HTTP/1.1 999999 What\r\n\r\n", b"SSH-2.0-x\r\n"])
def test_answer_that_is_no_http_is_no_answer(installation: Installation, cast: Cast, answer: bytes) -> None:
    with raw_server(answer) as port, delivering():
        make_endpoint(cast.alice, url=f"http://127.0.0.1:{port}/hook")
        happen(cast.alice)
        tried = until_tried(installation)
    assert (tried["status"], tried["status_code"]) == (DeliveryStatus.PENDING, None)
    assert "the connection to it broke" in tried["error"]


def test_endpoint_that_asks_for_time_gets_it_for_all_that_is_on_its_way(
    installation: Installation, cast: Cast, receiver: Receiver
) -> None:
    made = make_endpoint(cast.alice, url=f"{receiver.url}/hook")
    receiver.answers = [(429, {"Retry-After": "120"}, b"later"), (200, {}, b"taken")]
    with delivering():
        happen(cast.alice)
        tried = until_tried(installation)
        assert timedelta(seconds=110) < tried["due_in"] <= timedelta(seconds=120)
        happen(cast.alice, "Screws")
        time.sleep(0.3)
        assert len(receiver.received) == 1
        held = row(installation, "SELECT resume_at - now() AS left FROM webhooks")["left"]
        assert timedelta(seconds=110) < held <= timedelta(seconds=120)
        make_due(installation)
        wait_for(receiver, 3)
        until(lambda: see_endpoint(cast.alice, made.id).recent_delivered == 2)


def test_endpoint_that_is_gone_is_stopped_and_whoever_manages_it_is_told(
    installation: Installation, cast: Cast, receiver: Receiver
) -> None:
    made = make_endpoint(cast.alice, url=f"{receiver.url}/hook")
    receiver.answers = [(410, {}, b"moved away"), (200, {}, b"taken")]
    with delivering():
        happen(cast.alice)
        until_tried(installation)
        seen = see_endpoint(cast.alice, made.id)
        assert (seen.state, seen.waiting) == (EndpointState.STOPPED, 1)
        assert seen.disabled_reason is not None
        assert "answered 410" in seen.disabled_reason
        mail = row(installation, "SELECT kind, recipient, values FROM mail_outbox")
        assert (mail["kind"], mail["recipient"]) == ("webhook_stopped_notice", cast.alice.email)
        assert mail["values"]["reason"] == seen.disabled_reason
        stopped = rows(installation, "SELECT * FROM audit_logs WHERE action = 'webhooks.update'")
        assert [(each["user_agent"], each["new_values"]["is_active"]) for each in stopped] == [
            ("engine/webhook", False)
        ]
        happen(cast.alice, "Meanwhile")
        time.sleep(0.3)
        assert len(receiver.received) == 1
        service.resume_endpoint(cast.alice, made.id, with_waiting=True)
        wait_for(receiver, 3)
        until(lambda: see_endpoint(cast.alice, made.id).recent_delivered == 2)
    seen = see_endpoint(cast.alice, made.id)
    assert (seen.state, seen.disabled_reason, seen.consecutive_failures) == (EndpointState.ACTIVE, None, 0)


@pytest.mark.parametrize("streak", [(19, 25, True), (18, 25, False), (500, 23, False)])
def test_endpoint_is_stopped_once_it_has_failed_often_and_for_a_day(
    installation: Installation, cast: Cast, receiver: Receiver, streak: tuple[int, int, bool]
) -> None:
    failures, hours, is_stopped = streak
    made = make_endpoint(cast.alice, url=f"{receiver.url}/hook")
    receiver.answers = [(500, {}, b"")]
    rows(
        installation,
        "UPDATE webhooks SET consecutive_failures = %s, failing_since = now() - make_interval(hours => %s) RETURNING 1",
        failures,
        hours,
    )
    with delivering():
        happen(cast.alice)
        until_tried(installation)
    seen = see_endpoint(cast.alice, made.id)
    assert (seen.state is EndpointState.STOPPED) is is_stopped
    if is_stopped:
        assert seen.disabled_reason is not None
        assert "20 attempts in a row have failed, for 25 hours" in seen.disabled_reason


def test_last_attempt_that_fails_is_the_end_of_a_delivery(
    installation: Installation, cast: Cast, receiver: Receiver
) -> None:
    make_endpoint(cast.alice, url=f"{receiver.url}/hook")
    receiver.answers = [(503, {}, b"")]
    happen(cast.alice)
    rows(installation, "UPDATE webhook_deliveries SET attempts = 7 RETURNING 1")
    with delivering():
        tried = until_tried(installation)
        time.sleep(0.3)
    assert (tried["status"], tried["attempts"], tried["next_attempt_at"]) == (DeliveryStatus.FAILED, 8, None)
    assert len(receiver.received) == 1


def test_long_answer_is_cut_and_kept_whatever_is_in_it(
    installation: Installation, cast: Cast, receiver: Receiver
) -> None:
    make_endpoint(cast.alice, url=f"{receiver.url}/hook")
    receiver.answers = [(200, {"Content-Type": "text/html"}, b"\x00\xff<script>" + b"x" * 3_000_000)]
    with delivering():
        happen(cast.alice)
        until_tried(installation)
    kept = row(installation, "SELECT response FROM webhook_attempts")["response"]
    assert kept.startswith("��<script>xxx")
    assert len(kept) == 4_000


def test_dead_endpoint_holds_up_nobody_but_itself(installation: Installation, cast: Cast) -> None:
    with ExitStack() as stack:
        dead, healthy = stack.enter_context(receiving()), stack.enter_context(receiving())
        dead.answers = ["hang"]
        made = make_endpoint(cast.alice, name="Dead", url=f"{dead.url}/hook")
        make_endpoint(cast.alice, name="Healthy", url=f"{healthy.url}/hook")
        for number in range(60):
            happen(cast.alice, f"Project {number}")
        with delivering():
            wait_for(healthy, 60, seconds=20)
            wait_for(dead, 8)
            assert len(dead.received) == 8
            dead.stops.set()
        assert see_endpoint(cast.alice, made.id).waiting >= 52


def test_endpoint_that_keeps_failing_is_called_one_at_a_time(
    installation: Installation, cast: Cast, receiver: Receiver
) -> None:
    make_endpoint(cast.alice, url=f"{receiver.url}/hook")
    receiver.answers = ["hang"]
    rows(installation, "UPDATE webhooks SET consecutive_failures = 3, failing_since = now() RETURNING 1")
    for number in range(5):
        happen(cast.alice, f"Project {number}")
    with delivering():
        wait_for(receiver, 1)
        time.sleep(0.5)
        assert len(receiver.received) == 1
        receiver.stops.set()


def test_connection_to_the_database_that_breaks_loses_nothing(
    installation: Installation, cast: Cast, receiver: Receiver
) -> None:
    made = make_endpoint(cast.alice, url=f"{receiver.url}/hook")
    receiver.answers = ["hang", (200, {}, b"taken")]
    with delivering():
        happen(cast.alice)
        wait_for(receiver, 1)
        ended = rows(
            installation,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'orchestrator-webhooks' "
            "AND datname = current_database()",
        )
        assert len(ended) == 2
        receiver.stops.set()  # it answers nothing, and hangs up
        until_tried(installation)
        make_due(installation)  # before there is another one, which might be under way by then
        happen(cast.alice, "Screws")
        until(lambda: see_endpoint(cast.alice, made.id).recent_delivered == 2)
    assert len(receiver.received) == 3
