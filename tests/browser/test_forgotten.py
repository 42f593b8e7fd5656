"""Back in by mail, from end to end: the form, a worker, a mail server, the link, the new password, signed in."""

import re

import pytest
from playwright.sync_api import Page, expect

from lib.config import get_settings
from tests.cast import Cast
from tests.mailbox import Mailbox, link_in, mailbox
from tests.workers import Workers, endpoint, workers

__all__ = ["endpoint", "mailbox", "workers"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NEW = "another good password"


def test_who_forgot_the_password_gets_back_in_and_lands_where_they_like(
    *, mailbox: Mailbox, server: str, page: Page, cast: Cast, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    public, asked = server, server.replace("localhost", "127.0.0.1")
    monkeypatch.setenv("ORCHESTRATOR_PUBLIC_URL", public)
    get_settings.cache_clear()
    workers.start()

    page.goto(f"{asked}/runs")
    page.get_by_role("button", name="Forgot your password?").click()
    expect(page.get_by_role("heading", name="Forgot your password?")).to_be_visible()  # both forms ask for a name
    page.get_by_label("E-mail or user name").fill("max")
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_text("a link is on its way")).to_be_visible()

    link = link_in(mailbox.wait())
    assert link.startswith(f"{public}/reset?token="), "the address that was asked has no say in it"
    page.goto(link)
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password again").fill(NEW)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_label("E-mail or user name")).to_have_value("max@acme.example")
    _sign_in(page)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    assert mailbox.wait(2)["Subject"] == "Your password was changed"

    page.goto(f"{public}/account")
    page.get_by_label("First page after signing in").click()
    page.get_by_role("option", name="Projects").click()
    page.get_by_role("button", name="Save preferences").click()
    expect(page.get_by_text("Your preferences are saved.")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Max")).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("E-mail or user name")).to_be_visible()  # or it is left before it has heard of it
    page.goto(public)
    page.get_by_label("E-mail or user name").fill("max")
    _sign_in(page)
    expect(page.get_by_role("heading", name="Projects", exact=True)).to_be_visible()

    page.goto(link)
    expect(page.get_by_role("heading", name="This link is no longer good")).to_be_visible()


def _sign_in(page: Page) -> None:
    page.get_by_label("Password", exact=True).fill(NEW)
    page.get_by_role("button", name="Continue").click()
