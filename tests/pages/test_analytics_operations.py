"""Analytics of operations: what runs had carried out, apart from the calls to models."""

from datetime import timedelta
from uuid import UUID

import pytest

from lib import clock
from lib.ui import words
from lib.ui.navigation import ANALYTICS
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_usage import make_calls, roll_up
from tests.pages.conftest import OpenAs
from tests.pages.reading import headings, press, shown, table
from tests.pages.used import call, figure, metrics, open_filter, projects, raw, stack, used
from tests.records import rows

__all__ = ["projects", "used"]

OF_NO_MODEL = {"provider": None, "model": None, "prompt_tokens": None, "completion_tokens": None, "cost_usd": 0}
REQUEST, FILE = "http.request", "artifact.write"


@pytest.fixture
def operated(installation: Installation, cast: Cast, used: list[UUID]) -> list[UUID]:
    """Operations of the last forty days beside the calls to models; every fifth request failed."""
    scans, patents = used
    calls = [
        call(cast, scans, days_ago=ago + 0.1, endpoint=REQUEST, response_time_ms=300 + ago, **OF_NO_MODEL)
        | ({"error_kind": "timeout"} if ago % 5 == 0 else {})
        for ago in range(40)
    ]
    calls += [call(cast, patents, days_ago=ago, endpoint=FILE, **OF_NO_MODEL) for ago in range(0, 40, 4)]
    make_calls(installation.database, cast.organization_a, calls)
    roll_up(installation.database)
    make_calls(installation.database, cast.organization_a, [call(cast, scans, endpoint=REQUEST, **OF_NO_MODEL)])
    return used


def test_numbers_and_bars_are_those_of_the_rows(
    open_as: OpenAs, cast: Cast, installation: Installation, operated: list[UUID]
) -> None:
    at = open_as(cast.mona, ANALYTICS, of="operations", range="30-days")
    today = clock.now().date()
    first = today - timedelta(days=29)
    real = raw(installation, cast, first=first, last=today, of="provider IS NULL")
    found = metrics(at)
    assert [*found] == ["Calls", "Failed calls", "Latency, median"], "what has no price and no tokens"
    assert found["Calls"][0] == words.number(real["calls"])
    assert found["Failed calls"][0] == words.share(real["failed"] / real["calls"], digits=1)
    bars = stack(at)
    assert set(bars) == {"Call an address", "Write a file"}
    for ago in range(1, 30):
        day = today - timedelta(days=ago)
        of_day = raw(installation, cast, first=day, last=day, of=f"endpoint = '{REQUEST}'")
        assert bars["Call an address"][f"{day.day} {day:%b}"] == of_day["calls"]
    (top,) = figure(at, "usage-top")["data"]
    by_project = rows(
        installation,
        "SELECT count(*) AS n FROM api_usage WHERE organization_id = %s AND created_at >= %s AND provider IS NULL "
        "GROUP BY project_id ORDER BY 1",
        cast.organization_a,
        first,
    )
    assert top["x"] == [row["n"] for row in by_project]
    over = raw(installation, cast, first=first, last=today - timedelta(days=1), of="provider IS NULL")
    (failures,) = stack(at, "usage-failures").values()
    assert sum(failures.values()) == over["failed"], "of days that are over"
    with pytest.raises(KeyError):
        figure(at, "usage-forecast")


def test_calls_to_models_are_apart_from_them(
    open_as: OpenAs, cast: Cast, installation: Installation, operated: list[UUID]
) -> None:
    at = open_as(cast.mona, ANALYTICS, range="30-days")
    first, today = clock.now().date() - timedelta(days=29), clock.now().date()
    real = raw(installation, cast, first=first, last=today, of="provider IS NOT NULL")
    assert metrics(at)["Failed calls"][0] == words.share(real["failed"] / real["calls"], digits=1)
    assert "Call an address" not in shown(at)


