"""Windows between a phone and a desk: no word is written a few letters a line, with the sidebar and without."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize

from lib.ui.navigation import PAGES
from tests.browser import acts, subjects
from tests.browser.conftest import Dashboard
from tests.browser.scene import Scene, scene, unclaimed

__all__ = ["scene", "unclaimed"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: At 700 pixels Streamlit folds the sidebar away by itself; at the others it stands beside the page.
WINDOWS: tuple[ViewportSize, ...] = tuple({"width": width, "height": 900} for width in (700, 780, 1000))
#: In letters: what is longer, as an address, may be broken anywhere; what is no word at all, as an id, too.
LONGEST = 14
#: The words of the page that are on two lines or more, each with where it stands; and figures that are cut.
BROKEN = """(longest) => {
    const found = [];
    const main = document.querySelector("[data-testid=stMainBlockContainer]");
    const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    while (walker.nextNode()) {
        const node = walker.currentNode, parent = node.parentElement;
        // what is for the ear, or for whoever comes by the Tab key, has no room of its own
        if (!parent.checkVisibility({checkVisibilityCSS: true}) || parent.closest(".ao-sr, [class*=by-key-]")) continue;
        for (const word of node.data.matchAll(/(?<!\\S)\\p{L}{2,}(?=[.,:;]?(?!\\S))/gu)) {
            if (word[0].length > longest) continue;
            range.setStart(node, word.index);
            range.setEnd(node, word.index + word[0].length);
            const parts = [...range.getClientRects()].filter((one) => one.width > 1);
            if (new Set(parts.map((one) => Math.round(one.top))).size > 1)
                found.push(`${word[0]} in “${node.data.trim().slice(0, 40)}”`);
        }
    }
    for (const cut of main.querySelectorAll("[data-testid=stMetricValue], [data-testid=stMetricValue] *"))
        if (cut.scrollWidth > cut.clientWidth + 1 && cut.clientWidth) found.push(`${cut.textContent} is cut`);
    return found;
}"""


def broken(page: Page) -> list[str]:
    found: list[Any] = page.evaluate(BROKEN, LONGEST)
    return [str(each) for each in found]


@pytest.mark.timeout(600)
def test_no_column_is_narrower_than_its_words(
    dashboard: Dashboard, scene: Scene, unclaimed: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(viewport=WINDOWS[-1])
    names = {entry.url_path for entry in PAGES}
    found, looked = list[str](), 0
    mine = [one for one in subjects.subjects(dashboard, scene, unclaimed) if one.name in names]
    for subject in subjects.walk(page, mine, dashboard):
        for window in WINDOWS:
            page.set_viewport_size(window)
            acts.settle(page)
            looked += 1
            if words := broken(page):
                found += [f"{subject.name}, {window['width']}: {each}" for each in words]
    assert looked == len(PAGES) * len(WINDOWS)
    assert not found, "\n".join(found)
