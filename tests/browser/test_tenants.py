"""The main job with an HTTP endpoint as the model, and what the people of another organization see of it: nothing."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from llmock.scenarios import Delay, Match
from llmock.testing import LLMockServer
from playwright.sync_api import Page, expect

from lib.access.actor import Actor
from lib.db.logins import Login
from lib.identity.cookie import session_cookie_name
from lib.maintenance.upgrade import publish_builtin_templates
from lib.projects.service import ProjectEntry, create_project
from lib.runs.launch import LaunchRequest, launch_run
from lib.runs.service import watch_run
from lib.templates.builtin import FIRST
from lib.templates.gallery import list_template_choices
from tests.cast import Cast
from tests.conftest import Installation
from tests.workers import MODEL, Workers, endpoint, workers

__all__ = ["endpoint", "workers"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SECRET = "An umbrella that folds into a walking stick"


@pytest.fixture
def project_id(installation: Installation, cast: Cast, workers: Workers) -> UUID:
    """A project of alice's with a topic that nobody else may read, the built-in template, a worker."""
    publish_builtin_templates(installation.database.url(Login.OWNER))
    workers.start()
    return create_project(cast.alice, ProjectEntry(name="Umbrella", topic=SECRET))


def _enter(page: Page, server: str, cast: Cast, actor: Actor) -> None:
    cookie = {"name": session_cookie_name(), "value": cast.secret_of(actor), "url": server}
    page.context.add_cookies([cookie])


@pytest.mark.timeout(300)
def test_run_of_one_organization_is_nothing_to_another(
    endpoint: LLMockServer, project_id: UUID, cast: Cast, server: str, open_page: Callable[..., Page]
) -> None:
    alice, charlie = open_page(), open_page()
    _enter(alice, server, cast, cast.alice)
    alice.goto(f"{server}/launch?project={project_id}")
    expect(alice.get_by_text(f"Topic: {SECRET}").or_(alice.get_by_text(SECRET)).first).to_be_visible()
    alice.get_by_role("button", name="Launch", exact=False).last.click()
    expect(alice.get_by_text("7 of 7 phases")).to_be_visible(timeout=90_000)

    _enter(charlie, server, cast, cast.charlie)
    for path, said in (
        ("/", "First steps"),
        ("/runs", "No runs yet"),  # tables are drawn on a canvas: that there is none says more than what it holds
        ("/projects", "No projects yet"),
        ("/launch", "There is no active project yet"),
    ):
        charlie.goto(server + path)
        expect(charlie.get_by_text("Borealis").first).to_be_visible()
        expect(charlie.get_by_role("heading", name=said)).to_be_visible()
        charlie.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        assert SECRET not in charlie.content()
        assert "Umbrella" not in charlie.content()
    for url in (alice.url, f"{server}/project?project={project_id}"):
        charlie.goto(url)
        expect(charlie.get_by_text("Not found")).to_be_visible()
        assert SECRET not in charlie.content()


@pytest.mark.timeout(200)
def test_run_is_cancelled_in_the_browser(
    endpoint: LLMockServer, project_id: UUID, cast: Cast, server: str, page: Page
) -> None:
    endpoint.state.scenarios.add(Delay(seconds=60, times=None, match=Match(path="*completions")))
    template = next(choice for choice in list_template_choices(cast.alice) if choice.name == FIRST)
    request = LaunchRequest(project_id=project_id, template_id=template.id, model=MODEL)
    with ThreadPoolExecutor(1) as thread:  # Playwright's event loop runs in this one
        run_id = thread.submit(launch_run, cast.alice, request).result()
    _enter(page, server, cast, cast.alice)
    page.goto(f"{server}/run?run={run_id}")
    expect(page.get_by_text(re.compile("Running$")).first).to_be_visible()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("button", name="Cancel the run").click()
    expect(page.get_by_text(re.compile("Cancelled$")).first).to_be_visible()
    assert watch_run(cast.alice, run_id).summary.status == "cancelled"
