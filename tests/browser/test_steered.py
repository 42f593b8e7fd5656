"""A run that its plan steers, in a real browser: what is skipped and what waits shows by itself, with its reason."""

import pytest
from playwright.sync_api import Page, expect

from lib.identity.cookie import session_cookie_name
from tests import doors
from tests.browser.conftest import Dashboard
from tests.factories import make_connection, make_project
from tests.made_runs import answer, make_run, open_run

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DATA = {
    "phases": [
        {"code": "Sort", "name": "Sort", "prompt": "x"},
        {"code": "Alert", "name": "Alert", "prompt": "x", "condition": "phases['Sort'].response == '<i>'"},
        {"code": "Answers", "name": "Answers", "prompt": "x", "depends_on": ["Sort"]},
    ]
}
WHY = "Skipped, because its condition is not true: phases['Sort'].response == '<i>'"


def test_skip_and_wait_show_by_themselves_with_their_reasons(dashboard: Dashboard, page: Page) -> None:
    database, alice = dashboard.database, dashboard.cast.alice
    make_connection(database, alice, slug="narrow", requests_per_minute=1)
    with doors.person(database, alice) as connection:
        assert connection.execute("SELECT api.take_turn('narrow')").fetchone() == (0,)
    run = make_run(database, alice, project_id=make_project(database, alice, name="Steered"), data=DATA)
    held = open_run(database, alice.organization_id, run.id)
    begin = {"depends_on": [], "attempt": 1, "model": "local:smollm2-135m", "prompt": "x"}
    held.advance(begin=[begin | {"code": "Sort", "name": "Sort", "position": 0}])
    secret = dashboard.cast.secret_of(alice)
    page.context.add_cookies([{"name": session_cookie_name(), "value": secret, "url": dashboard.url}])
    page.goto(f"{dashboard.url}/run?run={run.id}")
    expect(page.get_by_text("0 of 3 phases")).to_be_visible()
    held.advance(
        finish=[answer(run.phases["Sort"])],
        skip=[{"code": "Alert", "error": {"kind": "condition", "message": WHY}}],
        begin=[begin | {"code": "Answers", "name": "Answers", "position": 2, "model": "narrow:m"}],
    )
    timeline = page.locator(".ao-gantt")
    expect(timeline).to_contain_text(WHY)
    expect(timeline).to_contain_text("Waits for the limit of “Acme models”: 1 a minute.")
    expect(page.get_by_text("1 of 2 phases")).to_be_visible()
    page.get_by_text("· its condition is not true").click()
    expect(page.get_by_text(WHY).last).to_be_visible()
