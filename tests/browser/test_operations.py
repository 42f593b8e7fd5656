"""What a run does outside, in a real browser: launched by one, approved by another, sent, and a file taken home."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from llmock.scenarios import Match, Reply
from llmock.testing import LLMockServer
from playwright.sync_api import Page, expect

from tests.browser.test_reviews import sign_in
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_template
from tests.receiver import Receiver
from tests.receiver import allowed_receiver as receiver
from tests.records import row, rows
from tests.workers import Workers, endpoint, workers

__all__ = ["endpoint", "receiver", "workers"]

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.usefixtures("endpoint")]


def test_second_person_approves_what_is_sent_and_takes_the_file_home(
    *,
    endpoint: LLMockServer,
    installation: Installation,
    receiver: Receiver,
    workers: Workers,
    server: str,
    cast: Cast,
    open_page: Callable[..., Page],
    tmp_path: Path,
) -> None:
    endpoint.state.scenarios.add(Reply(text="Fold it twice.", match=Match(path="*completions")))
    call = {"url": f"{receiver.url}/items", "json_body": {"text": "{{ answer }}"}}
    operations = [
        {"type": "artifact.write", "parameters": {"path": "plan.md"}},
        {"type": "http.request", "name": "Tell the tracker", "parameters": call},
    ]
    phases = [{"code": "a", "name": "Draft", "prompt": "{{ topic }}", "operations": operations}]
    make_template(installation.database, cast.alice, data={"phases": phases}, status="published")
    make_project(installation.database, cast.max)
    rows(installation, "UPDATE organizations SET settings = settings || '{\"integration_enabled\": true}' RETURNING 1")
    workers.start()

    launching = sign_in(open_page(), cast, cast.max, server, "/launch")
    expect(launching.get_by_text("done after its phases")).to_be_visible()
    launching.get_by_role("button", name=re.compile("^Launch ")).click()
    expect(launching.get_by_text("1 operation below to be approved before anything is sent.")).to_be_visible()
    expect(launching.get_by_role("button", name="Approve")).to_have_count(0)
    run_id = row(installation, "SELECT id FROM orchestration_runs")["id"]

    deciding = sign_in(open_page(), cast, cast.mona, server, f"/run?run={run_id}")
    deciding.get_by_role("button", name="Approve").click()
    dialog = deciding.get_by_role("dialog")
    expect(dialog.get_by_text("It can't be taken back.")).to_be_visible()
    expect(dialog.get_by_text("Fold it twice.")).to_be_visible()
    assert receiver.received == [], "nothing is sent before"
    dialog.get_by_role("button", name="Approve").click()
    expect(launching.get_by_text("approved by Mona").first).to_be_visible(timeout=20_000)
    assert [json.loads(each.body) for each in receiver.received] == [{"text": "Fold it twice."}]
    assert row(installation, "SELECT status FROM orchestration_runs")["status"] == "completed"

    with launching.expect_download() as begun:
        launching.get_by_role("link", name="Download").click()
    begun.value.save_as(tmp_path / "got.md")
    assert begun.value.suggested_filename == "plan.md"
    assert (tmp_path / "got.md").read_text(encoding="utf-8") == "Fold it twice."
