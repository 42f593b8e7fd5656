"""Analytics: each figure against the rows, ranges and filters by the address, the calls behind a bar, roles."""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb
from streamlit.testing.v1 import AppTest

from lib import clock
from lib.errors import NotFound, NotPermitted
from lib.models.usage_report import Rhythm
from lib.saved_views.service import delete_view, list_saved_views, rename_view, save_view
from lib.ui import words
from lib.ui.navigation import ANALYTICS, RUN
from lib.usage.periods import this_month, today_in
from lib.usage.reports.service import ask_for_report, list_reports
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_budgets import make_budget
from tests.made_usage import make_calls, roll_up
from tests.pages.conftest import OpenAs
from tests.pages.reading import buttons, headings, press, shown, table, text_input, titles
from tests.records import rows
from tests.workspace import make_workspace


@pytest.fixture
def projects(installation: Installation, cast: Cast) -> list[UUID]:
    return [make_project(installation.database, cast.alice, name=name) for name in ("Market scans", "Patents")]


def call(cast: Cast, project_id: UUID | None, *, days_ago: float = 0, **said: Any) -> dict[str, Any]:
    usual = {
        "created_at": clock.now() - timedelta(days=days_ago),
        "user_id": cast.max.user_id,
        "project_id": project_id,
        "provider": "openai",
        "model": "gpt-4.1-mini",
        "prompt_tokens": 1000,
        "completion_tokens": 200,
        "cost_usd": Decimal("1.50"),
        "response_time_ms": 2000,
    }
    return usual | said


@pytest.fixture
def used(installation: Installation, cast: Cast, projects: list[UUID]) -> list[UUID]:
    """Calls of the last seventy days, by two projects and two models; some failed, some of unknown price."""
    scans, patents = projects
    calls = [call(cast, scans, days_ago=ago + 0.3) for ago in range(70)]
    calls += [
        call(cast, scans, days_ago=ago + 0.2, model="gpt-4.1", cost_usd=Decimal("4.25")) for ago in range(0, 70, 3)
    ]
    calls += [call(cast, patents, user_id=cast.mona.user_id, days_ago=ago) for ago in range(0, 70, 5)]
    failed = {"completion_tokens": 0, "response_time_ms": 9000}
    refused = {"error_kind": "rate_limit", "cost_usd": Decimal(0)} | failed
    calls += [call(cast, patents, days_ago=ago, **refused) for ago in range(0, 70, 7)]
    calls += [call(cast, patents, days_ago=ago, error_kind="cancelled", cost_usd=None, **failed) for ago in (1, 2)]
    calls += [call(cast, patents, days_ago=1, cost_usd=None)]
    make_calls(installation.database, cast.organization_a, calls)
    roll_up(installation.database)
    make_calls(installation.database, cast.organization_a, [call(cast, scans, days_ago=3.5)])  # late, not summed up
    make_calls(
        installation.database,
        cast.charlie.organization_id,
        [call(cast, None, user_id=cast.charlie.user_id, model="hidden-model", cost_usd=Decimal(999))],
    )
    return projects


def metrics(at: AppTest) -> dict[str, tuple[str, str]]:
    return {each.label: (each.value.replace("\\", ""), each.delta.replace("\\", "")) for each in at.metric}


def figure(at: AppTest, key: str) -> dict[str, Any]:
    """The chart of that key, as Plotly gets it."""
    for each in at.get("plotly_chart"):
        if f"-{key}" in each.proto.id:
            found: dict[str, Any] = json.loads(each.proto.spec)
            return found
    raise KeyError(key)


def stack(at: AppTest, key: str = "usage-main") -> dict[str, dict[str, float]]:
    """Of each bar series what each bar says."""
    data = figure(at, key)["data"]
    return {each["name"]: dict(zip(each["x"], each["y"], strict=True)) for each in data if each["type"] == "bar"}


