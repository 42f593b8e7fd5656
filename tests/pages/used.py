"""Usage of the last seventy days, and what the page of analytics shows of it."""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from plotly.graph_objects import Figure
from streamlit.testing.v1 import AppTest

from lib import clock
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_usage import make_calls, roll_up
from tests.records import rows


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


def open_filter(at: AppTest, by: str) -> AppTest:
    """The popover of a filter, as it is once somebody has opened it."""
    at.session_state[f"usage-filter-{by}"] = True
    return at.run()


def figure(at: AppTest, key: str) -> dict[str, Any]:
    """The chart of that key, as Plotly gets it: one that it finds nothing wrong with."""
    for each in at.get("plotly_chart"):
        if f"-{key}" in each.proto.id:
            found: dict[str, Any] = json.loads(each.proto.spec)
            Figure(found)
            return found
    raise KeyError(key)


def click(at: AppTest, key: str, label: str, name: str) -> None:
    """Press the part of a chart's bar that is called so, as a pointer does: AppTest has none for charts."""
    (chart,) = (each for each in at.get("plotly_chart") if f"-{key}" in each.proto.id)
    curve = next(number for number, each in enumerate(figure(at, key)["data"]) if each["name"] == name)
    chosen = {"selection": {"points": [{"curve_number": curve, "x": label}]}}
    states = at._tree.get_widget_states()
    states.widgets.add(id=chart.proto.id, string_value=json.dumps(chosen))
    at._run(states)
    assert not at.exception


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
