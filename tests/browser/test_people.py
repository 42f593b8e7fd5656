"""Somebody's way: invited by a link, in, in another role by the next click, and out by the one after."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from lib.db.logins import Login
from lib.identity.cookie import session_cookie_name
from lib.maintenance.upgrade import publish_builtin_templates
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.records import row

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "correct horse battery"


def _enter(page: Page, server: str, secret: str) -> None:
    page.context.add_cookies([{"name": session_cookie_name(), "value": secret, "url": server}])


def _open(page: Page, title: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()


def _invite(alice: Page, server: str) -> str:
    """As an admin does; the link that is shown."""
    alice.goto(f"{server}/users")
    alice.get_by_role("button", name="Invite people").click()
    alice.get_by_role("textbox", name="E-mail addresses").fill("nora@acme.example")
    alice.get_by_role("textbox", name="E-mail addresses").blur()
    alice.get_by_role("dialog").get_by_role("button", name="Invite", exact=True).click()
    link = alice.get_by_test_id("stCode").inner_text().strip()
    alice.get_by_role("button", name="Done").click()
    expect(alice.get_by_role("dialog")).to_have_count(0)
    expect(alice.get_by_text("Member, invited by Alice")).to_be_visible()
    return link


def _accept(nora: Page, link: str) -> None:
    nora.goto(link)
    expect(nora.get_by_role("heading", name="Join Acme Research")).to_be_visible()
    nora.get_by_label("Full name").fill("Nora Lindqvist")
    nora.get_by_label("User name").fill("nora")
    nora.get_by_label("Password", exact=True).fill(PASSWORD)
    nora.get_by_label("Password again").fill(PASSWORD)
    nora.get_by_role("button", name="Join").click()
    expect(nora.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(nora.get_by_label("E-mail or user name")).to_have_value("nora@acme.example")
    nora.get_by_label("Password", exact=True).fill(PASSWORD)
    nora.get_by_role("button", name="Continue").click()
    expect(nora.get_by_role("heading", name="Overview")).to_be_visible()


def _give(alice: Page, role: str) -> None:
    alice.get_by_role("combobox", name="Role", exact=True).click()
    alice.get_by_role("option", name=re.compile(f"^{role}:")).click()
    alice.get_by_role("button", name="Save rights").click()
    expect(alice.get_by_text("The rights are changed.")).to_be_visible()


def _open_nora(alice: Page, server: str, user_id: object) -> None:
    alice.goto(f"{server}/person?person={user_id}")
    expect(alice.get_by_role("heading", name="Nora Lindqvist")).to_be_visible()


@pytest.mark.timeout(300)
def test_person_comes_by_a_link_works_and_goes_by_a_click(
    installation: Installation, cast: Cast, server: str, open_page: Callable[..., Page]
) -> None:
    publish_builtin_templates(installation.database.url(Login.OWNER))
    make_project(installation.database, cast.alice, name="Umbrella")
    alice, nora = open_page(), open_page()
    _enter(alice, server, cast.secret_of(cast.alice))
    _accept(nora, _invite(alice, server))
    user_id = row(installation, "SELECT id FROM users WHERE username = 'nora'")["id"]

    # a member: makes projects, and sees no other people
    _open(nora, "Projects")
    nora.get_by_role("button", name="New project").click()
    nora.get_by_role("textbox", name="Name").fill("Walking stick")
    nora.get_by_role("textbox", name="Topic").fill("A stick that folds into an umbrella")
    nora.get_by_role("button", name="Create project").click()
    expect(nora.get_by_role("heading", name="Walking stick")).to_be_visible()
    expect(nora.get_by_role("link", name="Users")).to_have_count(0)

    # a viewer from the next click on
    _open_nora(alice, server, user_id)
    _give(alice, "Viewer")
    nora.get_by_role("link", name="Projects").first.click()
    expect(nora.get_by_role("heading", name="Projects", exact=True)).to_be_visible()
    expect(nora.get_by_role("button", name="New project")).to_have_count(0)
    expect(nora.get_by_role("link", name="Launch")).to_have_count(0)

    # a manager from the one after: she sees who is there
    _open_nora(alice, server, user_id)
    _give(alice, "Manager")
    nora.get_by_role("link", name="Runs").first.click()
    expect(nora.get_by_role("heading", name="Runs", exact=True)).to_be_visible()
    _open(nora, "Users")

    # out by the next click
    alice.get_by_role("button", name="Deactivate").click()
    alice.get_by_role("dialog").get_by_role("button", name="Deactivate").click()
    expect(alice.get_by_text("Nora Lindqvist is deactivated.")).to_be_visible()
    nora.get_by_role("link", name="Projects").first.click()
    expect(nora.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(nora.get_by_text("Walking stick")).to_have_count(0)
    nora.get_by_label("E-mail or user name").fill("nora")
    nora.get_by_label("Password", exact=True).fill(PASSWORD)
    nora.get_by_role("button", name="Continue").click()
    expect(nora.get_by_text("This name and password do not match.")).to_be_visible()
