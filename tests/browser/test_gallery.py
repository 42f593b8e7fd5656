"""The gallery as a person uses it in a browser: look for a template, read it, copy it, launch it; also on a phone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from lib.access.actor import Actor
from lib.identity.cookie import session_cookie_name
from tests.browser import acts
from tests.browser.conftest import Dashboard
from tests.browser.gallery_of_templates import make_gallery
from tests.factories import make_project

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module", autouse=True)
def _templates(dashboard: Dashboard) -> None:
    make_project(dashboard.database, dashboard.cast.alice)
    make_gallery(dashboard.database, dashboard.cast)


def see(page: Page, dashboard: Dashboard, visitor: Actor, path: str) -> Page:
    secret = dashboard.cast.secret_of(visitor)
    page.context.add_cookies([{"name": session_cookie_name(), "value": secret, "url": dashboard.url}])
    page.goto(dashboard.url + path)
    acts.settle(page)
    return page


def test_template_is_found_read_copied_and_launched(dashboard: Dashboard, open_page: Callable[..., Page]) -> None:
    page = see(open_page(), dashboard, dashboard.cast.max, "/templates")
    expect(page.get_by_role("heading", name="Market brief")).to_be_visible()
    page.get_by_text("Procurement", exact=True).click()
    expect(page).to_have_url(re.compile(r"[?&]category=procurement"))
    expect(page.get_by_role("heading", level=3)).to_have_count(1)
    acts.settle(page)
    page.get_by_text("Procurement", exact=True).click()
    expect(page).not_to_have_url(re.compile("category="))
    acts.settle(page)

    search = page.get_by_role("textbox", name="Search")
    search.fill("sourced")
    search.press("Enter")
    expect(page).to_have_url(re.compile(r"[?&]search=sourced"))
    expect(page.get_by_role("heading", level=3)).to_have_count(1)
    acts.settle(page)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="Market brief", level=1)).to_be_visible()
    page.get_by_text("1 Scope and questions").click()
    expect(page.get_by_text("Write about {{ topic }} in {{ inputs.region }}.")).to_be_visible()

    page.get_by_role("button", name="Fork").click()
    expect(page.get_by_role("heading", name="Copy of Market brief", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Forked from Market brief")).to_be_visible()
    page.get_by_role("button", name="Use").click()
    expect(page.get_by_role("heading", name="Launch", level=1)).to_be_visible()
    expect(page.get_by_text("Version 1 · 6 phases: Scope and questions")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Copy of Market brief", level=1)).to_be_visible()


def test_nothing_is_wider_than_a_phone(dashboard: Dashboard, open_page: Callable[..., Page]) -> None:
    page = see(open_page(**PHONE), dashboard, dashboard.cast.mona, "/templates")
    cards = page.locator("[class*='st-key-template-']:has(h3)")
    expect(cards.first).to_be_visible()
    lefts = {round(card.bounding_box()["x"]) for card in cards.all()}  # type: ignore[index]  # it is visible
    assert len(lefts) == 1, "one below the other"
    for path in ("/templates", "/templates?scope=retired"):
        see(page, dashboard, dashboard.cast.mona, path)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
