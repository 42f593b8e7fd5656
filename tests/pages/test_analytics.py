"""Analytics: each figure against the rows, ranges and filters by the address, roles."""

from datetime import timedelta
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from lib import clock
from lib.ui import words
from lib.ui.navigation import ANALYTICS
from lib.usage.periods import this_month, today_in
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_budgets import make_budget
from tests.made_usage import make_calls
from tests.pages.conftest import OpenAs
from tests.pages.reading import buttons, headings, press, shown
from tests.pages.used import call, metrics, open_filter, projects, raw, stack, used

__all__ = ["projects", "used"]


@pytest.mark.parametrize("weak", ["max", "vera"])
def test_page_is_closed_to_who_may_not_see_usage(open_as: OpenAs, cast: Cast, used: list[UUID], weak: str) -> None:
    at = open_as(getattr(cast, weak), ANALYTICS)
    assert headings(at) == ["This page is not open to you"]
    assert not at.metric


def test_organization_without_calls_is_told_what_the_page_is_for(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.mona, ANALYTICS)
    assert headings(at) == ["Analytics", "Nothing to add up yet"]
    assert buttons(at) == ["Launch a run"]


def test_another_organization_sees_nothing_of_it(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    at = open_as(cast.charlie, ANALYTICS)
    assert "Market scans" not in shown(at)
    assert "gpt-4.1-mini" not in shown(at)
    assert metrics(at)["Cost"][0] == "$999.00"
    at = open_as(cast.charlie, ANALYTICS, project=used[0])
    assert "left out: Project" in shown(at)
    assert metrics(at)["Cost"][0] == "$999.00"


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
def test_numbers_of_the_month_are_those_of_the_rows(
    open_as: OpenAs, cast: Cast, installation: Installation, used: list[UUID], zone: str
) -> None:
    with doors.admin(installation.database) as connection:
        preferences = Jsonb({"time_zone": zone})
        connection.execute("UPDATE users SET preferences = %s WHERE id = %s", [preferences, cast.mona.user_id])
    period = this_month(today_in(zone), zone)
    real = raw(installation, cast, first=period.first, last=period.last, zone=zone)
    at = open_as(cast.mona, ANALYTICS)
    found = metrics(at)
    assert found["Cost"][0] == words.money(real["cost"])
    assert found["Tokens"][0] == words.compact(real["tokens"])
    assert found["Failed calls"][0] == words.share(real["failed"] / real["calls"], digits=1)
    before = period.before()
    assert f"compared with {before.first.day}" in shown(at)
    earlier = raw(installation, cast, first=before.first, last=before.last, zone=zone)
    assert found["Cost"][1] == words.change(float(real["cost"]), float(earlier["cost"]))


@pytest.mark.parametrize(
    ("asked", "days"),
    [
        ({"range": "7-days"}, 6),
        ({"range": "custom", "from": "2026-01-05", "to": "2026-01-05"}, None),
        ({"range": "12-months"}, None),
    ],
)
def test_ranges_stand_in_the_address(
    open_as: OpenAs, cast: Cast, used: list[UUID], asked: dict[str, str], days: int | None
) -> None:
    at = open_as(cast.mona, ANALYTICS, **asked)
    assert at.segmented_control[0].value == asked["range"]
    if days:
        assert len(stack(at)["gpt-4.1-mini"]) == days


def test_range_is_chosen(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    at = open_as(cast.mona, ANALYTICS)
    at.segmented_control[0].set_value("7-days").run()
    assert at.query_params["range"] == "7-days"
    at.segmented_control[0].set_value("custom").run()
    last = clock.now().date()
    assert at.query_params["from"] == (last - timedelta(days=6)).isoformat()
    at.date_input(key="usage-from").set_value(last - timedelta(days=2)).run()
    assert at.query_params["from"] == (last - timedelta(days=2)).isoformat()
    assert not at.exception
    at.segmented_control[0].set_value("this-month").run()
    assert "from" not in at.query_params
    assert "range" not in at.query_params


def test_comparison_is_switched_off(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    at = open_as(cast.mona, ANALYTICS)
    at.toggle[0].set_value(False).run()
    assert at.query_params["compare"] == "off"
    assert "compared with" not in shown(at)
    assert {delta for _, delta in metrics(at).values()} == {""}


def test_filters_narrow_everything(open_as: OpenAs, cast: Cast, installation: Installation, used: list[UUID]) -> None:
    at = open_as(cast.mona, ANALYTICS, range="30-days")
    at = open_filter(at, "project")
    at.multiselect(key="usage-project").set_value([str(used[1])]).run()
    assert at.query_params["project"] == str(used[1])
    first, last = clock.now().date() - timedelta(days=29), clock.now().date()
    real = raw(installation, cast, first=first, last=last, of=f"project_id = '{used[1]}'")
    assert metrics(at)["Cost"][0] == words.money(real["cost"])
    assert at.multiselect(key="usage-project").value == [str(used[1])], "it stays open"
    at = open_filter(at, "model")
    at.multiselect(key="usage-model").set_value(["openai:gpt-4.1"]).run()
    assert "No calls in this time" in headings(at)
    press(at, "Clear the filters")
    assert set(at.query_params) == {"range"}


def test_what_makes_no_sense_is_left_out_and_said(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    asked = {
        "range": "custom",
        "from": "yesterday",
        "project": "x",
        "measure": "beauty",
        "model": "none",
        "by": "color",
    }
    said = shown(open_as(cast.mona, ANALYTICS, **asked))
    assert "left out: Range (“from” and “to” are days such as 2026-01-31), Project, Measure, Stacked by" in said


def test_range_without_calls_says_so(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    at = open_as(cast.mona, ANALYTICS, **{"range": "custom", "from": "2020-01-01", "to": "2020-01-31"})
    assert "No calls in this time" in headings(at)
    press(at, "Show 12 months")
    assert at.query_params["range"] == "12-months"


def test_longest_range_offers_no_longer_one(
    open_as: OpenAs, cast: Cast, installation: Installation, projects: list[UUID]
) -> None:
    make_calls(installation.database, cast.organization_a, [call(cast, projects[0], days_ago=800)])
    at = open_as(cast.mona, ANALYTICS, range="12-months")
    assert "No calls in this time" in headings(at)
    assert "“Custom” leads to days before." in shown(at)
    assert "Show 12 months" not in buttons(at)


def test_days_far_from_our_time_are_left_out(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    for first, last in (("9999-12-30", "9999-12-31"), ("0001-01-01", "0001-01-02")):
        at = open_as(cast.mona, ANALYTICS, **{"range": "custom", "from": first, "to": last})
        assert "left out: Range" in shown(at)


def test_days_alone_are_a_range_and_a_wrong_one_says_what_is_wrong(
    open_as: OpenAs, cast: Cast, used: list[UUID]
) -> None:
    at = open_as(cast.mona, ANALYTICS, **{"from": "2026-01-05", "to": "2026-01-06"})
    assert at.segmented_control[0].value == "custom"
    assert "5 to 6 January 2026" in shown(at)
    at = open_as(cast.mona, ANALYTICS, **{"from": "2026-01-06", "to": "2026-01-05"})
    assert "left out: Range (the last day is before the first one)" in shown(at)


def test_forecast_names_the_organizations_budget_of_the_month(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    assert "budget" not in shown(open_as(cast.mona, ANALYTICS))
    make_budget(cast.alice, "0.01", name="Autumn *2026*")
    make_budget(cast.alice, "0.01", name="For ever", period="total")
    make_budget(cast.alice, "0.01", name="Of a project", scope="project", project_id=used[0])
    said = shown(open_as(cast.mona, ANALYTICS))
    assert "the budget “Autumn *2026*”, $0.01" in said
    assert "it is used up" in said
    assert "For ever" not in said
    assert "Of a project" not in said
    assert "Autumn" not in shown(open_as(cast.mona, ANALYTICS, project=used[0])), "the forecast is of one project"


def test_time_without_a_failure_says_so(
    open_as: OpenAs, cast: Cast, installation: Installation, projects: list[UUID]
) -> None:
    make_calls(installation.database, cast.organization_a, [call(cast, projects[0])])
    at = open_as(cast.mona, ANALYTICS)
    assert "No call has failed in this time." in shown(at)
    assert "Hours of the week" in headings(at)
