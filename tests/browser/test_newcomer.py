"""The newcomer's way, from the printed link to seven phases of the real local model, and back by a deep link."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from lib.config import ROOT
from lib.providers.local_process import find_weights

pytestmark = [
    pytest.mark.browser,
    pytest.mark.model,
    pytest.mark.slow,
    pytest.mark.skipif(find_weights() is None, reason="the tiny local demo model is not installed"),
]

PASSWORD = "correct horse battery staple"
#: A phase takes some seconds, and some more where four tests share two cores.
RUN_MS = 150_000


@pytest.fixture
def set_up_link(open_folder: Path) -> Iterator[str]:
    """`orchestrator up` on an empty data folder and a free port; what it prints for the first person."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("ORCHESTRATOR_")}
    settings = {"ORCHESTRATOR_DATA_DIR": str(open_folder / "data"), "ORCHESTRATOR_PORT": "0"}
    process = subprocess.Popen(
        [sys.executable, "-m", "lib.cli", "up"],
        cwd=ROOT,
        env=known | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if link := re.search(r"http\S+/set-up\?token=\S+", line):
                break
        else:
            pytest.fail(f"it did not start: {said}")
        yield link[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


@pytest.mark.timeout(400)
def test_newcomer_watches_a_real_model_write_seven_phases(set_up_link: str, page: Page) -> None:
    url = set_up_link.partition("/set-up")[0]
    page.goto(set_up_link)
    _set_up(page)
    _sign_in(page)
    _create_project(page)
    run_url = _launch_and_watch(page)

    page.get_by_role("button", name="Nora New").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()

    page.goto(run_url)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_text("Ideation")).to_have_count(0)
    page.get_by_label("E-mail or user name").fill("nora")
    _sign_in(page)
    expect(page.get_by_text("7 of 7 phases")).to_be_visible()
    assert page.url == run_url
    assert run_url.startswith(f"{url}/run?run=")


def _set_up(page: Page) -> None:
    for label, value in {
        "Organization name": "Northwind Research",
        "Full name": "Nora New",
        "E-mail": "nora@northwind.example",
        "User name": "nora",
        "Password": PASSWORD,
        "Password again": PASSWORD,
    }.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_label("E-mail or user name")).to_have_value("nora@northwind.example")


def _sign_in(page: Page) -> None:
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()


def _create_project(page: Page) -> None:
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.get_by_role("button", name="Create", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Bicycle repair at home")
    page.get_by_role("textbox", name="Topic").fill("A subscription service for repairing bicycles at home")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("heading", name="Bicycle repair at home")).to_be_visible()


def _launch_and_watch(page: Page) -> str:
    page.get_by_role("button", name="Launch the first run").click()
    expect(page.get_by_label("Model")).to_have_value(re.compile("tiny local demo model: weak answers"))
    expect(page.locator("code").first).to_contain_text("Topic: A subscription service for repairing bicycles at home")
    page.get_by_role("button", name=re.compile("^Launch ")).click()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(page.get_by_text("7 of 7 phases")).to_be_visible(timeout=RUN_MS)
    expect(page.get_by_text(re.compile("Completed$")).first).to_be_visible()
    page.get_by_text("Ideation").last.click()
    expect(page.get_by_text("local:smollm2-135m · attempt 1").first).to_be_visible()
    return page.url
