"""What is sent is signed, and goes to no one but the endpoint that it was meant for: over real sockets."""

import json
import socket
import threading
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from lib.config import get_settings
from lib.webhooks import service
from tests.cast import Cast
from tests.conftest import Installation
from tests.delivering import delivering, until_tried
from tests.lib.http.test_safe import names
from tests.made_webhooks import happen, make_endpoint, see_endpoint
from tests.mailbox import certificate
from tests.receiver import Receiver, receiver, receiving, wait_for
from tests.records import rows

__all__ = ["names", "receiver"]


@pytest.fixture(autouse=True)
def _settings(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS", "127.0.0.0/8, localhost")
    get_settings.cache_clear()


def test_certificate_that_nobody_vouches_for_is_not_spoken_to(
    installation: Installation, cast: Cast, tmp_path: Path
) -> None:
    _, context = certificate(tmp_path)
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening, delivering():

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, pytest.raises(OSError, match=r"(?i)alert|eof"):
                heard.append(context.wrap_socket(connection, server_side=True).recv(1000))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        make_endpoint(cast.alice, url=f"https://localhost:{listening.getsockname()[1]}/hook")
        happen(cast.alice)
        tried = until_tried(installation)
        thread.join(5)
    assert "certificate that can't be trusted" in tried["error"]
    assert "self-signed" in tried["error"] or "unable to get" in tried["error"]
    assert heard == []


def test_both_signatures_verify_while_a_secret_is_rotated(
    installation: Installation, cast: Cast, receiver: Receiver
) -> None:
    made = make_endpoint(cast.alice, url=f"{receiver.url}/hook")
    turned = service.rotate_secret(cast.alice, see_endpoint(cast.alice, made.id), overlap_hours=1)
    with delivering():
        happen(cast.alice)
        wait_for(receiver, 1)
    (request,) = receiver.received
    assert request.headers["webhook-signature"].count("v1,") == 2
    for secret in (made.secret, turned.secret):
        assert Webhook(secret).verify(request.body, request.headers)["type"] == "project.created"


def test_secret_that_can_not_be_opened_is_told_and_nothing_goes_unsigned(
    installation: Installation, cast: Cast, receiver: Receiver
) -> None:
    make_endpoint(cast.alice, url=f"{receiver.url}/hook")
    rows(
        installation,
        "UPDATE webhooks SET secret_key = 'bm9uZSBvZiBvdXJzLCBidXQgbG9uZyBlbm91Z2ggdG8gYmUgb25l' RETURNING 1",
    )
    with delivering():
        happen(cast.alice)
        tried = until_tried(installation)
    assert tried["error"].startswith("Its secret can't be read.")
    assert receiver.received == []


def test_endpoint_without_a_secret_is_sent_nothing(installation: Installation, cast: Cast, receiver: Receiver) -> None:
    make_endpoint(cast.alice, url=f"{receiver.url}/hook")
    rows(installation, "UPDATE webhooks SET secret_key = NULL RETURNING 1")
    with delivering():
        happen(cast.alice)
        tried = until_tried(installation)
    assert "no secret to sign with" in tried["error"]
    assert receiver.received == []


def test_events_of_two_organizations_never_meet(installation: Installation, cast: Cast) -> None:
    with ExitStack() as stack:
        ours, theirs = stack.enter_context(receiving()), stack.enter_context(receiving())
        theirs.answers = [(500, {}, b""), (200, {}, b"")]
        make_endpoint(cast.alice, url=f"{ours.url}/hook")
        make_endpoint(cast.charlie, url=f"{theirs.url}/hook")
        with delivering():
            for number in range(20):
                happen(cast.alice, f"Ours {number}")
                happen(cast.charlie, f"Theirs {number}")
            wait_for(ours, 20)
            wait_for(theirs, 20)
        for receiver, organization in ((ours, cast.organization_a), (theirs, cast.organization_b)):
            told = [json.loads(each.body) for each in receiver.received]
            assert {UUID(each["organization_id"]) for each in told} == {organization}


@pytest.mark.parametrize(
    "answers",
    [
        [["127.0.0.1"]],
        [["93.184.215.14", "127.0.0.1"]],
        [["::ffff:127.0.0.1"]],
        [["169.254.169.254"]],
        [["64:ff9b::7f00:1"]],
    ],
    ids=["rebinding", "mixed answers", "mapped", "metadata", "NAT64"],
)
def test_name_that_leads_to_us_by_now_is_not_called(
    installation: Installation,
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    names: dict[str, list[list[str]]],
    answers: list[list[str]],
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS", "")
    get_settings.cache_clear()
    names["hooks.example"] = [["93.184.215.14"], *answers]
    make_endpoint(cast.alice, url="https://hooks.example:8443/hook")
    with delivering():
        happen(cast.alice)
        tried = until_tried(installation)
    assert tried["status_code"] is None
    assert "“hooks.example” is not called" in tried["error"]
