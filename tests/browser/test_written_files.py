"""A long file, from the menu that asks for it to the bytes on the reader's disk; axe looks at it, in every look."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import acts
from tests.browser.test_accessibility import LOOKS, findings
from tests.browser.test_reviews import sign_in
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_exports import fill_calls, make_export_row, notes, set_tier, stored, work

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_PICTURES = os.environ.get("EXPORT_PICTURES")
_CALLS = 10_001


def fill(installation: Installation, cast: Cast) -> None:
    """One call more than is taken at once."""
    set_tier(installation, cast.organization_a, "pro")
    fill_calls(installation, cast.max, _CALLS)


def look(page: Page, name: str) -> None:
    """Nobody is shut out, light, dark and on a phone; and no phone has to be moved sideways."""
    assert [finding for _, finding in findings(page, LOOKS) if finding["excuse"] < 0] == []
    _keep(page, name)
    page.set_viewport_size({"width": 390, "height": 844})
    acts.settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    _keep(page, f"{name}-phone")
    page.set_viewport_size({"width": 1440, "height": 900})
    acts.settle(page)


def _keep(page: Page, name: str) -> None:
    """For whoever wants to see them: EXPORT_PICTURES names a folder."""
    if _PICTURES:
        page.screenshot(path=Path(_PICTURES, f"{name}.png"))
        page.emulate_media(color_scheme="dark")
        acts.settle(page)
        page.screenshot(path=Path(_PICTURES, f"{name}-dark.png"))
        page.emulate_media(color_scheme="light")
        acts.settle(page)


def test_long_file_is_asked_for_waited_for_and_saved(
    installation: Installation, server: str, cast: Cast, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    with ThreadPoolExecutor(1) as beside:  # the browser has an event loop in this thread
        beside.submit(fill, installation, cast).result()
        page = sign_in(open_page(), cast, cast.mona, server, "/analytics?range=7-days&calls=1")
        page.get_by_role("button", name="Export").click()
        expect(page.get_by_text("10,001 calls, in the order of the list")).to_be_visible()
        expect(page.get_by_role("link", name="CSV")).to_have_count(0)
        acts.settle(page)
        look(page, "menu")
        page.get_by_role("button", name="CSV", exact=True).click()
        expect(page.get_by_text("CSV is to be written")).to_be_visible()
        acts.settle(page)
        look(page, "asked")
        beside.submit(work, installation).result()
        expect(page.get_by_text("CSV, 10,001 calls,")).to_be_visible()  # by itself
        acts.settle(page)
        look(page, "written")
        with page.expect_download() as begun:
            page.get_by_role("link", name="Download").click()
        assert begun.value.suggested_filename.startswith("calls-")
        begun.value.save_as(tmp_path / "saved.csv")
        (path,) = beside.submit(stored).result()
        assert (tmp_path / "saved.csv").read_bytes() == path.read_bytes()
        assert len(beside.submit(notes, installation, "export_jobs.export").result()) == 1

        failure = "The file can't be written or removed: No space left on device."
        lost = {"status": "failed", "failure": failure, "made_at": None, "expires_at": None, "is_cut": None}
        beside.submit(make_export_row, installation.database, cast.mona, **lost).result()
        beside.submit(make_export_row, installation.database, cast.mona, format="jsonl").result()
        page.reload()
        page.get_by_role("button", name="Export").click()
        expect(page.get_by_text("CSV was not written")).to_be_visible()
        acts.settle(page)
        look(page, "several")
        page.get_by_role("button", name="Delete").first.click()
        expect(page.get_by_role("button", name="Delete")).to_have_count(2)
        expect(page.get_by_text("10,001 calls, in the order of the list")).to_be_visible()  # the menu stays open
