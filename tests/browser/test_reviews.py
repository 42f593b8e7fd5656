"""A run that waits for a second person, in a real browser: launched, edited and approved, and gone on with the edit."""

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from llmock.scenarios import Match, Reply
from llmock.testing import LLMockServer
from playwright.sync_api import Page, expect

from lib.access.actor import Actor
from lib.identity.cookie import session_cookie_name
from tests.browser import acts
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_template
from tests.records import row, rows
from tests.workers import Workers, endpoint, workers

__all__ = ["endpoint", "workers"]

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.usefixtures("endpoint")]

PHASES = {
    "phases": [
        {"code": "a", "name": "Draft", "prompt": "{{ topic }}", "review": {"instructions": "Count the folds."}},
        {"code": "b", "name": "Summary", "prompt": "Sum up: {{ previous[0] }}"},
    ]
}
EDITED = "Fold it three times."


def test_second_person_edits_and_approves_and_the_next_phase_reads_it(
    *,
    endpoint: LLMockServer,
    installation: Installation,
    workers: Workers,
    server: str,
    cast: Cast,
    open_page: Callable[..., Page],
) -> None:
    endpoint.state.scenarios.add(Reply(text="Fold it twice.", match=Match(path="*completions")))
    make_template(installation.database, cast.alice, data=PHASES, status="published")
    make_project(installation.database, cast.max)
    workers.start()

    launching = sign_in(open_page(), cast, cast.max, server, "/launch")
    launching.get_by_role("button", name=re.compile("^Launch ")).click()
    expect(launching.get_by_text("To be reviewed below: “Draft”.")).to_be_visible()

    deciding = sign_in(open_page(), cast, cast.mona, server, "/")
    expect(deciding.get_by_role("link", name="Reviews 1")).to_be_visible()
    deciding.get_by_role("button", name="Review", exact=True).click()
    expect(deciding.get_by_text("Count the folds.")).to_be_visible()
    deciding.get_by_role("button", name="Edit and approve").click()
    dialog = deciding.get_by_role("dialog")
    dialog.get_by_label("Answer").fill(EDITED)
    deciding.keyboard.press("Control+Enter")
    expect(dialog.get_by_text("What you change")).to_be_visible()
    dialog.get_by_role("button", name="Approve as edited").click()
    expect(deciding.get_by_text("2 of 2 phases")).to_be_visible()

    run = row(installation, "SELECT id, status, results FROM orchestration_runs")
    assert run["status"] == "completed"
    assert run["results"]["phases"]["a"]["response"] == EDITED
    assert prompt_of(installation, run["id"], "b") == f"Sum up: {EDITED}"
    expect(launching.get_by_text("2 of 2 phases")).to_be_visible()


def test_review_is_opened_and_decided_by_keyboard(
    *, endpoint: LLMockServer, installation: Installation, workers: Workers, server: str, cast: Cast, page: Page
) -> None:
    make_template(installation.database, cast.alice, data=PHASES, status="published")
    make_project(installation.database, cast.max)
    workers.start()
    launching = sign_in(page, cast, cast.max, server, "/launch")
    launching.get_by_role("button", name=re.compile("^Launch ")).click()
    expect(launching.get_by_text("To be reviewed below: “Draft”.")).to_be_visible()
    run_id = row(installation, "SELECT id FROM orchestration_runs")["id"]

    deciding = sign_in(page, cast, cast.mona, server, f"/run?run={run_id}")
    expect(deciding.get_by_role("button", name=re.compile("^Approve "))).to_be_visible()
    deciding.keyboard.press("Control+Enter")
    confirm = deciding.get_by_role("dialog").get_by_role("button", name="Approve", exact=True)
    expect(confirm).to_be_visible()
    confirm.focus()
    deciding.keyboard.press("Enter")
    expect(deciding.get_by_text("2 of 2 phases")).to_be_visible()
    assert [each["decision"] for each in rows(installation, "SELECT decision FROM run_reviews")] == ["approve"]


def sign_in(page: Page, cast: Cast, actor: Actor, server: str, path: str) -> Page:
    """The page, drawn for that person."""
    page.context.clear_cookies()
    page.context.add_cookies([{"name": session_cookie_name(), "value": cast.secret_of(actor), "url": server}])
    page.goto(server + path)
    acts.settle(page)
    return page


def prompt_of(installation: Installation, run_id: UUID, code: str) -> str:
    query = "SELECT prompt_text FROM phase_executions WHERE run_id = %s AND phase_code = %s"
    prompt: str = row(installation, query, run_id, code)["prompt_text"]
    return prompt
