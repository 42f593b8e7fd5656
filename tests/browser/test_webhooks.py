"""Webhooks in a real browser: an endpoint is added, a run launched, and its events come to a real server, signed."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from llmock.scenarios import Match, Reply
from llmock.testing import LLMockServer
from playwright.sync_api import Page, expect
from standardwebhooks import Webhook

from lib.webhooks.payloads import ADAPTER
from tests.browser.test_reviews import sign_in
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_template
from tests.made_webhooks import happen, make_endpoint
from tests.node import node_folder, run_node
from tests.receiver import Received, Receiver, wait_for
from tests.receiver import allowed_receiver as receiver
from tests.workers import Workers, endpoint, workers

__all__ = ["endpoint", "node_folder", "receiver", "workers"]

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.usefixtures("endpoint")]
EVENTS = ["phase.completed", "run.completed", "run.queued", "run.started"]
_VERIFY = """
import { Webhook } from "standardwebhooks";
const { secret, body, headers } = JSON.parse(process.argv[2]);
console.log(new Webhook(secret).verify(body, headers).type);
"""


def verify_in_node(folder: Path, secret: str, request: Received) -> str:
    """What the npm package says that came."""
    script = folder / "verify.mjs"
    script.write_text(_VERIFY)
    return run_node(script, json.dumps({"secret": secret, "body": request.body.decode(), "headers": request.headers}))


def test_endpoint_is_added_and_receives_what_a_run_does(
    *,
    endpoint: LLMockServer,
    installation: Installation,
    receiver: Receiver,
    workers: Workers,
    server: str,
    cast: Cast,
    open_page: Callable[..., Page],
    node_folder: Path,
) -> None:
    endpoint.state.scenarios.add(Reply(text="Fold it twice.", match=Match(path="*completions")))
    phases = [{"code": "a", "name": "Draft", "prompt": "{{ topic }}"}]
    make_template(installation.database, cast.alice, data={"phases": phases}, status="published")
    make_project(installation.database, cast.max)
    workers.start()

    page = sign_in(open_page(), cast, cast.alice, server, "/webhooks")
    page.get_by_role("button", name="Add the first endpoint").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("Tracker")
    dialog.get_by_role("textbox", name="Address").fill(f"{receiver.url}/hook")
    for event in EVENTS:
        dialog.get_by_role("checkbox", name=re.compile(f"^{re.escape(event)}:")).check(force=True)
    expect(dialog.get_by_text("4 of 20 chosen")).to_be_visible()
    dialog.get_by_role("button", name="Add it").click()
    expect(dialog.get_by_text("This secret is shown only here")).to_be_visible()
    secret = dialog.get_by_text(re.compile("^whsec_")).first.inner_text().strip()
    dialog.get_by_role("button", name="I have copied it").click()
    expect(page.get_by_text("Nothing sent yet")).to_be_visible()
    expect(page.get_by_text(secret)).to_have_count(0)

    page.get_by_role("button", name="Send test").click()
    expect(page.get_by_text(re.compile(r"^200, [\d,]+ ms"))).to_be_visible(timeout=10_000)
    wait_for(receiver, 1)
    assert json.loads(receiver.received.pop().body)["type"] == "webhook.test"

    launching = sign_in(open_page(), cast, cast.max, server, "/launch")
    launching.get_by_role("button", name=re.compile("^Launch ")).click()
    wait_for(receiver, 4)
    told = {json.loads(each.body)["type"]: each for each in receiver.received}
    assert sorted(told) == EVENTS
    for event, request in told.items():
        ADAPTER.validate_json(request.body)
        assert Webhook(secret).verify(request.body, request.headers)["type"] == event
        assert verify_in_node(node_folder, secret, request) == event
    link = json.loads(told["run.completed"].body)["url"]
    launching.goto(server + link[link.index("/run?") :])
    expect(launching.get_by_text("1 of 1 phase").first).to_be_visible()

    page.reload()
    expect(page.get_by_text("100 % of 4 accepted in 7 days")).to_be_visible()


def test_endpoint_that_fails_is_seen_mended_and_caught_up_with(
    *,
    installation: Installation,
    receiver: Receiver,
    workers: Workers,
    server: str,
    cast: Cast,
    open_page: Callable[..., Page],
) -> None:
    made = make_endpoint(cast.alice, url=f"{receiver.url}/hook")
    receiver.answers = [(410, {}, b"moved away"), (200, {}, b"taken")]
    workers.start()
    happen(cast.alice)
    wait_for(receiver, 1)
    page = sign_in(open_page(), cast, cast.alice, server, "/webhooks")
    expect(page.get_by_text("Stopped").first).to_be_visible()
    expect(page.get_by_text("answered 410. That says that it is gone.").first).to_be_visible()
    page.get_by_test_id("stMain").get_by_role("button", name="More").click()
    page.get_by_text("Switch on…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("1 delivery is waiting for it.")).to_be_visible()
    dialog.get_by_role("button", name="Deliver them").click()
    wait_for(receiver, 2)
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    Webhook(made.secret).verify(second.body, second.headers)
    expect(page.get_by_text("Active").first).to_be_visible()
