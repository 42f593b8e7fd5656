"""The only worker of an installation is gone: the page of a run says so, until another one is there."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from llmock.scenarios import Delay, Match
from llmock.testing import LLMockServer
from playwright.sync_api import Page, expect

from lib.identity.cookie import session_cookie_name
from tests.browser.conftest import chromium, open_page, problems, server
from tests.engine.conftest import Bench, bench, chain
from tests.workers import Workers, endpoint, until, workers

__all__ = ["bench", "chromium", "endpoint", "open_page", "problems", "server", "workers"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_page_says_that_no_worker_is_running_until_one_is(
    bench: Bench, workers: Workers, endpoint: LLMockServer, server: str, open_page: Callable[..., Page]
) -> None:
    endpoint.state.scenarios.add(Delay(600, match=Match(path="*completions")))
    workers.start("first")
    with ThreadPoolExecutor(1) as thread:  # in this one Playwright has an event loop running
        run_id = thread.submit(bench.launch, chain("a", "b")).result()
    until(lambda: endpoint.state.journal.in_flight == 1)
    page = open_page()
    cookie = {"name": session_cookie_name(), "value": bench.cast.secret_of(bench.cast.alice), "url": server}
    page.context.add_cookies([cookie])
    page.goto(f"{server}/run?run={run_id}")
    expect(page.get_by_text("0 of 2 phases").first).to_be_visible()
    notice = page.get_by_text("No worker is running")
    expect(notice).to_have_count(0)

    workers.kill("first")
    expect(notice).to_be_visible()
    workers.start("second")
    expect(notice).to_have_count(0)
    expect(page.get_by_text("2 of 2 phases").first).to_be_visible()
    assert bench.statuses(run_id) == {"a": ["failed", "completed"], "b": ["completed"]}
