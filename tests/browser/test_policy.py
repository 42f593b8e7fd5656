"""What the content security policy forbids does not happen in a browser; that every page works under it, others see."""

import pytest
from playwright.sync_api import Page, expect

from lib.identity.cookie import session_cookie_name
from tests.browser.conftest import Dashboard, Problems

pytestmark = pytest.mark.browser

_IS_RUN = "() => { const one = document.createElement('script'); one.textContent = 'window.hasRun = 1';"
_IS_RUN += " document.body.append(one); return window.hasRun === 1; }"


def _open(page: Page, dashboard: Dashboard) -> None:
    secret = dashboard.cast.secret_of(dashboard.cast.alice)
    page.context.add_cookies([{"name": session_cookie_name(), "value": secret, "url": dashboard.url}])
    page.goto(f"{dashboard.url}/")
    expect(page).to_have_title("Overview · AI Orchestrator")


def test_script_in_the_page_does_not_run(dashboard: Dashboard, page: Page, problems: Problems) -> None:
    problems.provoked.append("Content Security Policy")
    _open(page, dashboard)
    assert page.evaluate(_IS_RUN) is False
    page.evaluate("() => document.body.insertAdjacentHTML('beforeend', '<img src=/x onerror=\"window.hasRun = 1\">')")
    page.wait_for_timeout(200)
    assert page.evaluate("() => window.hasRun === undefined")


def test_nothing_is_fetched_from_elsewhere(dashboard: Dashboard, page: Page, problems: Problems) -> None:
    problems.provoked.append("Content Security Policy")
    _open(page, dashboard)
    elsewhere = dashboard.url.replace("localhost", "127.0.0.1")
    ask = "url => fetch(url, { mode: 'no-cors' }).then(() => 'reached', () => 'refused')"
    assert page.evaluate(ask, f"{elsewhere}/healthz") == "refused"
    assert page.evaluate(ask, f"{dashboard.url}/healthz") == "reached"


def test_no_other_page_frames_ours(dashboard: Dashboard, page: Page, problems: Problems) -> None:
    problems.provoked += ["frame-ancestors", "Refused to", "X-Frame-Options", "violates the following"]
    with page.expect_response(f"{dashboard.url}/"):
        page.set_content(f"<iframe src='{dashboard.url}/'></iframe>")
    page.wait_for_timeout(500)
    assert len(page.frames) == 2
    assert not any(frame.locator("#root").count() for frame in page.frames)
