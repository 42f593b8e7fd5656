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
from tests.made_reviews import make_waiting, make_word
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


@pytest.mark.parametrize("way", ["from the list", "by its link"])
@pytest.mark.parametrize("width", [390, 1280])
def test_reader_is_brought_to_what_waits_for_them(
    *, installation: Installation, server: str, cast: Cast, open_page: Callable[..., Page], way: str, width: int
) -> None:
    project_id = make_project(installation.database, cast.max)
    text = "\n\n".join(f"Paragraph {number}: fold it twice, and look at it again." for number in range(30))
    made = make_waiting(
        installation.database, cast.max, project_id=project_id, response=text, title="Hinges", required_approvals=2
    )
    page = open_page(viewport={"width": width, "height": 800})
    review = page.get_by_role("heading", name="Review", exact=True)
    if way == "from the list":
        sign_in(page, cast, cast.mona, server, "/")
        page.get_by_role("button", name="Review", exact=True).click()
    else:
        sign_in(page, cast, cast.mona, server, f"/run?run={made.run.id}")
        expect(review).not_to_be_in_viewport()
        page.get_by_role("link", name="“Ideation”").click()
    expect(review).to_be_in_viewport()
    expect(page.get_by_role("button", name=re.compile("^Approve"))).to_be_in_viewport()
    assert f"run={made.run.id}" in page.url


def test_second_approver_reads_the_edit_and_is_asked_about_it(
    *, installation: Installation, server: str, cast: Cast, open_page: Callable[..., Page]
) -> None:
    project_id = make_project(installation.database, cast.max)
    made = make_waiting(installation.database, cast.max, project_id=project_id, required_approvals=2)
    deciding = sign_in(open_page(), cast, cast.alice, server, f"/run?run={made.run.id}")
    expect(deciding.get_by_text("Fold it twice.")).to_be_visible()
    make_word(installation.database, cast.mona, made, edited=EDITED)
    deciding.reload()
    answer = deciding.get_by_role("tabpanel", name="Answer")
    expect(answer.get_by_text(EDITED)).to_be_visible()
    expect(answer.get_by_text("Edited by Mona")).to_be_visible()
    expect(answer.get_by_text("Fold it twice.")).to_have_count(0)
    deciding.get_by_role("button", name=re.compile("^Approve ")).click()
    dialog = deciding.get_by_role("dialog")
    expect(dialog.get_by_text("You approve it as Mona edited it. The run goes on.")).to_be_visible()
    # another edit while the question is open: what was said is about another text by then
    make_word(installation.database, cast.mona, made, edited="Fold it four times.", about=EDITED)
    dialog.get_by_role("button", name="Approve", exact=True).click()
    expect(dialog.get_by_text("Somebody has edited the answer since you opened it.")).to_be_visible()
    said = rows(installation, "SELECT reviewer_id FROM run_reviews")
    assert cast.alice.user_id not in {each["reviewer_id"] for each in said}


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
