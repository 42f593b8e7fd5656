"""An admin sees what a shorter retention removes, saves it, and places a hold; axe looks at each, in every look."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from lib import clock
from tests.browser import acts
from tests.browser.test_accessibility import LOOKS, findings
from tests.browser.test_reviews import sign_in
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_retention import remove_all, tomorrow, write_runs
from tests.records import rows

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def look(page: Page) -> None:
    """Nobody is shut out, light, dark and on a phone; and no phone has to be moved sideways."""
    expect(page.get_by_role("alertdialog")).to_have_count(0)  # what was said of the step before is gone by itself
    assert [finding for _, finding in findings(page, LOOKS) if finding["excuse"] < 0] == []
    page.set_viewport_size({"width": 390, "height": 844})
    acts.settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1440, "height": 900})
    acts.settle(page)


def test_retention_is_shortened_and_a_hold_keeps_a_project(
    installation: Installation, server: str, cast: Cast, open_page: Callable[..., Page]
) -> None:
    database = installation.database
    hinges, bells = (make_project(database, cast.alice, name=name) for name in ("Hinges", "Bells"))
    for project_id in (hinges, bells):
        old = [{"completed_at": clock.now() - timedelta(days=90, hours=number)} for number in range(8)]
        write_runs(database, cast.alice, old, project_id=project_id)
    page = sign_in(open_page(), cast, cast.alice, server, "/organization")
    acts.turn(page, "Retention and limits")
    expect(page.get_by_text("Nothing is removed: everything is kept for ever.")).to_be_visible()
    look(page)

    page.get_by_role("button", name="Place a hold…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="What it keeps").click()
    page.get_by_role("option", name="Hinges").click()
    dialog.get_by_label("Reason").fill("Smith against Acme")
    acts.settle(page)
    look(page)
    dialog.get_by_role("button", name="Place it").click()
    expect(page.get_by_text("Placed by Alice")).to_be_visible()

    days = page.get_by_role("spinbutton", name="Runs", exact=True)
    for typed, why in (("1.5", "Runs: must be a whole number"), ("1e3", "1,000 is more than the 365")):
        days.fill(typed)
        page.get_by_role("button", name="Save retention and limits").click()
        expect(page.get_by_text(why)).to_be_visible()
        expect(days).to_have_value(str(float(typed)).removesuffix(".0"))
    for leave in (lambda: page.keyboard.press("Escape"), lambda: page.get_by_role("button", name="Not now").click()):
        days.fill("60")
        page.get_by_role("button", name="Save retention and limits").click()
        expect(page.get_by_role("dialog", name="Keep this for a shorter time?")).to_be_visible()
        leave()
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(days).to_have_value("")
    days.fill("60")
    page.get_by_role("button", name="Save retention and limits").click()
    dialog = page.get_by_role("dialog", name="Keep this for a shorter time?")
    expect(dialog.get_by_text("8 runs that ended before")).to_be_visible()
    expect(dialog.get_by_text("Kept: 8 runs by a legal hold.")).to_be_visible()
    look(page)
    dialog.get_by_role("button", name="Save, and have it removed").click()
    expect(page.get_by_text("The changes are saved.")).to_be_visible()
    remove_all(database)
    assert len(rows(installation, "SELECT 1 FROM orchestration_runs")) == 16, "it waits for 24 hours"
    tomorrow(database)
    remove_all(database)
    expect(page).to_have_url(f"{server}/organization?tab=Retention+and+limits")
    page.reload()
    expect(page.get_by_text("8 runs and 8 phases")).to_be_visible()
    look(page)
    page.get_by_role("button", name="Show what would be removed").click()
    expect(page.get_by_role("dialog").get_by_text("nothing that ended before")).to_be_visible()
    left = rows(installation, "SELECT DISTINCT project_id FROM orchestration_runs")
    assert [each["project_id"] for each in left] == [hinges]
