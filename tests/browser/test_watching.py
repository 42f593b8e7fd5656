"""A run that is watched in a real browser: its answer grows by itself, and the page follows the run."""

import json
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

import pytest
from playwright.sync_api import Page, Request, expect

from lib.identity.cookie import session_cookie_name
from tests import doors
from tests.browser.conftest import Dashboard, Problems
from tests.factories import make_project, make_template, make_version
from tests.made_runs import HeldRun, MadeRun, answer, call_worker
from tests.workspace import make_written_run

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WRITTEN = ".ao-writing"
NASTY = "\n\n<img src=x onerror=alert(1)><script>alert(2)</script> [a](javascript:alert(3)) ![x](https://evil.example/x)\n\n"


class Written(NamedTuple):
    """A run that is being written, and the worker's hold of it."""

    run: MadeRun
    held: HeldRun


@pytest.fixture
def made(dashboard: Dashboard) -> Written:
    """Alice's run: the first phase is completed, the second is being written."""
    database, alice = dashboard.database, dashboard.cast.alice
    template_id = make_template(database, alice)
    make_version(database, alice, template_id)
    return Written(
        *make_written_run(database, alice, project_id=make_project(database, alice), template_id=template_id)
    )


def write(made: Written, text: str) -> None:
    whose = (made.held.organization_id, made.held.token, made.run.phases["Phase 1"])
    call_worker(made.held.database, "SELECT api.write_stream(%s, %s, %s, %s)", *whose, text)


def watch(page: Page, dashboard: Dashboard, run_id: UUID) -> None:
    alice = dashboard.cast.secret_of(dashboard.cast.alice)
    page.context.add_cookies([{"name": session_cookie_name(), "value": alice, "url": dashboard.url}])
    page.goto(f"{dashboard.url}/run?run={run_id}")
    expect(page.locator(WRITTEN)).to_contain_text("Fold it tw")


def asked(page: Page) -> list[Request]:
    """What the page asks the route from now on."""
    found: list[Request] = []
    page.on("request", lambda request: found.append(request) if request.url.partition("?")[0].endswith("/look") else 0)
    return found


def test_answer_grows_without_a_rerun_and_keeps_what_is_drawn(dashboard: Dashboard, made: Written, page: Page) -> None:
    watch(page, dashboard, made.run.id)
    expect(page.get_by_role("timer")).to_contain_text("0:0")
    text = "".join(f"Fold it {number} times.\n\n" for number in range(200))
    write(made, text)
    expect(page.locator(WRITTEN)).to_contain_text("Fold it 199 times.")
    first = page.locator(".ao-answer").first.element_handle()
    assert first
    write(made, text + "And **then** the frame.")
    expect(page.locator(f"{WRITTEN} strong")).to_have_text("then")
    assert first.evaluate("piece => piece.isConnected"), "what was drawn is not drawn again"
    numbers = "".join(page.locator(".ao-answer").all_text_contents()).split("Fold it ")[1:]
    assert [number.split()[0] for number in numbers] == [str(number) for number in range(200)]


def test_text_of_a_model_brings_no_markup_of_its_own(dashboard: Dashboard, made: Written, page: Page) -> None:
    """The fixture `problems` fails it for a script that runs and for a request to another host."""
    watch(page, dashboard, made.run.id)
    write(made, NASTY * 100 + "The end.")
    expect(page.locator(WRITTEN)).to_contain_text("The end.")
    assert page.locator(f"{WRITTEN} :is(img, script, a)").count() == 0
    assert page.locator(WRITTEN).get_by_text("<script>alert(2)</script>").count() == 100


def test_page_that_is_come_back_to_asks_for_the_whole_answer(dashboard: Dashboard, made: Written, page: Page) -> None:
    """The page's session remembers that the text was drawn; the browser has thrown it away."""
    watch(page, dashboard, made.run.id)
    page.get_by_role("link", name="Projects").first.click()
    expect(page.get_by_role("heading", name="Projects", exact=True)).to_be_visible()
    page.go_back()
    expect(page.locator(WRITTEN)).to_contain_text("Fold it tw", timeout=4_000)


