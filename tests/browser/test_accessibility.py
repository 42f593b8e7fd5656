"""axe-core over every page in every state: full in light and dark and on a phone, and there in windows between.

Empty pages have the same few parts, so a third of them is looked at in each of these. What a question or a refusal adds
to a page is looked at on a desk alone, without the sidebar beside it, one half of all in the light and the other in the
dark: all looks at each of them would take minutes more.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, ViewportSize

from lib.ui.navigation import PAGES
from tests.browser import acts, narrow, subjects
from tests.browser.conftest import Dashboard
from tests.browser.scene import Scene, scene, unclaimed
from tests.browser.subjects import Subject

__all__ = ["scene", "unclaimed"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
GROUNDS = {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 17, 21)"}
COLOURS = "color-contrast"
#: A colour scheme and a size, with the options of `axe.run`.
Look = tuple[Literal["light", "dark"], ViewportSize, str, dict[str, Any]]
#: In the dark nothing but colours differs, and on a phone everything else.
LOOKS: tuple[Look, ...] = (
    ("light", DESK, "desk", {}),
    ("dark", DESK, "desk", {"runOnly": [COLOURS]}),
    ("light", PHONE, "phone", {"rules": {COLOURS: {"enabled": False}}}),
)
#: Of each state, the looks of its first subjects, of those after them, and so on.
PARTS: dict[str, tuple[tuple[Look, ...], ...]] = {"full": (LOOKS,), "empty": tuple((look,) for look in LOOKS)}
HALVES: tuple[tuple[Look, ...], ...] = ((("light", DESK, "desk", {}),), (("dark", DESK, "desk", {}),))
#: The parts of this test, of a minute or two each: a long one that begins last is waited for. In each of the others
#: pages take turns, so that one leads to the other by a link.
OTHERS = ("other, 1 of 3", "other, 2 of 3", "other, 3 of 3")
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
_COURSE = "The course beside a figure is Streamlit's drawing; the charts below say the same, and each is a table too."
EXCUSES: tuple[Excuse, ...] = (
    Excuse("list", "[data-testid=stSidebarNavItems]", "overview", _NAVIGATION),
    Excuse("svg-img-alt", "[data-testid=stMetricChart]", "analytics", _COURSE),
    Excuse("listitem", "[data-testid=stSidebarNavItems]", "overview", _NAVIGATION),
)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("state", ["full", "empty", *OTHERS])
def test_no_page_shuts_anybody_out(
    *, state: str, dashboard: Dashboard, scene: Scene, unclaimed: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(viewport=DESK)
    found, unused = list[str](), list[Excuse]()
    pages = {entry.url_path for entry in PAGES}
    everything = subjects.subjects(dashboard, scene, unclaimed)
    assert pages <= {one.name for one in everything}
    mine = subjects.in_turn(_find(state, everything))
    for subject, looks in zip(subjects.walk(page, mine, dashboard), _looks(state, len(mine)), strict=True):
        if subject.name in pages:
            found += [f"{subject.name}, {each}" for each in narrow.broken(page)]
        used = set()
        for where, finding in findings(page, looks):
            used.add(finding["excuse"])
            if finding["excuse"] < 0:
                found.append(f"{subject.name}, {where}: {finding}")
        unused += [excuse for n, excuse in enumerate(EXCUSES) if excuse.seen_on == subject.name and n not in used]
    assert not found, "\n".join(found)
    assert not unused, "Streamlit has mended this: take the excuse away"


def _find(state: str, found: Sequence[Subject]) -> Sequence[Subject]:
    if state in OTHERS:
        return [one for one in found if _state(one) == "other"][OTHERS.index(state) :: len(OTHERS)]
    return [one for one in found if _state(one) == state]


def _state(subject: Subject) -> str:
    state = subject.name.partition("-")[2]
    return {"": "full", "empty": "empty"}.get(state, "other")


def _looks(state: str, count: int) -> Iterator[Sequence[Look]]:
    """How each of so many is looked at."""
    parts = PARTS.get(state, HALVES)
    for number in range(count):
        yield parts[len(parts) * number // count]


def findings(page: Page, looks: Sequence[Look]) -> list[tuple[str, dict[str, Any]]]:
    """What axe finds grave about the page as it stands, in each look; and in the sidebar, where those are all."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = []
    without = [] if looks is LOOKS else ["[data-testid=stSidebar]"]
    for scheme, viewport, size, options in looks:
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.wait_for_function(
            "ground => getComputedStyle(document.querySelector('.stApp')).backgroundColor === ground",
            arg=GROUNDS[scheme],
        )
        acts.settle(page)
        page.evaluate(FADE)
        findings = page.evaluate(ASK, [[[excuse.rule, excuse.selector] for excuse in EXCUSES], without, options])
        found += [(f"{scheme}, {size}", finding) for finding in findings if finding["impact"] in GRAVE]
    page.set_viewport_size(DESK)
    return found