def raw(installation: Installation, cast: Cast, *, first: date, last: date, zone: str = "UTC", of: str = "true") -> Any:
    (row,) = rows(
        installation,
        "SELECT count(*) AS calls, coalesce(sum(cost_usd), 0) AS cost, "
        "count(*) FILTER (WHERE error_kind <> 'cancelled') AS failed, "
        "coalesce(sum(coalesce(prompt_tokens, 0) + coalesce(completion_tokens, 0)), 0) AS tokens "
        f"FROM api_usage WHERE organization_id = %s AND (created_at AT TIME ZONE %s)::date BETWEEN %s AND %s AND {of}",
        cast.organization_a,
        zone,
        first,
        last,
    )
    return row


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


def test_bars_are_those_of_the_rows(open_as: OpenAs, cast: Cast, installation: Installation, used: list[UUID]) -> None:
    at = open_as(cast.mona, ANALYTICS, range="30-days")
    found = stack(at)
    assert set(found) == {"gpt-4.1-mini", "gpt-4.1"}
    today = clock.now().date()
    for model, bars in found.items():
        assert len(bars) == 29, "today is not over, and would look like a fall"
        for ago in range(1, 30):
            day = today - timedelta(days=ago)
            real = raw(installation, cast, first=day, last=day, of=f"model = '{model}'")
            assert bars[f"{day.day} {day:%b}"] == pytest.approx(float(real["cost"]))


@pytest.mark.parametrize(("measure", "column"), [("tokens", "tokens"), ("calls", "calls"), ("failed", "failed")])
def test_every_measure_that_adds_up_is_that_of_the_rows(
    *, open_as: OpenAs, cast: Cast, installation: Installation, used: list[UUID], measure: str, column: str
) -> None:
    at = open_as(cast.mona, ANALYTICS, range="30-days", measure=measure, by="person")
    day = clock.now().date() - timedelta(days=7)
    names = {"Max": cast.max.user_id, "Mona": cast.mona.user_id}
    for name, bars in stack(at).items():
        real = raw(installation, cast, first=day, last=day, of=f"user_id = '{names[name]}'")
        assert bars[f"{day.day} {day:%b}"] == real[column]


@pytest.mark.parametrize("measure", ["success", "latency"])
def test_rates_and_times_are_lines(open_as: OpenAs, cast: Cast, used: list[UUID], measure: str) -> None:
    data = figure(open_as(cast.mona, ANALYTICS, range="30-days", measure=measure), "usage-main")["data"]
    assert {each["type"] for each in data} == {"scatter"}
    of_mini = next(each for each in data if each["name"] == "gpt-4.1-mini")["y"]
    values = [value for value in of_mini if value is not None]
    assert all(0 < value <= 1 for value in values) if measure == "success" else all(1.5 < each < 10 for each in values)


def test_failures_say_their_reason_and_leave_out_what_was_cancelled(
    open_as: OpenAs, cast: Cast, used: list[UUID]
) -> None:
    found = stack(open_as(cast.mona, ANALYTICS, range="30-days"), "usage-failures")
    assert list(found) == ["Rate limit"]
    assert sum(found["Rate limit"].values()) == 4


def test_most_expensive_are_listed_by_what_is_chosen(
    open_as: OpenAs, cast: Cast, installation: Installation, used: list[UUID]
) -> None:
    first = clock.now().date() - timedelta(days=29)
    for top, column in (("project", "project_id"), ("person", "user_id"), ("model", "model"), ("endpoint", "endpoint")):
        (bars,) = figure(open_as(cast.mona, ANALYTICS, range="30-days", top=top), "usage-top")["data"]
        real = rows(
            installation,
            f"SELECT coalesce(sum(cost_usd), 0) AS cost FROM api_usage WHERE organization_id = %s AND created_at >= %s "
            f"GROUP BY {column} ORDER BY 1",
            cast.organization_a,
            first,
        )
        assert bars["x"] == pytest.approx([float(row["cost"]) for row in real])


