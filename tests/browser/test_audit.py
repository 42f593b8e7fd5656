"""The audit trail in a real browser: every way on the page stands in the address, and survives a reload."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests import doors
from tests.browser import acts
from tests.browser.test_reviews import sign_in
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_audit import seal, write_entries

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_HEADING = "Max edited the project"


def address(page: Page) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(page.url).query))


def test_ways_on_the_page_stand_in_the_address(installation: Installation, server: str, cast: Cast, page: Page) -> None:
    about = {"resource_type": "users", "resource_id": cast.max.user_id}
    database = installation.database
    write_entries(database, cast.max, action="identity.sign_in", hours_ago=200, **about)
    [new] = write_entries(database, cast.max, action="identity.sign_in", hours_ago=5, ip_address="192.0.2.1", **about)
    write_entries(database, cast.max, action="identity.sign_in_refused", count=6, hours_ago=3, **about)
    [changed] = write_entries(database, cast.max, hours_ago=4)
    seal(database)
    with doors.admin(database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE audit_logs SET new_values = '{\"a\": 1}' WHERE id = %s", [changed])
    sign_in(page, cast, cast.alice, server, "/audit?kind=users")
    page.get_by_text("Unusual access in the last 14 days").click()
    shows = page.get_by_role("button", name="Show", exact=True)
    expect(shows).to_have_count(2)
    shows.last.click()
    expect(page.get_by_role("heading", name="Max signed in")).to_be_visible()
    assert address(page) == {"entry": str(new)}
    shows.first.click()
    expect(page.get_by_role("heading", name="Max signed in")).to_have_count(0)
    acts.settle(page)
    asked = address(page)
    assert {*asked} == {"outcome", "from", "to", "person", "search"}
    assert (asked["person"], asked["search"]) == (str(cast.max.user_id), "81.2.69.142")
    page.reload()
    acts.settle(page)
    expect(page.get_by_role("button", name="Person: Max")).to_be_visible()
    page.get_by_role("button", name="Verify seals").click()
    page.get_by_role("dialog").get_by_role("button", name=f"Changed: {changed.hex[-8:]}").click()
    expect(page.get_by_role("heading", name=_HEADING)).to_be_visible()
    assert address(page) == {"entry": str(changed)}
    page.reload()
    expect(page.get_by_role("heading", name=_HEADING)).to_be_visible()
