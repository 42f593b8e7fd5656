"""A visit to the sample workspace, with another tab of the same browser open in the real organization."""

import pytest
from playwright.sync_api import Page, expect

from lib.access.permissions import Role
from lib.identity.cookie import session_cookie_name
from lib.samples.service import load_sample, visit_sample
from tests.browser import acts
from tests.cast import Cast
from tests.conftest import Installation
from tests.records import rows
from tests.sample import with_operator

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_dialog_opened_before_a_visit_makes_nothing_in_the_sample(
    server: str, installation: Installation, cast: Cast, page: Page
) -> None:
    """A dialog is a fragment: what is pressed in it runs without Home.py."""
    cast, olga = with_operator(installation.database, cast)
    load_sample()
    page.context.add_cookies([{"name": session_cookie_name(), "value": cast.secret_of(olga), "url": server}])
    page.goto(f"{server}/projects")
    acts.settle(page)
    page.get_by_role("button", name="New project", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("Ours")
    dialog.get_by_role("textbox", name="Topic").fill("Something real")
    visit_sample(olga, Role.ADMIN)  # as another tab does
    dialog.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("Sample workspace")).to_be_visible()
    expect(dialog).to_have_count(0)
    assert rows(installation, "SELECT 1 FROM projects WHERE name = 'Ours'") == []
