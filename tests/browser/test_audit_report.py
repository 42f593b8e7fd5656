"""A compliance report in a real browser: taken from the page, read on a desk, a phone, in the dark and on paper."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests import doors
from tests.browser import acts
from tests.browser.test_accessibility import AXE
from tests.browser.test_reviews import sign_in
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_audit import seal, write_entries

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOOKS: tuple[tuple[str, ViewportSize], ...] = (
    ("light", {"width": 1280, "height": 900}),
    ("dark", {"width": 1280, "height": 900}),
    ("light", {"width": 390, "height": 844}),
)
ASK = "async () => (await axe.run({resultTypes: ['violations']})).violations.map(each => each.id + ': ' + each.help)"


def test_report_is_taken_from_the_page_and_read_everywhere(
    *, installation: Installation, server: str, cast: Cast, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE organizations SET subscription_tier = 'pro' WHERE id = %s", [cast.organization_a])
        connection.execute("UPDATE users SET full_name = '<b>Max</b> & Söhne' WHERE id = %s", [cast.max.user_id])
    about = {"action": "identity.sign_in_refused", "resource_type": "users", "resource_id": cast.max.user_id}
    write_entries(installation.database, cast.max, count=6, hours_ago=3, **about)
    seal(installation.database, hours_ago=2)
    page = sign_in(open_page(accept_downloads=True), cast, cast.alice, server, "/audit")
    acts.ask_for_a_report(page)
    page.get_by_role("dialog").get_by_role("combobox").click()
    page.get_by_role("option", name="This month so far").click()
    acts.settle(page)
    with page.expect_download() as begun:
        page.get_by_role("dialog").get_by_role("link", name="Make the report").click()
    assert begun.value.suggested_filename.startswith("compliance-report-acme-20")
    begun.value.save_as(tmp_path / "report.html")
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    for look, viewport in LOOKS:
        _read(open_page(color_scheme=look, viewport=viewport), html)


def _read(page: Page, html: str) -> None:
    page.set_content(html)
    expect(page.get_by_role("heading", name="Acme Research")).to_be_visible()
    expect(page.get_by_text("All seals over the audit trail are intact")).to_be_visible()
    expect(page.get_by_role("region", name="People and their rights").get_by_text("<b>Max</b> & Söhne")).to_be_visible()
    assert _wider(page) == 0, "nothing but a table is scrolled sideways"
    page.evaluate(AXE)
    assert page.evaluate(ASK) == []
    page.get_by_role("link", name="Exports").click()
    expect(page.get_by_role("heading", name="9. Exports")).to_be_in_viewport()
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def _wider(page: Page) -> Any:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
