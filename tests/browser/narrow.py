"""Windows between a phone and a desk: no word is written a few letters a line, with the sidebar and without."""

from typing import Final

from playwright.sync_api import Page, ViewportSize

from tests.browser import acts

#: At 700 pixels Streamlit folds the sidebar away by itself; at the others it stands beside the page.
WINDOWS: Final[tuple[ViewportSize, ...]] = tuple({"width": width, "height": 900} for width in (700, 780, 1000))
#: In letters: what is longer, as an address, may be broken anywhere; what is no word at all, as an id, too.
LONGEST: Final = 14
#: The words of the page that are on two lines or more, each with where it stands; and figures that are cut.
BROKEN: Final = """(longest) => {
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
    """What of the page as it stands is broken or cut, in each of these windows; the last one is left to it."""
    found = list[str]()
    for window in WINDOWS:
        page.set_viewport_size(window)
        acts.settle(page)
        found += [f"{window['width']}: {each}" for each in page.evaluate(BROKEN, LONGEST)]
    return found
