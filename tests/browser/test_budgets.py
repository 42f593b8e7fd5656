"""A budget in a real browser: it is added, a run stops at it and says so, it is raised, and the run goes on."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from llmock.scenarios import Match, Reply
from llmock.testing import LLMockServer
from playwright.sync_api import Page, expect

from lib.connections.service import create_connection
from lib.runs.launch import LaunchRequest, launch_run
from tests.browser import acts
from tests.browser.test_reviews import sign_in
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_template
from tests.own_endpoint import entry_for
from tests.own_endpoint import llm as own
from tests.records import row
from tests.workers import Workers, endpoint, workers

__all__ = ["endpoint", "own", "workers"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_run_stops_at_a_budget_and_goes_on_once_it_is_raised(
    *,
    own: LLMockServer,
    installation: Installation,
    workers: Workers,
    server: str,
    cast: Cast,
    open_page: Callable[..., Page],
) -> None:
    own.state.scenarios.add(Reply(text="Fold it twice.", match=Match(path="*completions")))
    priced = {"pricing": "entered", "input_usd_per_million": 1000, "output_usd_per_million": 3000}
    create_connection(cast.alice, entry_for(own, models=["gpt-4o"], **priced), slug="acme-llm")
    phases = [{"code": code, "name": code.title(), "prompt": "{{ topic }}"} for code in ("draft", "check")]
    template_id = make_template(installation.database, cast.alice, data={"phases": phases}, status="published")
    project_id = make_project(installation.database, cast.max)

    managing = sign_in(open_page(), cast, cast.mona, server, "/budgets")
    managing.get_by_role("button", name="Add the first budget").click()
    dialog = managing.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Autumn")
    dialog.get_by_label("Limit (US dollars)").fill("0.01")
    dialog.get_by_text("Let nothing begin once it is used up").click()
    acts.settle(managing)
    dialog.get_by_role("button", name="Add it").click()
    expect(managing.get_by_text("0 % used, $0.01 left")).to_be_visible()

    workers.start()
    request = LaunchRequest(project_id=project_id, template_id=template_id, model="acme-llm:gpt-4o")
    with ThreadPoolExecutor(1) as beside:  # the browser has an event loop in this thread
        run_id = beside.submit(launch_run, cast.max, request).result()
    watching = sign_in(open_page(), cast, cast.max, server, f"/run?run={run_id}")
    expect(watching.get_by_text("“Autumn”, the organization's budget, is used up this month").first).to_be_visible()
    expect(watching.get_by_text("Alice or Mona can raise it.")).to_be_visible()
    assert len(own.state.journal.records()) > 0

    managing.reload()
    expect(managing.get_by_text("Used up").first).to_be_visible()
    managing.get_by_role("button", name="Raise").first.click()
    dialog = managing.get_by_role("dialog")
    dialog.get_by_label("More (US dollars)").fill("5")
    dialog.get_by_label("Reason").fill("The fair")
    acts.settle(managing)
    dialog.get_by_role("button", name="Raise it").click()
    expect(managing.get_by_text("Raised by $5.00 by Mona: The fair.")).to_be_visible()
    expect(watching.get_by_text("2 of 2 phases").first).to_be_visible()
    cost = row(installation, "SELECT cost_usd FROM orchestration_runs WHERE id = %s", run_id)["cost_usd"]
    assert row(installation, "SELECT spent_usd FROM budget_periods")["spent_usd"] == cost > Decimal("0.01")
