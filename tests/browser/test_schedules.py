"""A schedule as a person makes one in a browser: from Launch to the list, then changed and switched off."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from lib.identity.cookie import session_cookie_name
from tests import doors
from tests.browser.acts import settle
from tests.browser.conftest import Dashboard
from tests.factories import make_connection, make_project, make_template
from tests.made_templates import let_publish_to_everybody

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", autouse=True)
def _ready(dashboard: Dashboard) -> None:
    """A project, a template and a model to choose."""
    database, actor = dashboard.database, dashboard.cast.alice
    make_project(database, actor, name="Folding bicycle")
    let_publish_to_everybody(database)
    make_template(database, actor, name="Two steps", status="published")
    make_connection(database, actor, models=["gpt-4.1"])


def _choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()
    settle(page)


def test_schedule_is_made_on_launch_then_changed_and_switched_off(
    dashboard: Dashboard, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    secret = dashboard.cast.secret_of(dashboard.cast.alice)
    page.context.add_cookies([{"name": session_cookie_name(), "value": secret, "url": dashboard.url}])
    page.goto(f"{dashboard.url}/schedules")
    page.get_by_role("button", name="Schedule the first run").click()
    expect(page.get_by_role("heading", name="Launch")).to_be_visible()
    expect(page).to_have_url(re.compile(r"[?&]start=later"))
    _choose(page, "How often", "Every week")
    _choose(page, "On", "Friday")
    expect(page.get_by_text("Every Friday at 07:00, UTC. The next times:")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text=re.compile(r"^Fri \d"))).to_have_count(5)
    page.get_by_label("Title", exact=True).fill("Every Friday")
    page.get_by_label("Title", exact=True).press("Enter")
    settle(page)
    page.get_by_role("button", name="Save schedule").click()

    expect(page.get_by_role("heading", name="Schedules").first).to_be_visible()
    expect(page.get_by_text("Every Friday at 07:00, UTC")).to_be_visible()
    page.get_by_role("button", name="More").click()
    page.get_by_role("option", name="Edit…").or_(page.get_by_role("menuitem", name="Edit…")).click()
    expect(page.get_by_role("heading", name="Every Friday")).to_be_visible()
    _choose(page, "How often", "Other times, as cron")
    cron = page.get_by_label("Cron", exact=True)
    expect(cron).to_have_value("0 7 * * 5")
    cron.fill("*/2 * * * *")
    cron.press("Enter")
    expect(page.get_by_text("more often than every 5 minutes")).to_be_visible()
    expect(page.get_by_role("button", name="Save changes")).to_be_disabled()
    cron.fill("0 */6 * * *")
    cron.press("Enter")
    settle(page)
    page.get_by_role("button", name="Save changes").click()

    expect(page.get_by_text("sixth hour, UTC")).to_be_visible()
    page.get_by_role("button", name="More").click()
    page.get_by_role("option", name="Switch off").or_(page.get_by_role("menuitem", name="Switch off")).click()
    expect(page.get_by_text("No next run")).to_be_visible()
    with doors.admin(dashboard.database) as connection:
        row = connection.execute("SELECT cron, is_active, title FROM schedules").fetchone()
    assert row == ("0 */6 * * *", False, "Every Friday")
