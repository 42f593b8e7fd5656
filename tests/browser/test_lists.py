"""A list as a person uses it in a browser: narrow it, sort it, take it along as a file, go back."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from lib.identity.cookie import session_cookie_name
from tests import doors
from tests.browser.conftest import Dashboard
from tests.factories import make_project
from tests.made_runs import end_run, make_run

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def runs(dashboard: Dashboard) -> list[str]:
    """Titles of the runs of one of two projects, the newest first."""
    database, actor = dashboard.database, dashboard.cast.alice
    for name in ("Boat", "Bicycle"):
        project_id = make_project(database, actor, name=name)
        for number in range(3):
            run = make_run(database, actor, project_id=project_id, title=f"{name} {number}")
            end_run(database, actor, run)
    return ["Bicycle 2", "Bicycle 1", "Bicycle 0"]


def test_list_is_narrowed_sorted_exported_and_left_by_back(
    dashboard: Dashboard, runs: list[str], open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page()
    secret = dashboard.cast.secret_of(dashboard.cast.vera)
    page.context.add_cookies([{"name": session_cookie_name(), "value": secret, "url": dashboard.url}])
    page.goto(f"{dashboard.url}/runs")

    page.get_by_role("button", name="Project", exact=True).click()
    page.get_by_placeholder("Any").or_(page.get_by_role("combobox", name="Project")).first.click()
    page.get_by_role("option", name="Bicycle").click()
    expect(page).to_have_url(re.compile(r"[?&]project=[0-9a-f-]{36}"))
    expect(page.get_by_role("button", name="Project: Bicycle")).to_be_visible()
    page.keyboard.press("Escape")

    page.get_by_role("combobox", name="Sort by").click()
    page.get_by_role("option", name="Oldest first").click()
    expect(page).to_have_url(re.compile(r"[?&]sort=oldest"))

    page.get_by_role("button", name="Export").click()
    expect(page.get_by_text("3 runs, in the order of the list.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    file = tmp_path / "runs.csv"
    download.value.save_as(file)
    assert re.fullmatch(r"runs-\d{4}-\d\d-\d\d\.csv", download.value.suggested_filename)
    with file.open(encoding="utf-8", newline="") as opened:
        assert [row["title"] for row in csv.DictReader(opened)] == runs[::-1]
    with doors.admin(dashboard.database) as connection:
        [(who, said)] = connection.execute(
            "SELECT user_id, new_values FROM audit_logs WHERE action = 'orchestrations.export'"
        )
    assert who == dashboard.cast.vera.user_id
    assert json.loads(json.dumps(said)).items() >= {"rows": 3, "format": "csv", "sort": "oldest"}.items()

    page.keyboard.press("Escape")
    page.go_back()
    expect(page).not_to_have_url(re.compile("sort="))
    expect(page.get_by_role("button", name="Project: Bicycle")).to_be_visible()
    page.go_back()
    expect(page).not_to_have_url(re.compile("project="))
    expect(page.get_by_role("button", name="Project", exact=True)).to_be_visible()
