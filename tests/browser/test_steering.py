"""A run is run again from its middle in a real browser, walked by a real worker, compared, exported, discussed."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from llmock.scenarios import Match, Reply
from llmock.testing import LLMockServer
from playwright.sync_api import Page, expect

from lib.identity.cookie import session_cookie_name
from lib.runs.exporting.structures import RunDocument
from tests.browser.acts import select_two, settle
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_template
from tests.made_runs import MadeRun, end_run, fail_second_phase, make_run
from tests.records import rows
from tests.workers import MODEL, Workers, endpoint, workers

__all__ = ["endpoint", "workers"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def done(installation: Installation, cast: Cast, endpoint: LLMockServer) -> MadeRun:
    """Max's run of two phases, completed: “Fold it twice.” both times."""
    database = installation.database
    project_id, template_id = make_project(database, cast.max), make_template(database, cast.max)
    run = make_run(database, cast.max, project_id=project_id, template_id=template_id, title="Steered", model=MODEL)
    end_run(database, cast.max, run)
    return run


def open_run_page(page: Page, url: str, cast: Cast, run_id: UUID) -> None:
    cookie = {"name": session_cookie_name(), "value": cast.secret_of(cast.max), "url": url}
    page.context.add_cookies([cookie])  # type: ignore[list-item] # has what it needs
    page.goto(f"{url}/run?run={run_id}")
    settle(page)


def test_ticked_runs_are_retried_once_and_the_question_only_closes_then(
    *, installation: Installation, endpoint: LLMockServer, server: str, cast: Cast, done: MadeRun, page: Page
) -> None:
    database = installation.database
    project_id, template_id = make_project(database, cast.max), make_template(database, cast.max)
    for title in ("First", "Second"):
        run = make_run(database, cast.max, project_id=project_id, template_id=template_id, title=title, model=MODEL)
        fail_second_phase(database, cast.max, run)
    open_run_page(page, server, cast, done.id)
    page.goto(f"{server}/runs")
    settle(page)
    select_two(page)
    page.get_by_role("button", name="Retry…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Retry the 2 ticked runs?")).to_be_visible()
    dialog.get_by_role("button", name="Retry 2 runs").click()
    expect(dialog.get_by_text("2 runs launched again.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Retry")).to_have_count(0)
    dialog.get_by_role("button", name="Close").last.click()
    expect(page.get_by_text("selected")).to_have_count(0)
    assert len(rows(installation, "SELECT 1 FROM orchestration_runs WHERE parent_run_id IS NOT NULL")) == 2


def take(page: Page, label: str, folder: Path) -> tuple[str, str]:
    """Name and content of what the export menu hands out under that label."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=label, exact=True).click()
    name = waiting.value.suggested_filename
    waiting.value.save_as(folder / name)
    return name, (folder / name).read_text(encoding="utf-8")


@pytest.mark.timeout(400)
def test_run_is_steered_from_its_middle(
    *, endpoint: LLMockServer, workers: Workers, server: str, cast: Cast, done: MadeRun, page: Page, tmp_path: Path
) -> None:
    endpoint.state.scenarios.add(Reply(text="Fold it thrice.", match=Match(path="*completions")))
    workers.start()
    open_run_page(page, server, cast, done.id)
    page.get_by_role("button", name="Run again").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("No phase is reused")).to_be_visible()
    start = dialog.get_by_role("combobox", name="From")
    start.click()
    page.get_by_role("option", name="2 Research").click()
    expect(
        dialog.get_by_text("1 finished phase is reused: Ideation. That saves 950 tokens, $0.03 and 5.0 s.")
    ).to_be_visible()
    dialog.get_by_text("Prompt of Research").click()
    dialog.get_by_role("textbox", name="Prompt").fill("In one word, what is known about {{ topic }}?")
    dialog.get_by_role("textbox", name="Prompt").press("Control+Enter")
    dialog.get_by_text("What the model will be asked first").click()
    expect(dialog.get_by_text("In one word, what is known about A bicycle").first).to_be_visible()
    dialog.get_by_role("button", name="Launch the retry").click()

    expect(page.get_by_text("Fold it thrice.").first).to_be_visible()
    expect(page.get_by_text("2 of 2 phases")).to_be_visible()
    expect(page.get_by_text("estimated unknown")).to_be_visible()
    expect(page.get_by_text("its retry from Research")).to_be_visible()

    page.get_by_role("textbox", name="Your comment").last.fill("**Shorter**, and better.")
    page.get_by_role("button", name="Comment", exact=True).last.click()
    expect(page.locator("strong", has_text="Shorter")).to_be_visible()
    expect(page.get_by_text("1 comment").first).to_be_visible()
    expect(page.get_by_role("textbox", name="Your comment").last).to_have_value("")

    page.get_by_role("button", name="Export").click()
    name, text = take(page, "Markdown", tmp_path)
    assert name == "run-retry-steered.md"
    assert "Fold it thrice." in text
    assert "In one word" in text
    document = RunDocument.model_validate(json.loads(take(page, "JSON", tmp_path)[1]))
    assert (document.run.goes_on_from, document.run.goes_on_with) == (done.id, "Phase 1")
    assert [phase.is_reused for phase in document.phases] == [True, False]
    html = take(page, "HTML", tmp_path)[1]
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()
    settle(page)
    expect(page.get_by_text("other model, prompt and answer")).to_be_visible()
    expect(page.get_by_text("1 more phase is the same in both.")).to_be_visible()
    expect(page.get_by_text("Fold it thrice.").first).to_be_visible()

    page.goto("about:blank")
    page.set_content(html)
    expect(page.get_by_role("heading", name="2 Research")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).maxWidth") == "800px", "its style is let through"
