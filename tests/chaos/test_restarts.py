"""PostgreSQL goes away in the middle of a run and comes back: answers wait for it, and so do pages."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from llmock.scenarios import Delay, Match
from llmock.testing import LLMockServer
from playwright.sync_api import Page, expect

from lib.identity.cookie import session_cookie_name
from tests.browser.conftest import Problems, chromium, open_page, problems
from tests.chaos.conftest import Installed
from tests.made_webhooks import happen, make_endpoint
from tests.receiver import receiving
from tests.supervised import alive, wait_for

__all__ = ["chromium", "open_page", "problems"]

CHAT = Match(path="*completions")
AWAY = "The database does not answer right now. This comes back by itself."
#: Keeps in mind whether these words were ever there.
_WATCH = """() => new MutationObserver(() => {
    window.said = window.said || document.body.innerText.includes("No worker is running")
}).observe(document.body, {subtree: true, childList: true, characterData: true})"""


@contextmanager
def _without_database(installed: Installed, number: signal.Signals) -> Iterator[None]:
    """PostgreSQL is stopped by the signal; when the block ends, `orchestrator up` notices and starts it."""
    postmaster = installed.up.postmaster()
    installed.up.process.send_signal(signal.SIGSTOP)
    try:
        postmaster.send_signal(number)
        wait_for(lambda: alive([postmaster]) == [])
        yield
    finally:
        installed.up.process.send_signal(signal.SIGCONT)


def _template(installed: Installed) -> object:
    return installed.template([{"code": code, "prompt": "{{ topic }}"} for code in ("first", "second")])


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["fast", "immediate"])
def test_answer_that_comes_while_the_database_is_away_is_kept_and_written(
    install: Callable[..., Installed], model: LLMockServer, how: signal.Signals
) -> None:
    installed = install("--workers", "2")
    model.state.scenarios.add(Delay(1.5, match=CHAT))
    installed.launch(_template(installed))
    wait_for(lambda: model.state.journal.in_flight == 1, seconds=60)
    with _without_database(installed, how):
        wait_for(lambda: model.state.journal.in_flight == 0)
    installed.up.read_until("PostgreSQL had died and runs again")
    wait_for(installed.has_ended, seconds=90)
    attempts = installed.rows("SELECT phase_code, attempt, status FROM phase_executions ORDER BY position, attempt")
    assert [tuple(row.values()) for row in attempts] == [("first", 1, "completed"), ("second", 1, "completed")]
    assert len([record for record in model.state.journal.records(wait=5) if "completions" in record.path]) == 2


@pytest.mark.browser
def test_pages_say_that_the_database_is_away_and_come_back_by_themselves(
    install: Callable[..., Installed], model: LLMockServer, open_page: Callable[..., Page], problems: Problems
) -> None:
    problems.provoked.append("503")  # what is being written is asked for all the while
    installed = install()
    model.state.scenarios.add(Delay(600, match=CHAT))
    with ThreadPoolExecutor(1) as thread:  # in this one Playwright has an event loop running
        thread.submit(lambda: installed.launch(_template(installed))).result()
    wait_for(lambda: model.state.journal.in_flight == 1, seconds=60)
    (run,) = installed.rows("SELECT id FROM orchestration_runs")
    url = f"http://localhost:{installed.port}"
    live, other = open_page(), open_page()
    for page, address in ((live, f"{url}/run?run={run['id']}"), (other, f"{url}/runs")):
        secret = installed.cast.secret_of(installed.cast.alice)
        page.context.add_cookies([{"name": session_cookie_name(), "value": secret, "url": url}])
        page.goto(address)
    expect(live.get_by_text("0 of 2 phases").first).to_be_visible()
    expect(other.get_by_role("heading", name="Runs")).to_be_visible()
    live.evaluate(_WATCH)
    with _without_database(installed, signal.SIGINT):
        expect(live.get_by_text(AWAY).first).to_be_visible()
        other.reload()
        expect(other.get_by_role("heading", name="The database does not answer")).to_be_visible()
        expect(other.get_by_text(AWAY)).to_be_visible()
    expect(other.get_by_role("heading", name="Runs")).to_be_visible()
    expect(live.get_by_text(AWAY)).to_have_count(0)
    expect(live.get_by_text("0 of 2 phases").first).to_be_visible()
    assert not live.evaluate("window.said")
    log = (installed.up.folder / "logs" / "web.log").read_text(encoding="utf-8")
    assert "A part of a page could not be drawn: The database does not answer." in log
    assert "Traceback" not in log


def test_event_is_delivered_though_the_database_goes_away_while_it_is_sent(install: Callable[..., Installed]) -> None:
    with receiving() as receiver:
        receiver.answers = ["hang", (200, {}, b"taken")]
        installed = install(ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS=receiver.host)
        make_endpoint(installed.cast.alice, url=f"{receiver.url}/hook")
        happen(installed.cast.alice)
        wait_for(lambda: len(receiver.received) == 1, seconds=60)
        with _without_database(installed, signal.SIGQUIT):
            receiver.stops.set()  # it hangs up while nobody can write that down
        installed.up.read_until("PostgreSQL had died and runs again")
        # due in 15 s, or in 30 s where the worker was ended with the database
        wait_for(lambda: len(receiver.received) == 2, seconds=90)
        assert len({each.headers["webhook-id"] for each in receiver.received}) == 1
        status = "SELECT status FROM webhook_deliveries"
        wait_for(lambda: installed.rows(status) == [{"status": "delivered"}])
