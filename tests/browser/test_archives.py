"""Runs are moved to an archive, found to be there, and brought back; axe looks at each, in every look."""

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
from tests.made_archives import fill_project, make_archive_row, work
from tests.records import rows

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_PICTURES = os.environ.get("ARCHIVE_PICTURES")


def look(page: Page, name: str) -> None:
    """Nobody is shut out, light, dark and on a phone; and no phone has to be moved sideways."""
    assert [finding for _, finding in findings(page, LOOKS) if finding["excuse"] < 0] == []
    _keep(page, name)
    page.set_viewport_size({"width": 390, "height": 844})
    acts.settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    if _PICTURES and name != "question":
        page.reload()  # without the menu, which is still folding up
        acts.settle(page)
    _keep(page, f"{name}-phone")
    page.set_viewport_size({"width": 1440, "height": 900})
    acts.settle(page)


def _keep(page: Page, name: str) -> None:
    """For whoever wants to see them: ARCHIVE_PICTURES names a folder."""
    if _PICTURES:
        page.screenshot(path=Path(_PICTURES, f"{name}.png"), full_page=True)
        page.emulate_media(color_scheme="dark")
        acts.settle(page)
        page.screenshot(path=Path(_PICTURES, f"{name}-dark.png"), full_page=True)
        page.emulate_media(color_scheme="light")
        acts.settle(page)


def test_runs_are_moved_to_an_archive_and_come_back(
    installation: Installation, server: str, cast: Cast, open_page: Callable[..., Page]
) -> None:
    with ThreadPoolExecutor(1) as beside:  # the browser has an event loop in this thread
        project_id = beside.submit(fill_project, installation, cast).result()
        ((run_id),) = {each["id"] for each in rows(installation, "SELECT min(id::text) AS id FROM orchestration_runs")}
        page = sign_in(open_page(), cast, cast.mona, server, f"/project?project={project_id}")
        page.get_by_role("button", name="More").click()
        page.get_by_text("Move runs to an archive file…").click()
        expect(page.get_by_role("dialog").get_by_text("4 runs, 8 phases and 1 operation leave")).to_be_visible()
        acts.settle(page)
        look(page, "question")
        page.get_by_role("button", name="Move the runs").click()
        expect(page.get_by_text("The runs are to be moved to an archive file")).to_be_visible()
        page.reload()  # what was said of it is gone
        expect(page.get_by_text("The runs are to be moved to an archive file")).to_be_visible()
        look(page, "asked")
        beside.submit(work, installation).result()
        expect(page.get_by_text("4 runs are in an archive of")).to_be_visible()  # by itself
        look(page, "made")

        page.goto(f"{server}/run?run={run_id}")
        expect(page.get_by_text("It lies in the archive of the project “Folding bicycle”")).to_be_visible()
        look(page, "run")
        page.get_by_role("button", name="Go to the project").click()
        with page.expect_download() as begun:
            page.get_by_role("link", name="Download").click()
        assert begun.value.suggested_filename.endswith(".zip")
        page.get_by_role("button", name="Restore").click()
        expect(page.get_by_text("The runs are coming back from their archive")).to_be_visible()
        beside.submit(work, installation).result()
        expect(page.get_by_text("4 runs came back from an archive of")).to_be_visible()
        failure = "The file can't be written: No space left on device. Nothing was changed."
        make_archive_row(
            installation.database, cast.alice, project_id=project_id, status="failed", made_at=None, failure=failure
        )
        make_archive_row(
            installation.database, cast.alice, project_id=project_id, restored_at=None, cost_usd=12, unknown_costs=3
        )
        page.reload()
        expect(page.get_by_text("1 run is in an archive of 12.3 MB")).to_be_visible()
        look(page, "several")
