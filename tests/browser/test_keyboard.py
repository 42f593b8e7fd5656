"""The main way by keyboard alone: nothing is clicked, and where one is can be seen."""

import re
from typing import Any

import pytest
from llmock.testing import LLMockServer
from playwright.sync_api import Page, expect

from lib.db.logins import Login
from lib.maintenance.upgrade import publish_builtin_templates
from tests.browser import acts, subjects
from tests.browser.conftest import Dashboard, Problems
from tests.browser.scene import Scene, scene, unclaimed
from tests.cast import PASSWORD, Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.workers import Workers, endpoint, workers

__all__ = ["endpoint", "scene", "unclaimed", "workers"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_MOST_STOPS = 80
#: What shows that an element has the focus: a ring, a line or a ground, of itself or of the field that it stands in.
_LOOK = """(element) => {
  for (const one of document.getAnimations()) if (one instanceof CSSTransition) one.finish();
  const said = [];
  for (let one = element, n = 0; one && n < 5; one = one.parentElement, n++) {
    const style = getComputedStyle(one);
    said.push(style.outlineStyle === "none" ? "" : style.outlineWidth + style.outlineColor, style.boxShadow,
              style.borderColor, style.backgroundColor, style.opacity, style.clipPath, style.transform);
  }
  return said.join("|");
}"""
#: Who has the focus, and what it is called without its icon.
_WHO = """() => {
  const now = document.activeElement, is_body = now === document.body;
  const is_new = !(window.stops ??= new Set()).has(now);
  window.stops.add(now);
  const words = now.cloneNode(true);
  words.querySelectorAll("[data-testid=stIconMaterial]").forEach(icon => icon.remove());
  const names = [now.getAttribute("aria-label"), now.labels?.[0]?.innerText, words.textContent, now.title];
  const name = now.id === "stMain" ? "The page" : names.find(one => one && one.trim()) ?? "";
  return {name: name.trim(), is_new, is_body, is_drawn: Boolean(now.closest("canvas *")),
          html: now.outerHTML.slice(0, 200)};
}"""
#: Whether it would look the same without the focus.
_IS_DIM = f"""async () => {{
  const look = {_LOOK}, now = document.activeElement;
  const drawn = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  await drawn();
  const seen = look(now);
  const dialog = now.closest("[role=dialog]");  // which takes back a focus that goes nowhere
  const other = dialog && [...dialog.querySelectorAll("button, input, textarea")].find(one => one !== now);
  if (other) other.focus(); else now.blur();
  await drawn();
  const is_dim = look(now) === seen;
  now.focus();
  return is_dim;
}}"""


@pytest.fixture
def desk(endpoint: LLMockServer, cast: Cast, installation: Installation, workers: Workers, server: str) -> str:
    """An installation with a project, a model that answers and a worker; its address."""
    database = installation.database
    publish_builtin_templates(database.url(Login.OWNER))
    make_project(database, cast.max)
    workers.start()
    return server


def _step(page: Page) -> dict[str, Any]:
    page.keyboard.press("Tab")
    stop: dict[str, Any] = page.evaluate(_WHO)
    return stop


def _go_to(page: Page, name: str) -> None:
    """Press Tab until the focus stands on what is called this."""
    passed = []
    for _ in range(_MOST_STOPS):
        stop = _step(page)
        if re.search(name, stop["name"]):
            return
        passed.append(stop["name"])
    pytest.fail(f"no Tab leads to {name!r}: {passed}")


def _has_focus(page: Page, selector: str) -> bool:
    return bool(page.evaluate("selector => !!document.activeElement.closest(selector)", selector))


@pytest.mark.timeout(400)
def test_run_is_launched_watched_and_read_by_keyboard(desk: str, page: Page) -> None:
    page.goto(desk)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    acts.settle(page)
    _go_to(page, "E-mail or user name")
    page.keyboard.type("max")
    _go_to(page, "^Password$")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    acts.settle(page)

    _go_to(page, "^Launch$")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What the model will be asked")).to_be_visible()
    acts.settle(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("7 of 7 phases")).to_be_visible(timeout=120_000)
    acts.settle(page)

    _go_to(page, "^1 Ideation")
    page.keyboard.press("Enter")
    expect(page.locator("details[open]", has_text="1 Ideation")).to_be_visible()
    acts.settle(page)
    _go_to(page, "^Answer$")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "() => document.activeElement.matches('[role=tab][aria-selected=true]') "
        "&& document.activeElement.textContent === 'Prompt'"
    )


def test_question_takes_the_focus_and_gives_it_back(dashboard: Dashboard, scene: Scene, page: Page) -> None:
    _open(page, dashboard, scene, "run")
    _go_to(page, "^Cancel$")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Not now")).to_be_visible()
    page.wait_for_function("() => document.activeElement.closest('[role=dialog]')")
    for _ in range(8):
        page.keyboard.press("Tab")
        assert _has_focus(page, "[role=dialog]"), "behind the question nothing is reached"
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.wait_for_function("() => document.activeElement.textContent?.endsWith('Cancel')")


def test_row_of_a_table_is_opened(dashboard: Dashboard, scene: Scene, page: Page) -> None:
    _open(page, dashboard, scene, "runs")
    _go_to(page, "^Open one of: Runs$")
    page.keyboard.type("Patents")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Patents since 2020", level=1)).to_be_visible()


@pytest.mark.parametrize(
    "name", ["overview", "launch", "runs", "run-error", "projects", "project", "account", "sign-in", "run-question"]
)
def test_focus_is_seen_and_has_a_name_at_every_stop(
    *, name: str, dashboard: Dashboard, scene: Scene, page: Page, problems: Problems
) -> None:
    _open(page, dashboard, scene, name)
    page.evaluate("() => { document.activeElement.blur(); window.stops = new Set(); }")
    dim, nameless, stops = [], [], 0
    for _ in range(_MOST_STOPS):
        stop = _step(page)
        if stop["is_body"] or not stop["is_new"]:
            break
        stops += 1
        # the cells of a table are drawn on its canvas, their ring as well
        if not stop["is_drawn"] and all(
            page.evaluate(_IS_DIM) for _ in range(3)
        ):  # a page that draws itself anew may take the focus back
            dim.append(stop["html"])
        if not stop["name"]:
            nameless.append(stop["html"])
    assert stops > 2
    assert not dim, "\n".join(dim)
    assert not nameless, "\n".join(nameless)


def _open(page: Page, dashboard: Dashboard, scene: Scene, name: str) -> None:
    subject = next(one for one in subjects.subjects(dashboard, scene, "") if one.name == name)
    subjects.visit(page, subject, dashboard)
