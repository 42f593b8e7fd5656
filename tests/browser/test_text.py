"""Text is text in a real browser: nothing that somebody wrote is drawn as more than words, leads away or widens a page.

The fixture `problems` fails a test for a request to another host and for a complaint of the console.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, expect

from lib.access.actor import Actor
from lib.db.logins import Login
from lib.identity.cookie import session_cookie_name
from lib.maintenance.upgrade import publish_builtin_templates
from lib.ui.components.long_answer import AT_ONCE
from lib.ui.words import line
from tests import doors
from tests.browser import acts
from tests.browser.conftest import Dashboard
from tests.factories import make_project
from tests.made_runs import end_run, make_run
from tests.nasty import NAMES, NastyWorkspace, make_nasty_workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOOKS = {
    "desktop": {"viewport": {"width": 1440, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
}
#: What is added to a page, or wider than it, counted in the browser. A table and a block of code scroll inside.
READ = """() => {
    const main = document.querySelector("[data-testid=stMainBlockContainer]");
    const foreign = "img[src*=evil], a[href*=evil], .stApp script, [onerror], .katex, a[href^='mailto']";
    return [document.querySelectorAll(foreign).length, main.scrollWidth - main.clientWidth,
            document.scrollingElement.scrollWidth - window.innerWidth];
}"""


@pytest.fixture(scope="module")
def nasty(dashboard: Dashboard) -> NastyWorkspace:
    publish_builtin_templates(dashboard.database.url(Login.OWNER))
    return make_nasty_workspace(dashboard.database, dashboard.cast)


@pytest.fixture
def asked(open_page: Callable[..., Page]) -> Iterator[list[str]]:
    """Dialogs that a script of somebody's has opened."""
    heard: list[str] = []
    yield heard
    assert heard == []


def enter(page: Page, dashboard: Dashboard, actor: Actor) -> None:
    cookie = {"name": session_cookie_name(), "value": dashboard.cast.secret_of(actor), "url": dashboard.url}
    page.context.add_cookies([cookie])


def go(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0


#: What widens a page; whether it is drawn as words does not depend on the room.
WIDE = ("long", "flood")


def addresses(nasty: NastyWorkspace, look: str) -> Iterator[str]:
    yield from ("/", "/runs", "/projects", "/account", f"/run?run={nasty.live.id}", "/runs?search=<b>$x$</b>![x](y)")
    for kind in NAMES if look == "desktop" else WIDE:
        yield f"/launch?project={nasty.projects[kind]}"
        yield f"/project?project={nasty.projects[kind]}"
        yield f"/run?run={nasty.runs[kind].id}"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("look", LOOKS)
def test_every_page_stays_as_it_was_built(
    look: str, dashboard: Dashboard, nasty: NastyWorkspace, open_page: Callable[..., Page], asked: list[str]
) -> None:
    page = open_page(**LOOKS[look])

    def hear(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", hear)
    enter(page, dashboard, dashboard.cast.alice)
    for address in addresses(nasty, look):
        go(page, dashboard.url + address)
        page.wait_for_timeout(200)  # what is drawn late is drawn by then
        assert page.evaluate(READ) == [0, 0, 0], address
        assert page.title().endswith("· AI Orchestrator")


@pytest.mark.timeout(400)
def test_words_are_read_as_they_were_typed(dashboard: Dashboard, nasty: NastyWorkspace, page: Page) -> None:
    enter(page, dashboard, dashboard.cast.alice)
    for kind, text in NAMES.items():
        go(page, f"{dashboard.url}/project?project={nasty.projects[kind]}")
        title = page.get_by_role("heading", level=1).inner_text().replace("\u2060", "").removesuffix("…").strip()
        assert title, kind
        assert line(text).startswith(title), kind
        assert line(text) in line(page.locator(".ao-facts").first.text_content() or ""), kind
        go(page, f"{dashboard.url}/run?run={nasty.runs[kind].id}")
        expect(page.locator(".ao-facts").first).to_contain_text(line(text))


@pytest.fixture
def big(dashboard: Dashboard) -> str:
    """The address of a run with a megabyte of Markdown, one of a single word, ten thousand lines, and nesting."""
    database, charlie = dashboard.database, dashboard.cast.charlie
    run = make_run(database, charlie, project_id=make_project(database, charlie), title="Big")
    end_run(database, charlie, run)
    with doors.admin(database) as connection:
        connection.execute("SET session_replication_role = replica")
        for position, text in enumerate((MEGABYTE, "w" * 1_000_000)):
            connection.execute(
                "UPDATE phase_executions SET response_text = %s WHERE run_id = %s AND position = %s",
                [text, run.id, position],
            )
    return f"{dashboard.url}/run?run={run.id}"


PIECE = "The market **grew** by 19 %.\n\n- one\n- two ![x](https://evil.example/x.png)\n\n"
MEGABYTE = PIECE * (1_000_000 // len(PIECE)) + "The end."


@pytest.mark.timeout(300)
def test_answer_of_a_megabyte_is_opened_piece_by_piece_and_downloaded_whole(
    dashboard: Dashboard, big: str, page: Page, tmp_path: Path
) -> None:
    enter(page, dashboard, dashboard.cast.charlie)
    go(page, big)
    page.get_by_text("1 Ideation").last.click()
    said = page.get_by_text("of 1,0").or_(page.get_by_text("of 999,")).first
    expect(said).to_be_visible()
    first = len(page.locator(".ao-answer").all_text_contents()[0])
    acts.settle(page)  # until a megabyte is drawn what is below it moves
    # the page still answers: what is pressed next is done
    page.get_by_role("button", name="Show more").first.click()
    expect(page.get_by_text("The first 1").first).to_be_visible()
    assert 0 < first < AT_ONCE
    assert page.locator(".ao-answer img, .ao-answer a").count() == 0

    with page.expect_download() as download:
        page.get_by_role("button", name="Download all of it").first.click()
    assert download.value.suggested_filename == "phase-1-ideation.md"
    download.value.save_as(tmp_path / "answer.md")
    assert (tmp_path / "answer.md").read_text(encoding="utf-8") == MEGABYTE


@pytest.mark.timeout(300)
def test_word_of_a_megabyte_does_not_widen_the_page(dashboard: Dashboard, big: str, page: Page) -> None:
    enter(page, dashboard, dashboard.cast.charlie)
    go(page, big)
    page.get_by_text("2 Research").last.click()
    expect(page.get_by_text("The first 60,000 of 1,000,000 characters.")).to_be_visible()
    assert page.evaluate(READ) == [0, 0, 0]
