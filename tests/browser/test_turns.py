"""A run that waits for its turn, in a browser: it is made the next one, and its page notices when its turn has come."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from lib.identity.cookie import session_cookie_name
from lib.runs.service import cancel_run
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_runs import open_run
from tests.waiting_runs import admitted, line_up, set_limit

pytestmark = pytest.mark.browser


def test_waiting_run_is_made_the_next_one_and_its_page_sees_it_begin(
    server: str, installation: Installation, cast: Cast, open_page: Callable[..., Page]
) -> None:
    set_limit(installation, cast.organization_a, "1")
    line = line_up(installation, cast.max, make_project(installation.database, cast.max), 3)
    page = open_page()
    secret = cast.secret_of(cast.max)
    page.context.add_cookies([{"name": session_cookie_name(), "value": secret, "url": server}])
    page.goto(f"{server}/run?run={line[2].id}")
    said = "Waits for its turn: 1 of 1 run of the organization is running."
    expect(page.get_by_text(f"{said} It is number 2 in the line.")).to_be_visible()
    page.get_by_role("combobox", name="Priority").click()
    page.get_by_role("option", name="Urgent").click()
    expect(page.get_by_text("The priority is urgent now.")).to_be_visible()
    expect(page.get_by_text(f"{said} It is the next one.")).to_be_visible()
    cancel_run(cast.max, line[0].id)
    assert admitted(installation, line) == [2]
    open_run(installation.database, cast.organization_a, line[2].id)
    expect(page.get_by_text(said)).to_be_hidden(timeout=20_000)
    expect(page.get_by_role("combobox", name="Priority")).to_be_hidden()
