"""The first-time set-up in a browser, by somebody with a quick finger."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.scene import unclaimed

__all__ = ["unclaimed"]

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery"
ENTERED = {
    "Organization name": "Northwind Research",
    "Full name": "Alice Larsen",
    "E-mail": "alice@northwind.example",
    "User name": "alice",
    "Password": PASSWORD,
    "Password again": PASSWORD,
}


def test_double_click_sets_up_once_with_all_that_was_asked_for(unclaimed: str, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto(unclaimed)
    for label, value in ENTERED.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_text("Add a sample workspace").click()
    expect(page.get_by_role("checkbox")).to_be_checked()

    set_up = page.get_by_role("button", name="Set up", exact=True)
    set_up.click()
    page.wait_for_timeout(150)  # the first click is being done, and the form stands there still
    set_up.click()

    expect(page.get_by_text("Northwind Research is set up. Sign in to begin.")).to_be_visible()
    expect(page.get_by_label("E-mail or user name")).to_have_value("alice@northwind.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    expect(page.get_by_text("Sample workspace").first).to_be_visible()