def test_switch_keeps_the_filters_that_both_have(open_as: OpenAs, cast: Cast, operated: list[UUID]) -> None:
    asked = {
        "range": "30-days",
        "project": str(operated[0]),
        "model": "openai:gpt-4.1",
        "measure": "cost",
        "by": "model",
    }
    at = open_as(cast.mona, ANALYTICS, **asked)
    at.segmented_control(key="usage-of").set_value("operations").run()
    assert dict(at.query_params) == {"of": "operations", "range": "30-days", "project": str(operated[0])}
    assert set(stack(at)) == {"Call an address"}
    assert not at.exception
    at.segmented_control(key="usage-of").set_value("models").run()
    assert "of" not in at.query_params
    assert "Cost" in metrics(at)


def test_what_only_models_have_is_left_out_and_said(open_as: OpenAs, cast: Cast, operated: list[UUID]) -> None:
    at = open_as(cast.mona, ANALYTICS, of="operations", measure="cost", by="model", top="model")
    assert "left out: Measure, Stacked by, List of" in shown(at)
    assert not at.exception
    assert "left out: Which calls" in shown(open_as(cast.mona, ANALYTICS, of="everything"))


def test_calls_behind_a_bar_say_which_operation_it_was(open_as: OpenAs, cast: Cast, operated: list[UUID]) -> None:
    at = open_as(cast.mona, ANALYTICS, of="operations", range="30-days", calls="1", only=f"endpoint:{FILE}")
    (table,) = at.dataframe
    assert set(table.value["Operation"]) == {"Write a file"}
    assert not {"Model", "Tokens", "Cost"} & set(table.value.columns)


def test_filter_offers_no_model_and_names_operations(open_as: OpenAs, cast: Cast, operated: list[UUID]) -> None:
    at = open_filter(open_as(cast.mona, ANALYTICS, of="operations", range="30-days"), "endpoint")
    assert at.multiselect(key="usage-endpoint").options == ["Call an address", "Write a file"]
    at.multiselect(key="usage-endpoint").set_value([FILE]).run()
    assert at.query_params["endpoint"] == FILE
    assert set(stack(at)) == {"Write a file"}


@pytest.mark.parametrize("who", ["mona", "charlie"])
def test_switch_is_there_for_whose_runs_have_operations(
    open_as: OpenAs, cast: Cast, operated: list[UUID], who: str
) -> None:
    keys = [each.key for each in open_as(getattr(cast, who), ANALYTICS).segmented_control]
    assert ("usage-of" in keys) == (who == "mona")


def test_organization_without_operations_is_told_what_they_are(
    open_as: OpenAs, cast: Cast, operated: list[UUID]
) -> None:
    at = open_as(cast.charlie, ANALYTICS, of="operations", range="30-days")
    assert headings(at) == ["Analytics", "No operations yet"]
    assert not at.metric
    assert "usage-of" in [each.key for each in at.segmented_control], "there is a way back"
    press(at, "Show model calls")
    assert dict(at.query_params) == {"range": "30-days"}
    assert metrics(at)["Cost"][0] == "$999.00"


@pytest.mark.parametrize(("kind", "said"), [("refused", "Barred address"), ("status", "Receiver refused")])
def test_failure_is_said_in_words_of_operations(
    *, open_as: OpenAs, cast: Cast, installation: Installation, projects: list[UUID], kind: str, said: str
) -> None:
    failed = call(cast, projects[0], endpoint=REQUEST, error_kind=kind, **OF_NO_MODEL)
    make_calls(installation.database, cast.organization_a, [failed])
    roll_up(installation.database)
    at = open_as(cast.mona, ANALYTICS, of="operations", range="7-days")
    assert set(stack(at, "usage-failures")) == {said}
    at = open_as(cast.mona, ANALYTICS, of="operations", range="7-days", calls="1", only=f"error:{kind}")
    assert said in shown(at)
    assert table(at, "Result") == [f"✕ {said}"]


def test_time_without_operations_says_so(open_as: OpenAs, cast: Cast, operated: list[UUID]) -> None:
    day = {"from": "2026-01-05", "to": "2026-01-05"}
    at = open_as(cast.mona, ANALYTICS, of="operations", range="custom", **day)
    assert "No calls in this time" in headings(at)
