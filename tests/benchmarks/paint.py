import json
import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from lib.access.actor import Actor
from lib.identity.cookie import session_cookie_name
from lib.models.run import RunStatus
from lib.runs.queries import RunFilter
from lib.runs.service import list_runs
from lib.ui import navigation
from tests.benchmarks.ground import Ground, web_process
from tests.benchmarks.measuring import Figure
from tests.cast import make_cast
from tests.chromium import launch
from tests.filling import fill_one

Act = Callable[[Page], None]

ROUNDS = 7
PROJECTS, RUNS = 30, 200
MOST_PAINT_MS, MOST_CLICK_MS = 1000, 200

#: Milliseconds without a change after which a page is taken to be complete.
_QUIET_MS = 600
#: Keeps when the page changed last, when something was last pressed, and when what was awaited then stood there, in the
#: page's own clock. A table is a picture: its rows stand there when their words are painted, which no element tells.
_WATCH = """
window.changedAt = 0; window.pressedAt = 0; window.answeredAt = 0; window.isThere = () => false;
const painted = new Set(), fillText = CanvasRenderingContext2D.prototype.fillText;
const note = () => {
    window.changedAt = performance.now();
    if (window.answeredAt <= window.pressedAt && window.isThere()) window.answeredAt = window.changedAt;
};
window.hasPainted = text => painted.has(text);
CanvasRenderingContext2D.prototype.fillText = function (text, ...at) {
    if (!painted.has(text)) { painted.add(text); note(); }
    return fillText.call(this, text, ...at);
};
new MutationObserver(note)
    .observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
addEventListener("click", () => { window.pressedAt = performance.now(); painted.clear(); }, true);
window.isComplete = quiet => document.querySelector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    && performance.now() - Math.max(window.changedAt, window.pressedAt) > quiet;
"""


def main(ground: Ground) -> list[Figure]:
    """What a person waits for in Chromium: a warm page until nothing in it changes, and a click until its answer."""
    with ground.database() as database:
        cast = make_cast(database)
        alice = cast.alice
        fill_one(database, alice.organization_id, alice.user_id, projects=PROJECTS, runs=RUNS)
        run = list_runs(alice, RunFilter(status=RunStatus.COMPLETED)).items[0]
        addresses = {"run": f"?run={run.id}", "project": f"?project={run.project_id}"}
        with web_process() as (_, url), _browser(url, cast.secret_of(alice)) as page:
            figures = [
                _figure(f"{entry.url_path}: warm to full paint", _paints(page, f"{url}/{entry.url_path}{query}"))
                for entry in navigation.PAGES
                for query in [addresses.get(entry.url_path, "")]
            ]
            return figures + [
                _figure(f"click to answer: {name}", _clicks(page, f"{url}/{path}", *how), most=MOST_CLICK_MS)
                for name, path, *how in (*_CLICKS, *_list_clicks(alice))
            ]


def _figure(name: str, measured: list[float], *, most: float = MOST_PAINT_MS) -> Figure:
    return Figure(name=name, value=statistics.median(measured), unit="ms", most=most)


@contextmanager
def _browser(url: str, secret: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            raise SystemExit("This benchmark needs Chromium.")
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        host = urlsplit(url).hostname or ""
        context.add_cookies([{"name": session_cookie_name(), "value": secret, "domain": host, "path": "/"}])
        page = context.new_page()
        page.add_init_script(_WATCH)
        yield page
        browser.close()


def _paints(page: Page, address: str) -> list[float]:
    """Milliseconds from asking for the address until the page stands complete, with what the browser has kept."""
    page.goto(address)
    _wait(page)
    measured = []
    for _ in range(ROUNDS):
        page.reload()
        _wait(page)
        measured.append(page.evaluate("() => window.changedAt"))
    return measured


def _clicks(page: Page, address: str, there: Act, answer: str, back: Act) -> list[float]:
    """Milliseconds from the click until its answer stands there."""
    page.goto(address)
    _wait(page)
    measured = []
    for _ in range(ROUNDS):
        page.evaluate(f"() => {{ window.isThere = () => {answer}; }}")
        there(page)
        page.wait_for_function("() => window.answeredAt > window.pressedAt", polling=50)
        measured.append(page.evaluate("() => window.answeredAt - window.pressedAt"))
        page.evaluate("() => { window.isThere = () => false; }")
        _wait(page)
        back(page)
        _wait(page)
    return measured


def _wait(page: Page) -> None:
    page.wait_for_function("quiet => window.isComplete(quiet)", arg=_QUIET_MS, polling=50)


def _press(role: str, name: str) -> Act:
    """A filter's choice has its glyph before its name and its count behind it."""
    named = re.compile(rf"(^|\W){re.escape(name)}($|\W)")
    return lambda page: page.get_by_role(role, name=named).first.click()  # type: ignore[arg-type]  # a role


def _link(name: str) -> Act:
    return lambda page: page.get_by_test_id("stSidebarNav").get_by_text(name, exact=True).click()


#: What is clicked, on which page, how the answer is told, and what leads back.
Click = tuple[str, str, Act, str, Act]
_CLICKS: Sequence[Click] = (
    (
        "another page",
        "runs",
        _link("Projects"),
        "document.querySelector('h1')?.textContent.startsWith('Projects')",
        _link("Runs"),
    ),
    (
        "a dialog",
        "projects",
        _press("button", "New project"),
        "document.querySelector('[role=dialog] input')",
        _press("button", "Close"),
    ),
)


def _list_clicks(actor: Actor) -> Sequence[Click]:
    """Those that bring other rows: they have come with the first row that was not there before."""
    first = list_runs(actor)
    seen = {run.title for run in first.items}
    older = list_runs(actor, cursor=first.older).items
    failed = list_runs(actor, RunFilter(status=RunStatus.FAILED)).items
    rows = [next(run.title for run in runs if run.title not in seen) for runs in (failed, older)]
    narrowed, paged = (f"window.hasPainted({json.dumps(row)})" for row in rows)
    return (
        ("a filter of a list", "runs", _press("radio", "Failed"), narrowed, _press("radio", "All")),
        ("the next page of a list", "runs", _press("button", "Older"), paged, _press("button", "Newer")),
    )
