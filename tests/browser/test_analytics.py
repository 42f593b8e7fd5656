"""Analytics in a browser: a range is chosen, a bar leads to its calls, a view is saved, a file is read."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from lib.access.actor import Actor
from lib.exports import ExportFormat
from lib.identity.cookie import session_cookie_name
from lib.ui.components.export_menu import FORMATS
from tests import doors
from tests.browser import acts
from tests.browser.conftest import Dashboard
from tests.browser.usage_of_scene import make_usage
from tests.factories import make_project

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def used(dashboard: Dashboard) -> Dashboard:
    """Forty days of calls of two projects."""
    names = ("Market scans", "Patents")
    projects = [make_project(dashboard.database, dashboard.cast.alice, name=name) for name in names]
    make_usage(dashboard.database, dashboard.cast, projects, days=40, calls=8)
    return dashboard


@pytest.fixture
def open_analytics(used: Dashboard, page: Page) -> Callable[..., Page]:
    def open_one(query: str = "", actor: Actor | None = None) -> Page:
        secret = used.cast.secret_of(actor or used.cast.mona)
        page.context.add_cookies([{"name": session_cookie_name(), "value": secret, "url": used.url}])
        page.goto(f"{used.url}/analytics{query}")
        acts.settle(page)
        return page

    return open_one


def bar(page: Page, card: str, series: int, number: int) -> None:
    chart = page.locator(f".st-key-chart-{card} .js-plotly-plot")
    chart.locator(".trace.bars").nth(series).locator(".point path").nth(number).click(force=True)


def test_bar_leads_to_the_calls_of_its_part_and_back(open_analytics: Callable[..., Page]) -> None:
    page = open_analytics()
    page.get_by_role("radio", name="30 days").click()
    expect(page.get_by_text("compared with")).to_be_visible()
    acts.settle(page)
    model = page.locator(".st-key-chart-main .ao-keys span").nth(1).inner_text().lstrip("■").strip()
    bar(page, "main", 1, 9)
    expect(page.get_by_role("heading", name="Calls", exact=True)).to_be_visible()
    assert re.search(r"only=model%3A\w+%3A" + re.escape(model), page.url)
    assert "range=30-days" in page.url
    page.get_by_role("button", name="Analytics").click()
    expect(page.get_by_role("heading", name="Analytics", exact=True)).to_be_visible()
    assert "only=" not in page.url
    assert "range=30-days" in page.url


def test_row_of_a_list_leads_to_its_calls(open_analytics: Callable[..., Page]) -> None:
    page = open_analytics("?range=30-days")
    bar(page, "top", 0, 0)
    expect(page.get_by_text("project Patents")).to_be_visible()


def test_day_of_the_forecast_leads_to_the_calls_of_the_month_so_far(open_analytics: Callable[..., Page]) -> None:
    page = open_analytics("?range=30-days&by=project")
    chart = page.locator(".st-key-chart-forecast .js-plotly-plot")
    chart.locator(".trace .point").last.click(force=True)
    expect(page.get_by_role("heading", name="Calls", exact=True)).to_be_visible()
    assert "calls=this-month" in page.url
    assert "by=project" in page.url
    page.go_back()
    expect(page.get_by_role("heading", name="Analytics", exact=True)).to_be_visible()
    assert "calls=" not in page.url, "one step back"
    assert "range=30-days" in page.url


def test_hour_of_the_week_leads_to_its_calls(open_analytics: Callable[..., Page]) -> None:
    page = open_analytics("?range=30-days")
    chart = page.locator(".st-key-chart-heat .js-plotly-plot")
    said = chart.evaluate("each => each.data[0].customdata")
    number = max(range(len(said)), key=lambda each: calls_of(said[each]))
    chart.locator(".point path").nth(number).click(force=True)
    hour, _, _ = said[number].rpartition(": ")
    expect(page.get_by_role("heading", name="Calls", exact=True)).to_be_visible()
    expect(page.get_by_text(hour)).to_be_visible()
    assert re.search(r"hour=[a-z]{3}-\d+", page.url)
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_text(f"{calls_of(said[number])} calls, in the order of the list")).to_be_visible()
    page.reload()
    expect(page.get_by_text(hour)).to_be_visible()
    page.get_by_role("button", name="Analytics").click()
    expect(page.get_by_role("heading", name="Analytics", exact=True)).to_be_visible()
    assert "hour=" not in page.url


def calls_of(said: str) -> int:
    """How many calls the words of an hour say: "Mon 14:00 to 15:00: 12 calls, $0.31"."""
    found = re.search(r": (\d+) call", said)
    return int(found[1]) if found else 0


@pytest.mark.parametrize(
    ("chart", "part"), [("Hours of the week", "hour="), ("Latency", "since="), ("Cost of", "calls=this-month")]
)
def test_calls_are_opened_by_keyboard(open_analytics: Callable[..., Page], chart: str, part: str) -> None:
    page = open_analytics("?range=30-days")
    choice = page.get_by_role("combobox", name=re.compile(f"the calls of {chart}"))
    choice.focus()
    choice.press_sequentially("1. ")  # of a month that has just begun there is no other
    choice.press("Enter")
    expect(page.get_by_role("heading", name="Calls", exact=True)).to_be_visible()
    assert part in page.url


def test_several_are_chosen_in_a_filter_that_stays_open(open_analytics: Callable[..., Page]) -> None:
    """What it offers comes once it is open; what is chosen is said on it once it is closed."""
    page = open_analytics("?range=30-days")
    page.get_by_role("button", name="Project", exact=True).click()
    choice = page.get_by_test_id("stPopoverBody").get_by_role("combobox")
    choice.click()
    for count, name in enumerate(("Market scans", "Patents"), 1):
        page.get_by_role("option", name=name).click()
        expect(page).to_have_url(re.compile(rf"(project=.*){{{count}}}"))
        acts.settle(page)
    expect(page.get_by_role("dialog", name="Project", exact=True)).to_be_visible()
    page.keyboard.press("Escape")  # the list of what there is to choose
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Project: 2 projects")).to_be_visible()
    page.get_by_role("button", name="Project: 2 projects").click()
    expect(choice).to_be_visible()


def test_view_is_saved(open_analytics: Callable[..., Page], used: Dashboard) -> None:
    page = open_analytics("?range=7-days&by=project")
    page.get_by_role("button", name="Views").click()
    page.get_by_label("Name of this view").fill("Week by project")
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_text("is saved among your views")).to_be_visible()
    with doors.admin(used.database) as connection:
        assert connection.execute("SELECT query FROM saved_views").fetchall() == [("by=project&range=7-days",)]


def test_mail_is_switched_on_and_off(open_analytics: Callable[..., Page], used: Dashboard) -> None:
    page = open_analytics("?range=7-days&model=none")
    page.get_by_role("button", name="Views").click()
    page.get_by_text("Each week, on Monday at 7:00").click()
    expect(page.get_by_text("You get a mail about the filters of this page")).to_be_visible()
    expect(page.get_by_text("of the filters of this page.")).to_be_visible()
    with doors.admin(used.database) as connection:
        asked = connection.execute("SELECT rhythm, query, next_at > now() FROM usage_reports").fetchall()
        assert asked == [("weekly", "model=none", True)]
    page.get_by_text("Each week, on Monday at 7:00").click()
    expect(page.get_by_text("You get no more of these mails")).to_be_visible()
    with doors.admin(used.database) as connection:
        assert connection.execute("SELECT 1 FROM usage_reports").fetchall() == []


@pytest.mark.parametrize("file_format", ExportFormat)
def test_calls_are_taken_along_as_a_file(
    open_analytics: Callable[..., Page], tmp_path: Path, file_format: ExportFormat
) -> None:
    page = open_analytics("?range=30-days&calls=1&only=error%3Arate_limit")
    page.get_by_role("button", name="Export").click()
    said = page.get_by_text("in the order of the list")
    expect(said).to_be_visible()
    count = int(said.inner_text().split()[0])
    with page.expect_download() as download:
        page.get_by_role("link", name=FORMATS[file_format][0], exact=True).click()
    path = tmp_path / "file"
    download.value.save_as(path)
    if file_format is ExportFormat.CSV:
        found = list(csv.DictReader(io.StringIO(path.read_text())))
    elif file_format is ExportFormat.JSON:
        found = json.loads(path.read_text())
    elif file_format is ExportFormat.LINES:
        found = [json.loads(line) for line in path.read_text().splitlines()]
    else:
        import pyarrow.parquet as pq

        found = pq.read_table(path).to_pylist()
    assert len(found) == count
    assert {row["error_kind"] for row in found} == {"rate_limit"}
