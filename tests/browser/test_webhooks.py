"""Webhooks in a browser: a secret that is seen once, a test whose end shows by itself, a delivery opened by a click."""

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from lib.access.actor import Actor
from lib.identity.cookie import session_cookie_name
from tests import doors
from tests.browser import acts
from tests.browser.conftest import Dashboard
from tests.browser.test_pages import click_row
from tests.made_webhooks import make_delivery, make_endpoint, play_worker

pytestmark = pytest.mark.browser


def _open(page: Page, dashboard: Dashboard, actor: Actor, query: str = "") -> None:
    cookie = {"name": session_cookie_name(), "value": dashboard.cast.secret_of(actor), "url": dashboard.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item] # a dict is one
    page.goto(f"{dashboard.url}/webhooks{query}")
    acts.settle(page)


@pytest.fixture
def endpoint_id(dashboard: Dashboard) -> UUID:
    """The only one of organization A."""
    with doors.admin(dashboard.database) as connection:
        connection.execute("DELETE FROM webhooks")
    return make_endpoint(dashboard.database, dashboard.cast.alice)


def _newest(dashboard: Dashboard) -> UUID:
    with doors.admin(dashboard.database) as connection:
        found = connection.execute("SELECT id FROM webhook_deliveries ORDER BY created_at DESC LIMIT 1").fetchone()
    assert found
    delivery_id: UUID = found[0]
    return delivery_id


def test_secret_of_a_new_endpoint_is_seen_once(page: Page, dashboard: Dashboard) -> None:
    _open(page, dashboard, dashboard.cast.alice)
    acts.press(page, "Add the first endpoint", "sent when a run was launched")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Team channel")
    dialog.get_by_label("Address", exact=True).fill("https://hooks.northwind.example/in")
    acts.press(page, "Add it", "Choose at least one event.")
    expect(dialog.get_by_label("Name", exact=True)).to_have_value("Team channel")
    dialog.get_by_role("checkbox", name="Reviews: all of them").check(force=True)
    expect(dialog.get_by_role("checkbox", name="review.decided")).to_be_checked()
    acts.settle(page)
    acts.press(page, "Add it", "This secret is shown only here")
    secret = dialog.get_by_text(re.compile(r"^whsec_[A-Za-z0-9+/]{43}=$")).first.inner_text()
    expect(dialog.get_by_role("tab", name="Shell")).to_be_visible()
    dialog.get_by_role("button", name="Done").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("review.requested, review.decided")).to_be_visible()
    assert secret not in page.content()
    acts.press(page, "How to verify", "Each delivery is a POST of JSON")
    assert secret not in page.content()


def test_how_a_test_went_shows_by_itself(page: Page, dashboard: Dashboard, endpoint_id: UUID) -> None:
    _open(page, dashboard, dashboard.cast.alice)
    acts.press(page, "Send test", "It is sent in a moment")
    sent = _newest(dashboard)
    expect(page).to_have_url(f"{dashboard.url}/webhooks?delivery={sent}")
    play_worker(dashboard.database, sent, outcome="sending")
    expect(page.get_by_text("first attempt is under way")).to_be_visible()
    _end(dashboard, sent)
    expect(page.get_by_text("200, 42 ms")).to_be_visible()
    expect(page.get_by_role("tab", name="Attempts 1")).to_be_visible()
    expect(page.get_by_role("button", name="Send another test")).to_be_visible()


def _end(dashboard: Dashboard, delivery_id: UUID) -> None:
    """The worker is back, and sends it once more."""
    with doors.admin(dashboard.database) as connection:
        connection.execute(
            "UPDATE webhook_deliveries SET status = 'pending', attempts = 0, next_attempt_at = now() WHERE id = %s",
            [delivery_id],
        )
    play_worker(dashboard.database, delivery_id, outcome="delivered")


def test_question_stays_open_while_the_delivery_behind_it_ends(
    page: Page, dashboard: Dashboard, endpoint_id: UUID
) -> None:
    delivery = make_delivery(dashboard.database, dashboard.cast.alice, endpoint_id, outcome=None)
    _open(page, dashboard, dashboard.cast.alice, f"?delivery={delivery}")
    acts.press(page, "All failed since…", "None has failed in that time")
    play_worker(dashboard.database, delivery, outcome="delivered")
    expect(page.get_by_text("200, 42 ms")).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Not now").click()
    expect(page.get_by_role("tab", name="Attempts 1")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_click_opens_a_delivery_and_back_closes_it(page: Page, dashboard: Dashboard, endpoint_id: UUID) -> None:
    delivery = make_delivery(dashboard.database, dashboard.cast.mona, endpoint_id)
    _open(page, dashboard, dashboard.cast.mona)
    click_row(page.get_by_test_id("stDataFrame"), 0)
    expect(page.get_by_role("tab", name="Response")).to_be_visible()
    expect(page).to_have_url(f"{dashboard.url}/webhooks?delivery={delivery}")
    page.go_back()
    expect(page.get_by_text("Click an event to see what was sent")).to_be_visible()


@pytest.mark.slow
def test_open_delivery_stands_above_the_list_on_a_phone(
    dashboard: Dashboard, endpoint_id: UUID, open_page: Callable[..., Page]
) -> None:
    delivery = make_delivery(dashboard.database, dashboard.cast.mona, endpoint_id)
    page = open_page(viewport={"width": 390, "height": 844})
    _open(page, dashboard, dashboard.cast.mona, f"?delivery={delivery}")
    tab, table = (
        page.get_by_role("tab", name="Request").bounding_box(),
        page.get_by_test_id("stDataFrame").bounding_box(),
    )
    assert tab
    assert table
    assert tab["y"] < table["y"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