def test_page_follows_the_run_within_a_moment(dashboard: Dashboard, made: Written, page: Page) -> None:
    watch(page, dashboard, made.run.id)
    made.held.advance(finish=[answer(made.run.phases["Phase 1"])], end={"status": "completed", "error": {}})
    expect(page.get_by_text("Completed").first).to_be_visible(timeout=4_000)
    expect(page.locator(WRITTEN)).to_have_count(0)
    looks = asked(page)
    page.wait_for_timeout(2_500)
    assert looks == [], "what has ended is watched no more"


def test_page_becomes_the_form_when_the_session_ends(
    dashboard: Dashboard, made: Written, page: Page, problems: Problems
) -> None:
    problems.provoked.append("401")
    watch(page, dashboard, made.run.id)
    with doors.admin(made.held.database) as connection:
        session_id = dashboard.cast.alice.session_id
        connection.execute("UPDATE user_sessions SET revoked_at = now() WHERE id = %s", [session_id])
        try:
            connection.commit()
            expect(page.get_by_role("button", name="Continue")).to_be_visible(timeout=4_000)
            expect(page.get_by_text("Fold it tw")).to_have_count(0)
            looks = asked(page)
            page.wait_for_timeout(2_500)
            assert looks == []
        finally:  # the dashboard is the module's
            connection.execute("UPDATE user_sessions SET revoked_at = NULL WHERE id = %s", [session_id])


def test_hidden_tab_asks_nothing_and_catches_up(
    dashboard: Dashboard, made: Written, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    page.add_init_script(
        "window.isAway = false; Object.defineProperty(document, 'hidden', {get: () => window.isAway});"
    )
    watch(page, dashboard, made.run.id)
    page.evaluate("() => { window.isAway = true; }")
    page.wait_for_timeout(1_500)
    looks = asked(page)
    write(made, "Fold it twice, unseen.")
    page.wait_for_timeout(2_500)
    assert looks == []
    page.evaluate("() => { window.isAway = false; }")
    expect(page.locator(WRITTEN)).to_contain_text("unseen")


def test_page_that_may_not_ask_is_drawn_by_a_timer_until_it_may(
    dashboard: Dashboard, made: Written, page: Page, problems: Problems
) -> None:
    problems.provoked.append("ERR_FAILED")
    watch(page, dashboard, made.run.id)
    page.route("**/look?*", lambda route: route.abort())
    page.wait_for_timeout(8_000)
    write(made, "Fold it twice, by a timer.")
    expect(page.locator(WRITTEN)).to_contain_text("by a timer", timeout=15_000)
    page.unroute("**/look?*")
    write(made, "Fold it twice, by a timer and by itself.")
    expect(page.locator(WRITTEN)).to_contain_text("by itself")
    made.held.advance(finish=[answer(made.run.phases["Phase 1"])], end={"status": "completed", "error": {}})
    expect(page.get_by_text("Completed").first).to_be_visible()


def test_code_that_is_being_written_stays_code(dashboard: Dashboard, made: Written, page: Page) -> None:
    watch(page, dashboard, made.run.id)
    text = "Here:\n\n```python\n" + "fold(bicycle)\n\n" * 3_000
    for length in (20_000, 40_000, len(text)):
        write(made, text[:length])
        shown = page.locator(f"{WRITTEN} pre").last
        expect(shown).to_contain_text("fold")
        page.wait_for_timeout(1_500)
    words = json.dumps(page.locator(f"{WRITTEN} pre").all_text_contents())
    assert words.count("fold(bicycle)") == 3_000
    assert page.locator(f"{WRITTEN} p:not(.ao-context)").all_text_contents() == ["Here:"]
