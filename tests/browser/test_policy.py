"""The content security policy in a browser: every page works under it, and what it forbids does not happen."""

import pytest
from playwright.sync_api import Page, expect

from lib.access.actor import Actor
from lib.identity.cookie import session_cookie_name
from lib.ui.navigation import (
    ACCOUNT,
    ANALYTICS,
    AUDIT,
    BUDGETS,
    COMPARE,
    CONNECTIONS,
    LAUNCH,
    OPERATIONS,
    ORGANIZATION,
    ORGANIZATIONS,
    OVERVIEW,
    PAGES,
    PERSON,
    PROJECT,
    PROJECTS,
    REVIEWS,
    RUN,
    RUNS,
    SCHEDULE,
    SCHEDULES,
    TEMPLATE,
    TEMPLATE_EDIT,
    TEMPLATES,
    USERS,
    WEBHOOKS,
    PageEntry,
)
from tests.browser.conftest import Dashboard, Problems
from tests.factories import make_project, make_template, make_version
from tests.made_runs import make_run
from tests.made_schedules import make_schedule

pytestmark = pytest.mark.browser

#: What stands on each page that has something to show.
SHOWN = {
    OVERVIEW: "Recent runs",
    LAUNCH: "Launch",
    RUNS: "Runs",
    RUN: "Zeppelin survey",
    COMPARE: "Show what is the same too",
    REVIEWS: "Reviews",
    SCHEDULES: "Schedules",
    SCHEDULE: "Every morning",
    PROJECTS: "Projects",
    PROJECT: "Zeppelin",
    TEMPLATES: "New template",
    TEMPLATE: "Versions",
    TEMPLATE_EDIT: "Add a phase",
    CONNECTIONS: "No connections of your own yet",
    WEBHOOKS: "No endpoints yet",
    ANALYTICS: "Nothing to add up yet",
    AUDIT: "Verify seals",
    BUDGETS: "No budgets yet",
    USERS: "Invite people",
    PERSON: "Details",
    ORGANIZATION: "Names",
    ORGANIZATIONS: "New organization",
    OPERATIONS: "Look again",
    ACCOUNT: "Sessions",
}
_IS_RUN = "() => { const one = document.createElement('script'); one.textContent = 'window.hasRun = 1';"
_IS_RUN += " document.body.append(one); return window.hasRun === 1; }"


def _open(page: Page, dashboard: Dashboard, entry: PageEntry, query: str = "", *, visitor: Actor | None = None) -> None:
    secret = dashboard.cast.secret_of(visitor or dashboard.cast.alice)
    cookie = {"name": session_cookie_name(), "value": secret, "url": dashboard.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item] # the library's own type of a cookie
    page.goto(f"{dashboard.url}/{entry.url_path}?{query}")


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.url_path)
def test_page_works_under_the_policy(dashboard: Dashboard, tab: Page, entry: PageEntry) -> None:
    """`problems`, which every page here has, hears what the browser refuses."""
    alice = dashboard.cast.alice
    project = make_project(dashboard.database, alice, name="Zeppelin")
    run = make_run(dashboard.database, alice, project_id=project, title="Zeppelin survey")
    queries = {RUN: f"run={run.id}", PROJECT: f"project={project}", LAUNCH: f"project={project}"}
    queries[PERSON] = f"person={alice.user_id}"
    template = make_template(dashboard.database, alice, status="published")
    make_version(dashboard.database, alice, template)
    queries[COMPARE] = f"left={run.id}&right={run.id}"
    schedule = make_schedule(dashboard.database, alice, project_id=project, template_id=template)
    queries[SCHEDULE] = f"schedule={schedule}"
    queries |= dict.fromkeys((TEMPLATE, TEMPLATE_EDIT), f"template={template}")

    visitor = dashboard.olga if entry.is_for_operators else alice
    _open(tab, dashboard, entry, queries.get(entry, ""), visitor=visitor)

    expect(tab.get_by_test_id("stMain").get_by_text(SHOWN[entry]).first).to_be_visible()
    tab.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


def test_script_in_the_page_does_not_run(dashboard: Dashboard, page: Page, problems: Problems) -> None:
    problems.provoked.append("Content Security Policy")
    _open(page, dashboard, OVERVIEW)
    expect(page).to_have_title("Overview · AI Orchestrator")
    assert page.evaluate(_IS_RUN) is False
    page.evaluate("() => document.body.insertAdjacentHTML('beforeend', '<img src=/x onerror=\"window.hasRun = 1\">')")
    page.wait_for_timeout(200)
    assert page.evaluate("() => window.hasRun === undefined")


def test_nothing_is_fetched_from_elsewhere(dashboard: Dashboard, page: Page, problems: Problems) -> None:
    problems.provoked.append("Content Security Policy")
    _open(page, dashboard, OVERVIEW)
    expect(page).to_have_title("Overview · AI Orchestrator")
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
