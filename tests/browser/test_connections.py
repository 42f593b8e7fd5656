"""An admin pastes a key, tests the connection and launches a run with it, in a real browser."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from llmock.testing import LLMockServer
from playwright.sync_api import Page, expect

from lib.identity.cookie import session_cookie_name
from lib.ui import words
from tests.browser import acts
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_template
from tests.own_endpoint import KEY, llm
from tests.records import row
from tests.workers import Workers, endpoint, workers

__all__ = ["endpoint", "llm", "workers"]

#: The endpoint is there, and let through, before the server is started, which writes down all it can.
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.usefixtures("llm", "_logs_everything")]


@pytest.fixture
def _logs_everything(llm: LLMockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_LOG_LEVEL", "DEBUG")


def test_pasted_key_is_tested_and_answers_a_run(
    *,
    llm: LLMockServer,
    installation: Installation,
    workers: Workers,
    server: str,
    cast: Cast,
    page: Page,
    tmp_path: Path,
) -> None:
    phases = {"phases": [{"code": "a", "name": "Ideation", "prompt": "Ideas for {{ topic }}"}]}
    make_template(installation.database, cast.alice, data=phases, status="published")
    make_project(installation.database, cast.alice)
    workers.start()
    page.context.add_cookies([{"name": session_cookie_name(), "value": cast.secret_of(cast.alice), "url": server}])
    page.goto(f"{server}/connections")
    acts.settle(page)
    _add(page, llm.base_url())
    _test(page)

    page.goto(f"{server}/launch")
    acts.settle(page)
    expect(page.get_by_label("Model", exact=True)).to_have_value("Default: gpt-4o-mini · Acme models")
    page.get_by_role("button", name=re.compile("^Launch ")).click()
    expect(page.get_by_text("1 of 1 phase")).to_be_visible()
    used = row(installation, "SELECT provider, model, cost_usd, prompt_tokens, completion_tokens FROM api_usage "
               "WHERE run_id IS NOT NULL")  # fmt: skip
    assert (used["provider"], used["model"]) == ("acme-models", "gpt-4o-mini")
    assert used["cost_usd"] == Decimal(1000 * used["prompt_tokens"] + 2000 * used["completion_tokens"]) / 1_000_000
    expect(page.get_by_text(words.money(used["cost_usd"])).first).to_be_visible()
    page.get_by_text("Ideation").last.click()
    expect(page.get_by_text("acme-models:gpt-4o-mini").first).to_be_visible()
    assert KEY not in page.content()
    for log in (tmp_path / "web.log", workers.log):
        assert KEY not in log.read_text()


def _add(page: Page, url: str) -> None:
    page.get_by_role("button", name="Add the first connection").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Vendor").click()
    page.get_by_role("option", name="OpenAI-compatible").click()
    acts.settle(page)  # the form of that vendor
    dialog.get_by_role("textbox", name="Name", exact=True).fill("Acme models")
    dialog.get_by_role("textbox", name="Base URL").fill(url)
    dialog.get_by_role("textbox", name="Key", exact=True).focus()
    page.keyboard.insert_text(KEY)  # as it is pasted, and left by keyboard
    page.keyboard.press("Tab")
    models = dialog.get_by_role("combobox", name="Models")
    models.fill("gpt-4o-mini")
    models.press("Enter")
    models.press("Tab")  # closes the list of options, which covers what is below
    dialog.get_by_text("Own prices").click()
    acts.settle(page)
    dialog.get_by_role("spinbutton", name="Input (US dollars").fill("1000")
    dialog.get_by_role("spinbutton", name="Output (US dollars").fill("2000")
    dialog.get_by_role("button", name="Add connection").click()
    expect(page.get_by_text("Not tested yet")).to_be_visible()
    expect(page.get_by_text("key …4860")).to_be_visible()
    assert KEY not in page.content()


def _test(page: Page) -> None:
    page.get_by_role("button", name="Test", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Ask it").click()
    expect(dialog.get_by_text("gpt-4o-mini answered.")).to_be_visible()
    dialog.get_by_role("button", name="Close").last.click()
    expect(page.get_by_text(re.compile("Working$")).first).to_be_visible()
