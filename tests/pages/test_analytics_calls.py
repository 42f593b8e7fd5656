"""Analytics: the calls behind a bar, or behind an hour of the week."""

from datetime import timedelta
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from lib import clock
from lib.ui import words
from lib.ui.navigation import ANALYTICS, RUN
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_usage import make_calls
from tests.pages.conftest import OpenAs
from tests.pages.reading import headings, press, shown, table, titles
from tests.pages.used import call, click, figure, projects, raw, stack, used
from tests.workspace import make_workspace

__all__ = ["projects", "used"]


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


@pytest.mark.parametrize("is_over", [False, True], ids=["so far", "first day"])
def test_calls_behind_the_forecast_are_those_of_the_month_to_that_day(
    open_as: OpenAs, cast: Cast, installation: Installation, used: list[UUID], is_over: bool
) -> None:
    """Whatever range is looked at, with the filters that the forecast has."""
    model = "openai:gpt-4.1-mini"
    at = open_as(cast.mona, ANALYTICS, range="30-days", model=model)
    today = clock.now().date()
    first, offered = today.replace(day=1), at.selectbox(key="usage-forecast-by-key").options
    assert len(offered) == today.day
    last = first if is_over else today
    at.selectbox(key="usage-forecast-by-key").select_index(len(offered) - 1 if is_over else 0).run()
    assert not at.exception
    assert headings(at)[0] == "Calls"
    real = raw(installation, cast, first=first, last=last, of="model = 'gpt-4.1-mini'")
    assert len(table(at, "Model") if real["calls"] else []) == real["calls"]
    assert f"model {model}" in shown(at)
    press(at, "Analytics")
    assert at.query_params == {"range": "30-days", "model": model}, "back to what was looked at"


def test_calls_behind_an_hour_of_the_week(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    at = open_as(cast.mona, ANALYTICS, range="7-days")
    told = dict(text.rsplit(": ", 1) for text in figure(at, "usage-heat")["data"][0]["customdata"])
    assert len(told) == 7 * 24
    offered = at.selectbox(key="usage-heat-by-key").options
    called = [hour for hour, said in told.items() if said != "no calls"]
    assert [each.partition(". ")[2] for each in offered] == called, "no more than a click opens"
    hour = called[-1]
    at.selectbox(key="usage-heat-by-key").select_index(len(called) - 1).run()
    assert not at.exception
    assert headings(at) == ["Calls"]
    assert hour in shown(at)
    assert at.query_params["hour"] == f"{hour[:3].lower()}-{int(hour[4:6])}"
    assert len(table(at, "Model")) == int(told[hour].split()[0])
    press(at, "Analytics")
    assert at.query_params == {"range": "7-days"}


def test_hours_in_a_zone_half_an_hour_off_are_said_as_they_are_counted(
    open_as: OpenAs, cast: Cast, installation: Installation, used: list[UUID]
) -> None:
    with doors.admin(installation.database) as connection:
        preferences = Jsonb({"time_zone": "Asia/Kolkata"})
        connection.execute("UPDATE users SET preferences = %s WHERE id = %s", [preferences, cast.mona.user_id])
    at = open_as(cast.mona, ANALYTICS, range="7-days")
    hours = figure(at, "usage-heat")["data"][0]["customdata"]
    assert hours[0].startswith("Mon 00:30 to 01:30: ")
    assert hours[-1].startswith("Sun 23:30 to 00:30: ")


def test_hour_that_is_none_is_as_if_it_were_not_there(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    whole = open_as(cast.mona, ANALYTICS, range="7-days", calls=1)
    at = open_as(cast.mona, ANALYTICS, range="7-days", calls=1, hour="mon-25")
    assert not at.exception
    assert len(table(at, "Model")) == len(table(whole, "Model"))


def test_failed_calls_of_one_reason(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    at = open_as(cast.mona, ANALYTICS, range="30-days", calls=1, only="error:rate_limit")
    assert table(at, "Result") == ["✕ Rate limit"] * 5
    at = open_as(cast.mona, ANALYTICS, range="30-days", calls=1, failed=1)
    assert headings(at) == ["Failed calls"]
    assert table(at, "Result") == ["✕ Rate limit"] * 5


def test_calls_behind_the_others_are_those_that_have_no_part_of_their_own(
    open_as: OpenAs, cast: Cast, installation: Installation, projects: list[UUID]
) -> None:
    """Six models have one, the most expensive; of others there are three calls in a bar of ninety-three."""
    named = [call(cast, projects[0], days_ago=1, model=f"m{number}") for number in range(6)] * 15
    others = [call(cast, projects[0], days_ago=1, model=f"rare{number}", cost_usd=0) for number in range(2)]
    unnamed = call(cast, projects[0], days_ago=1, model=None, cost_usd=0)
    make_calls(installation.database, cast.organization_a, [*named, *others, unnamed])
    at = open_as(cast.mona, ANALYTICS, range="7-days", measure="calls")
    label = next(label for label, count in stack(at)["3 other models"].items() if count)
    click(at, "usage-main", label, "3 other models")
    assert sorted(table(at, "Model")) == ["rare0", "rare1", words.NOTHING]
    assert "all but models openai:m0, openai:m1, openai:m2 and 3 more" in shown(at)
    press(at, "Analytics")
    assert at.query_params == {"range": "7-days", "measure": "calls"}


def test_calls_behind_other_reasons_are_those_that_failed_for_one_without_a_part_of_its_own(
    open_as: OpenAs, cast: Cast, installation: Installation, projects: list[UUID]
) -> None:
    frequent, rare = ("rate_limit", "auth", "quota", "timeout", "server"), ("stalled", "connection")
    failed = [call(cast, projects[0], days_ago=1, error_kind=kind) for kind in frequent] * 2
    failed += [call(cast, projects[0], days_ago=1, error_kind=kind, cost_usd=0) for kind in (*rare, "cancelled")]
    made = [call(cast, projects[0], days_ago=1, cost_usd=9)] * 3
    make_calls(installation.database, cast.organization_a, [*made, *failed])
    at = open_as(cast.mona, ANALYTICS, range="7-days")
    label = next(label for label, count in stack(at, "usage-failures")["Other reasons"].items() if count)
    click(at, "usage-failures", label, "Other reasons")
    assert headings(at) == ["Failed calls"]
    assert sorted(table(at, "Result")) == ["✕ Not reachable", "✕ Stalled"]
    assert "all but Credit used up, Rate limit, Refused key and 2 more" in shown(at)


@pytest.mark.parametrize("nonsense", ["model:nobody", "color:red", "project:x", ":", "model:a:\0"])
def test_all_but_what_is_none_is_as_if_it_were_not_there(
    open_as: OpenAs, cast: Cast, used: list[UUID], nonsense: str
) -> None:
    whole = open_as(cast.mona, ANALYTICS, range="7-days", calls=1)
    at = open_as(cast.mona, ANALYTICS, range="7-days", calls=1, but=nonsense)
    assert not at.exception
    assert table(at, "Model") == table(whole, "Model") != []


def test_stranger_who_guesses_learns_no_name_of_what_is_left_out(open_as: OpenAs, cast: Cast, used: list[UUID]) -> None:
    at = open_as(cast.charlie, ANALYTICS, calls=1, but=f"project:{used[0]}")
    assert table(at, "Model") == ["hidden-model"]
    assert "Market scans" not in shown(at)


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
