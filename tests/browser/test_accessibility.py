"""axe-core over every page in every state, light and dark; each page full and empty on a phone as well.

What a question or a refusal adds to a page is looked at on a desk alone, and without the sidebar beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize

from tests.browser import acts, subjects
from tests.browser.conftest import Dashboard
from tests.browser.scene import Scene, scene, unclaimed
from tests.browser.subjects import Subject

__all__ = ["scene", "unclaimed"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
GROUNDS = {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 17, 21)"}
COLOURS = "color-contrast"
#: Each with the options of `axe.run`: in the dark nothing but colours differs, and on a phone everything else.
LOOKS: tuple[tuple[str, ViewportSize, str, dict[str, Any]], ...] = (
    ("light", DESK, "desk", {}),
    ("dark", DESK, "desk", {"runOnly": [COLOURS]}),
    ("light", PHONE, "phone", {"rules": {COLOURS: {"enabled": False}}}),
)
#: The parts of this test, of a minute or two each: a long one that begins last is waited for.
STATES = ("full", "empty", "other, run", "other, template", "other, a to o", "other, p to z")
GRAVE = {"serious", "critical"}
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
#: Asks axe, and for each finding which of our excuses covers it: the first whose selector holds the element.
ASK = """async ([excuses, without, options]) => {
  const asked = {resultTypes: ["violations"], elementRef: true, ...options};
  const {violations} = await axe.run({exclude: without.map(selector => [selector])}, asked);
  return violations.flatMap(({id, impact, help, nodes}) => nodes.map(({element, html, any}) => ({
    id, impact, help, html: html.slice(0, 300), said: any.map(one => one.message).join("; ").slice(0, 300),
    excuse: excuses.findIndex(([rule, selector]) => rule === id && element.closest(selector)),
  })));
}"""


#: Until the colours have gone over into the other look's, and are drawn. Some transitions never end.
FADE = """async () => {
  const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  await drawn();
  const fading = document.getAnimations().filter((one) => one instanceof CSSTransition);
  const patience = new Promise((done) => setTimeout(done, 1000));
  await Promise.race([patience, Promise.allSettled(fading.map((one) => one.finished))]);
  await drawn();
}"""


@dataclass(frozen=True, slots=True)
class Excuse:
    """A finding about what Streamlit draws and we can't; `seen_on` is a page in whose state it occurs."""

    rule: str
    selector: str
    seen_on: str
    reason: str


_NAVIGATION = "Its sections stand inside the list as divs; read aloud, the links are links all the same."
_OPEN = (
    "What is ticked in an open popover keeps its colours when the look is changed beneath it, until it is opened anew."
)
_COURSE = "The course beside a figure is Streamlit's drawing; the charts below say the same, and each is a table too."
EXCUSES: tuple[Excuse, ...] = (
    Excuse("list", "[data-testid=stSidebarNavItems]", "overview", _NAVIGATION),
    Excuse("color-contrast", "[data-testid=stPopoverBody] [data-testid=stCheckbox]", "run-export", _OPEN),
    Excuse("svg-img-alt", "[data-testid=stMetricChart]", "analytics", _COURSE),
    Excuse("listitem", "[data-testid=stSidebarNavItems]", "overview", _NAVIGATION),
)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("state", STATES)
def test_no_page_shuts_anybody_out(
    *, state: str, dashboard: Dashboard, scene: Scene, unclaimed: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(viewport=DESK)
    found, unused = [], []
    for subject in subjects.subjects(dashboard, scene, unclaimed):
        if _state(subject) != state:
            continue
        subjects.visit(page, subject, dashboard)
        used = set()
        for where, finding in findings(page, is_whole=not state.startswith("other")):
            used.add(finding["excuse"])
            if finding["excuse"] < 0:
                found.append(f"{subject.name}, {where}: {finding}")
        unused += [excuse for n, excuse in enumerate(EXCUSES) if excuse.seen_on == subject.name and n not in used]
    assert not found, "\n".join(found)
    assert not unused, "Streamlit has mended this: take the excuse away"


def _state(subject: Subject) -> str:
    page, _, state = subject.name.partition("-")
    if state in {"", "empty"}:
        return state or "full"
    letters = "other, a to o" if page < "p" else "other, p to z"
    return f"other, {page}" if f"other, {page}" in STATES else letters


def findings(page: Page, *, is_whole: bool) -> list[tuple[str, dict[str, Any]]]:
    """What axe finds grave about the page as it stands, in each look; or about what is in it, on a desk."""
    page.evaluate(AXE)
    found = []
    without = [] if is_whole else ["[data-testid=stSidebar]"]
    for scheme, viewport, size, options in LOOKS:
        if viewport is PHONE and not is_whole:
            continue
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type] # it is one
        page.wait_for_function(
            "ground => getComputedStyle(document.querySelector('.stApp')).backgroundColor === ground",
            arg=GROUNDS[scheme],
        )
        acts.settle(page)
        page.evaluate(FADE)
        findings = page.evaluate(ASK, [[[excuse.rule, excuse.selector] for excuse in EXCUSES], without, options])
        found += [(f"{scheme}, {size}", finding) for finding in findings if finding["impact"] in GRAVE]
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="light")
    return found
