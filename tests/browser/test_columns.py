"""Columns of tables that people read to the end: nothing of them is cut in a window of 1280 pixels."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from lib.access.permission_names import PERMISSIONS
from lib.access.permissions import Role
from lib.ui.components.person_rights import WIDTHS, say_why
from lib.users.people import explain, get_person
from tests.browser.test_people import _enter
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_connection, make_project, make_template
from tests.made_reviews import make_waiting, make_word
from tests.records import rows

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_WINDOW = {"width": 1280, "height": 800}
#: To both sides of a cell's text.
_PADDING = 16
_MEASURE = """(texts) => {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = "13px " + getComputedStyle(document.querySelector("[data-testid=stDataFrame]")).fontFamily;
    return Math.max(...texts.map((text) => pen.measureText(text).width));
}"""


def scrolls_sideways(page: Page) -> bool:
    """Whether a table is wider than its place."""
    expect(page.locator(".dvn-scroller").first).to_be_visible()
    found: bool = page.locator(".dvn-scroller").first.evaluate("(each) => each.scrollWidth > each.clientWidth")
    return found


def test_every_reason_of_a_persons_rights_is_read_whole(
    server: str, cast: Cast, open_page: Callable[..., Page]
) -> None:
    page = open_page(viewport=_WINDOW)
    _enter(page, server, cast.secret_of(cast.alice))
    page.goto(f"{server}/person?person={cast.max.user_id}")
    expect(page.get_by_role("heading", name="What they may do, and why")).to_be_visible()
    assert not scrolls_sideways(page)
    max_ = get_person(cast.alice, cast.max.user_id)
    anybody = [
        replace(max_, role=role, permissions=frozenset(granted)) for role in Role for granted in ((), PERMISSIONS)
    ]
    reasons = sorted({say_why(person, each) for person in anybody for each in explain(person)})
    assert page.evaluate(_MEASURE, reasons) + _PADDING <= WIDTHS["Why"]
    assert page.evaluate(_MEASURE, [*PERMISSIONS.values()]) + _PADDING <= WIDTHS["What"]


def test_every_column_of_reviews_is_in_the_window(
    server: str, installation: Installation, cast: Cast, open_page: Callable[..., Page]
) -> None:
    project_id = make_project(installation.database, cast.max, name="Shop assistant")
    for title in ("Questions that manuals can't answer", "Hull materials that fold ten thousand times"):
        make_waiting(
            installation.database, cast.max, project_id=project_id, title=title, required_approvals=2, due_hours=50
        )
    page = open_page(viewport=_WINDOW)
    _enter(page, server, cast.secret_of(cast.mona))
    page.goto(f"{server}/reviews?show=mine")
    assert not scrolls_sideways(page)
    made = make_waiting(installation.database, cast.max, project_id=project_id, title="Decided")
    make_word(installation.database, cast.alice, made)
    page.goto(f"{server}/reviews?sort=newest")  # all of them, beside each other
    expect(page.get_by_role("heading", name="Reviews")).to_be_visible()
    assert not scrolls_sideways(page)


def test_estimate_of_a_launch_is_one_row(
    server: str, installation: Installation, cast: Cast, open_page: Callable[..., Page]
) -> None:
    make_project(installation.database, cast.max)
    make_template(installation.database, cast.max)
    make_connection(installation.database, cast.alice, models=["gpt-4o"])
    page = open_page(viewport=_WINDOW)
    _enter(page, server, cast.secret_of(cast.max))
    page.goto(f"{server}/launch")
    strip = page.locator(".st-key-strip-launch [data-testid=stMetric]")
    expect(strip).to_have_count(3)
    assert len({box["y"] for each in strip.all() if (box := each.bounding_box())}) == 1


def test_every_column_of_the_organizations_is_in_the_window(
    server: str, installation: Installation, cast: Cast, open_page: Callable[..., Page]
) -> None:
    rows(installation, "UPDATE users SET is_operator = true WHERE id = %s RETURNING 1", cast.alice.user_id)
    page = open_page(viewport=_WINDOW)
    _enter(page, server, cast.secret_of(cast.alice))
    page.goto(f"{server}/organizations")
    expect(page.get_by_role("heading", name="Organizations")).to_be_visible()
    assert not scrolls_sideways(page)
