"""An open delivery in a real browser: it follows by itself, never shuts a question, and stands where it is seen."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from lib.webhooks import deliveries
from tests.browser.test_pages import click_row
from tests.browser.test_reviews import sign_in
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_webhooks import HOOK, claim, ended, finish, happen, make_delivery, make_endpoint

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_question_stays_open_while_the_delivery_behind_it_ends(
    installation: Installation, server: str, cast: Cast, open_page: Callable[..., Page]
) -> None:
    make_endpoint(cast.alice)
    happen(cast.alice)
    (waiting,) = deliveries.list_deliveries(cast.alice).items
    page = sign_in(open_page(), cast, cast.alice, server, f"/webhooks?delivery={waiting.id}")
    page.get_by_test_id("stMain").get_by_role("button", name="More").click()
    page.get_by_text("Deliver failed again…").click()
    question = page.get_by_role("dialog")
    expect(question.get_by_text("None has failed in that time")).to_be_visible()
    (claimed,) = claim(installation.database)
    expect(page.get_by_text("first attempt of 8 is under way")).to_be_visible()
    finish(installation.database, ended(claimed))
    expect(page.get_by_text("200, 42 ms")).to_be_visible()
    expect(question).to_be_visible()
    question.get_by_role("button", name="Not now").click()
    expect(question).to_have_count(0)
    expect(page.get_by_role("tab", name="Attempts 1")).to_be_visible()


def test_all_of_the_page_follows_what_happens(
    installation: Installation, server: str, cast: Cast, open_page: Callable[..., Page]
) -> None:
    make_endpoint(cast.alice)
    happen(cast.alice)
    page = sign_in(open_page(viewport={"width": 1280, "height": 800}), cast, cast.alice, server, "/webhooks")
    expect(page.get_by_text("Active").first).to_be_visible()
    click_row(page.get_by_test_id("stDataFrame"), 0)
    expect(page.get_by_text("It is sent in a moment")).to_be_visible()
    (claimed,) = claim(installation.database)
    expect(page.get_by_text("first attempt of 8 is under way")).to_be_visible()
    finish(installation.database, ended(claimed, "retry", wait_seconds=0))
    expect(page.get_by_text("first attempt of 8, next in a moment")).to_be_visible()
    expect(page.get_by_text("Tried again by itself: 1 attempt failed in a row")).to_be_visible()
    (claimed,) = claim(installation.database)
    finish(installation.database, ended(claimed))
    expect(page.get_by_text("200, 42 ms, at the second attempt")).to_be_visible()
    expect(page.get_by_text("100 % of 1 accepted in 7 days")).to_be_visible()
    expect(page.get_by_role("radio", name="Delivered 1")).to_be_visible()


def test_nothing_is_cut_at_the_edge_of_a_small_desk(
    installation: Installation, server: str, cast: Cast, open_page: Callable[..., Page]
) -> None:
    make_endpoint(cast.alice)
    make_endpoint(cast.alice, name="Other")
    delivery_id = make_delivery(installation.database, cast.alice)
    for address in ("/webhooks", f"/webhooks?delivery={delivery_id}"):
        page = sign_in(open_page(viewport={"width": 1280, "height": 800}), cast, cast.alice, server, address)
        expect(page.get_by_test_id("stDataFrame")).to_be_visible()
        test = page.get_by_role("button", name="Send test").first
        inside = "b => { const p = b.closest('.stColumn').getBoundingClientRect(), r = b.getBoundingClientRect();"
        assert test.evaluate(f"{inside} return r.left >= p.left && r.right <= p.right }}")
        fits = "t => { const s = t.querySelector('.dvn-scroller'); return s.scrollWidth <= s.clientWidth + 1 }"
        assert page.get_by_test_id("stDataFrame").evaluate(fits), address


def test_secret_is_not_closed_by_a_key(server: str, cast: Cast, open_page: Callable[..., Page]) -> None:
    page = sign_in(open_page(viewport={"width": 1280, "height": 800}), cast, cast.alice, server, "/webhooks")
    page.get_by_role("button", name="Add the first endpoint").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("Tracker")
    dialog.get_by_role("textbox", name="Address").fill(HOOK)
    dialog.get_by_role("checkbox", name="Runs: all of them").check(force=True)
    expect(dialog.get_by_text("7 of 19 chosen")).to_be_visible()
    dialog.get_by_role("button", name="Add it").click()
    expect(dialog.get_by_text("This secret is shown only here")).to_be_visible()
    done = dialog.get_by_role("button", name="I have copied it")
    expect(done).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(dialog.get_by_text("This secret is shown only here")).to_be_visible()
    done.click()
    expect(dialog).to_have_count(0)


def test_click_opens_a_delivery_and_back_closes_it(
    installation: Installation, server: str, cast: Cast, open_page: Callable[..., Page]
) -> None:
    make_endpoint(cast.alice)
    delivery_id = make_delivery(installation.database, cast.alice)
    page = sign_in(open_page(), cast, cast.mona, server, "/webhooks")
    click_row(page.get_by_test_id("stDataFrame"), 0)
    expect(page.get_by_role("tab", name="Response")).to_be_visible()
    expect(page).to_have_url(re.compile(f"delivery={delivery_id}$"))
    page.go_back()
    expect(page.get_by_text("Click an event to see what was sent")).to_be_visible()


def test_open_delivery_stands_above_the_list_on_a_phone(
    installation: Installation, server: str, cast: Cast, open_page: Callable[..., Page]
) -> None:
    make_endpoint(cast.alice)
    delivery_id = make_delivery(installation.database, cast.alice)
    phone = open_page(viewport={"width": 390, "height": 844})
    page = sign_in(phone, cast, cast.mona, server, f"/webhooks?delivery={delivery_id}")
    tab, table = page.get_by_role("tab", name="Request"), page.get_by_test_id("stDataFrame")
    expect(tab).to_be_visible()
    expect(table).to_be_visible()
    above, below = tab.bounding_box(), table.bounding_box()
    assert above
    assert below
    assert above["y"] < below["y"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