def test_unknown_prices_are_said(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    assert "3 calls of unknown price are not in it" in shown(open_as(cast.mona, ANALYTICS, range="30-days"))


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
    at.multiselect(key="usage-project").set_value([str(used[1])]).run()
    assert at.query_params["project"] == str(used[1])
    first, last = clock.now().date() - timedelta(days=29), clock.now().date()
    real = raw(installation, cast, first=first, last=last, of=f"project_id = '{used[1]}'")
    assert metrics(at)["Cost"][0] == words.money(real["cost"])
    assert at.multiselect(key="usage-project").value == [str(used[1])]
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
    assert "left out: Range, Project, Measure, Stacked by" in said


def test_range_without_calls_says_so(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    at = open_as(cast.mona, ANALYTICS, **{"range": "custom", "from": "2020-01-01", "to": "2020-01-31"})
    assert "No calls in this time" in headings(at)
    press(at, "Show 12 months")
    assert at.query_params["range"] == "12-months"


def test_days_far_from_our_time_are_left_out(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    for first, last in (("9999-12-30", "9999-12-31"), ("0001-01-01", "0001-01-02")):
        at = open_as(cast.mona, ANALYTICS, **{"range": "custom", "from": first, "to": last})
        assert "left out: Range" in shown(at)


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


def test_calls_behind_a_bar(open_as: OpenAs, cast: Cast, installation: Installation, used: list[UUID]) -> None:
    at = open_as(cast.mona, ANALYTICS, range="7-days")
    labels = at.selectbox(key="usage-main-by-key").options
    assert len(labels) == 7, "today is among them"
    at.selectbox(key="usage-main-by-key").select_index(3).run()
    assert not at.exception
    day = clock.now().date() - timedelta(days=3)
    assert headings(at) == ["Calls"]
    real = raw(installation, cast, first=day, last=day)
    assert len(table(at, "Model")) == real["calls"]
    press(at, "Analytics")
    assert headings(at)[0] == "Analytics"
    assert at.query_params == {"range": "7-days"}


def test_failed_calls_of_one_reason(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    at = open_as(cast.mona, ANALYTICS, range="30-days", calls=1, only="error:rate_limit")
    assert table(at, "Result") == ["✕ Rate limit"] * 5
    at = open_as(cast.mona, ANALYTICS, range="30-days", calls=1, failed=1)
    assert headings(at) == ["Failed calls"]
    assert table(at, "Result") == ["✕ Rate limit"] * 5


def test_calls_are_paged_and_lead_to_their_run(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    made = make_workspace(installation.database, cast.alice)
    calls = [call(cast, made.project_id, days_ago=n / 2000, run_id=made.run.id) for n in range(1, 60)]
    make_calls(installation.database, cast.organization_a, calls)
    at = open_as(cast.mona, ANALYTICS, range="30-days", calls=1)
    assert len(table(at, "Run")) == 50
    press(at, "Older")
    assert 9 <= len(table(at, "Run")) <= 12
    assert titles(at, "usage-calls")
    at.selectbox(key="usage-calls-by-key").select_index(0).run()
    assert at.query_params["run"] == str(made.run.id)
    assert RUN.url_path


def test_stranger_who_guesses_finds_no_calls(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    at = open_as(cast.charlie, ANALYTICS, calls=1, only=f"project:{used[0]}")
    assert "No calls here" in headings(at)
    assert "Market scans" not in shown(at)


def test_a_chart_is_a_table_too(open_as: OpenAs, cast: Cast, installation: Installation, used: list[UUID]) -> None:
    at = open_as(cast.mona, ANALYTICS, range="7-days")
    for number in range(len(at.get("menu_button"))):
        at = open_as(cast.mona, ANALYTICS, range="7-days")
        at.get("menu_button")[number].set_value("Show as a table")
        at.run()
        assert not at.exception
        assert len(at.dataframe[0].value) > 0
    at = open_as(cast.mona, ANALYTICS, range="7-days")
    at.get("menu_button")[0].set_value("Show as a table")
    at.run()
    frame = at.dataframe[0].value
    today = clock.now().date()
    real = raw(installation, cast, first=today - timedelta(days=6), last=today)
    assert frame["All"].sum() == pytest.approx(float(real["cost"]))
    assert frame["Day"].iloc[-1].endswith("so far")


def open_views(at: AppTest) -> AppTest:
    """The menu of saved views, as it is once somebody has opened it."""
    at.session_state["usage-views"] = True
    return at.run()


def test_view_is_saved_chosen_renamed_and_deleted(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    at = open_as(cast.mona, ANALYTICS, range="30-days", project=used[0])
    text_input(at, "Name of this view").set_value("Scans *lately*")
    press(at, "Save view")
    assert "is saved among your views" in shown(at)
    at = open_views(open_as(cast.mona, ANALYTICS))
    (found,) = list_saved_views(cast.mona, "analytics")
    at.button(key=f"usage-view-{found.id}").click().run()
    assert at.query_params == {"range": "30-days", "project": str(used[0])}
    assert at.multiselect(key="usage-project").value == [str(used[0])]
    assert list_saved_views(cast.alice, "analytics") == (), "everybody has their own"
    rename_view(cast.mona, found.id, name="Scans")
    assert [each.name for each in list_saved_views(cast.mona, "analytics")] == ["Scans"]
    with pytest.raises(NotFound):
        delete_view(cast.alice, found.id)
    delete_view(cast.mona, found.id)
    assert list_saved_views(cast.mona, "analytics") == ()


def test_view_is_renamed_and_deleted_in_dialogs(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    view_id = save_view(cast.mona, "analytics", name="Old", query="range=30-days")
    at = open_views(open_as(cast.mona, ANALYTICS))
    menu = next(each for each in at.get("menu_button") if str(view_id) in each.proto.id)
    menu.set_value("Rename…")
    at.run()
    text_input(at, "Name").set_value("New")
    next(each for each in at.get("menu_button") if str(view_id) in each.proto.id).set_value("Rename…")
    at.button(key="usage-rename-confirm").click().run()
    assert [each.name for each in list_saved_views(cast.mona, "analytics")] == ["New"]


def test_mails_are_switched_on_changed_and_switched_off(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    at = open_views(open_as(cast.mona, ANALYTICS, range="30-days", project=used[0]))
    weekly = at.toggle(key="usage-report-weekly")
    assert (weekly.label, weekly.value) == ("Each week, on Monday at 7:00", False)
    weekly.set_value(True).run()
    assert "You get a mail about the filters of this page" in at.toast[0].value
    (entry,) = list_reports(cast.mona).values()
    assert (entry.rhythm, entry.query) == (Rhythm.WEEKLY, f"project={used[0]}")
    at = open_views(open_as(cast.mona, ANALYTICS))
    assert at.toggle(key="usage-report-weekly").value
    assert "of other filters" in shown(at)
    at.button(key="usage-report-show-weekly").click().run()
    assert at.query_params == {"project": str(used[0])}
    at = open_views(open_as(cast.mona, ANALYTICS))
    at.button(key="usage-report-use-weekly").click().run()
    assert list_reports(cast.mona)[Rhythm.WEEKLY].query == ""
    at = open_views(open_as(cast.mona, ANALYTICS))
    assert "of all calls" in shown(at)
    at.toggle(key="usage-report-monthly").set_value(True).run()
    at.toggle(key="usage-report-weekly").set_value(False).run()
    assert [*list_reports(cast.mona)] == [Rhythm.MONTHLY]
    assert list_reports(cast.alice) == {}, "everybody has their own"


def test_mail_that_was_switched_on_elsewhere_is_not_switched_off_by_looking(
    open_as: OpenAs, cast: Cast, used: list[UUID]
) -> None:
    at = open_views(open_as(cast.mona, ANALYTICS))
    ask_for_report(cast.mona, Rhythm.WEEKLY, {})
    at.run()
    assert at.toggle(key="usage-report-weekly").value
    assert [*list_reports(cast.mona)] == [Rhythm.WEEKLY]


def test_two_views_have_two_names(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    save_view(cast.mona, "analytics", name="Mine", query="")
    at = open_as(cast.mona, ANALYTICS)
    text_input(at, "Name of this view").set_value(" Mine ")
    press(at, "Save view")
    assert "Choose another name" in shown(at)
    with pytest.raises(NotPermitted):
        save_view(cast.max, "analytics", name="Mine", query="")


def test_time_without_a_failure_says_so(
    open_as: OpenAs, cast: Cast, installation: Installation, projects: list[UUID]
) -> None:
    make_calls(installation.database, cast.organization_a, [call(cast, projects[0])])
    at = open_as(cast.mona, ANALYTICS)
    assert "No call has failed in this time." in shown(at)
    assert "Hours of the week" in headings(at)
