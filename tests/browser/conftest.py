import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Request,
    ViewportSize,
    expect,
    sync_playwright,
)

from lib.access.actor import Actor
from lib.config import ROOT
from lib.db.logins import Login
from lib.db.server import URL_VARIABLES
from tests.cast import Cast, cast, make_cast
from tests.chromium import NAMES, launch
from tests.conftest import Installation
from tests.database import SECRET_KEY, ClonedDatabase
from tests.sample import with_operator
from tests.web_process import orchestrator_web, running

__all__ = ["cast"]

_PATIENCE_MS = 45_000  # two cores may be shared by several test processes
_WINDOW: ViewportSize = {"width": 1440, "height": 900}
#: Of a desk, where nothing moves that need not: each frame of a spinner is drawn by the processor.
_QUIETLY: Mapping[str, Any] = {"viewport": _WINDOW, "reduced_motion": "reduce"}
#: Below a page's address Streamlit's frontend looks whether the app is served there, and logs the 404 it expects.
_PROBES = ("/_stcore/health", "/_stcore/host-config")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser without windows, gone before the next module: while it lives, an event loop runs in this thread."""
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            message = f"no browser: none of {', '.join(NAMES)} is installed"
            if os.environ.get("CI") == "true":
                pytest.fail(message)
            pytest.skip(message)
        yield browser
        browser.close()


class Problems:
    """What pages log as an error, and requests that leave the server under test."""

    def __init__(self) -> None:
        self.found: list[str] = []
        #: What a test provokes on purpose, as parts of its words.
        self.provoked: list[str] = []

    def watch(self, page: Page) -> Page:
        """Listen to a page from now on."""
        page.on("console", self._hear)
        page.on("pageerror", self._fail)
        page.on("request", self._ask)
        return page

    def leave(self, page: Page) -> None:
        """What it says from now on is another test's."""
        page.remove_listener("console", self._hear)
        page.remove_listener("pageerror", self._fail)
        page.remove_listener("request", self._ask)

    def _fail(self, error: Error) -> None:
        self.found.append(f"script: {error}")

    def _hear(self, message: ConsoleMessage) -> None:
        is_expected = message.location["url"].endswith(_PROBES) or any(part in message.text for part in self.provoked)
        if message.type == "error" and not is_expected:
            self.found.append(f"console: {message.text} ({message.location['url']})")

    def _ask(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:", "http://localhost:", "http://127.0.0.1:")):
            self.found.append(f"request to {request.url}")


@pytest.fixture
def problems(request: pytest.FixtureRequest) -> Iterator[Problems]:
    """Fails the test for whatever a page complained of, a violation of the content security policy for instance."""
    if "server" in request.fixturenames:
        request.getfixturevalue("server")  # begun before the pages and ended after them
    problems = Problems()
    yield problems
    assert not problems.found, "\n".join(problems.found)


@pytest.fixture
def open_page(chromium: Browser, problems: Problems) -> Iterator[Callable[..., Page]]:
    """Opens a page in a browser context of its own, with options such as `color_scheme="dark"`."""
    contexts = []

    def open_one(**options: Any) -> Page:
        contexts.append(chromium.new_context(**{**_QUIETLY, **options}))
        contexts[-1].set_default_timeout(_PATIENCE_MS)
        return problems.watch(contexts[-1].new_page())

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def _shared_context(chromium: Browser) -> Iterator[BrowserContext]:
    """Streamlit's frontend is large; a cache that outlives a test halves the time of the next one."""
    context = chromium.new_context(**_QUIETLY)
    context.set_default_timeout(_PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def page(_shared_context: BrowserContext, problems: Problems) -> Iterator[Page]:
    """One page of 1440 by 900, signed in nowhere."""
    _shared_context.clear_cookies()
    page = problems.watch(_shared_context.new_page())
    yield page
    page.close()


@pytest.fixture
def screenshot() -> Callable[[Page, str], None]:
    """Keeps a picture of a whole page as screenshots/<name>.png, which git ignores."""

    def take(page: Page, name: str) -> None:
        folder = ROOT / "screenshots"
        folder.mkdir(exist_ok=True)
        size = page.viewport_size or _WINDOW
        height = page.locator("[data-testid=stMainBlockContainer]").evaluate("element => element.scrollHeight")
        page.set_viewport_size({"width": size["width"], "height": max(size["height"], height + 60)})
        page.screenshot(path=folder / f"{name}.png", animations="disabled")
        page.set_viewport_size(size)

    return take


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A web process on a database of its own, with the cast in it."""

    url: str
    database: ClonedDatabase
    cast: Cast
    #: An admin of organization A who runs the installation.
    olga: Actor


@pytest.fixture
def server(installation: Installation, tmp_path: Path) -> Iterator[str]:
    """`orchestrator web` on the test's database; its address without a slash at the end."""
    settings = {name: value for name, value in os.environ.items() if name.startswith("ORCHESTRATOR_")}
    with orchestrator_web(settings, log=tmp_path / "web.log") as url:
        yield url


@pytest.fixture(scope="module")
def dashboard(module_database: ClonedDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """The same for all tests of a module: each signs in as somebody of the cast whom it may sign out again."""
    folder = tmp_path_factory.mktemp("web")
    settings = {URL_VARIABLES[login]: module_database.url(login) for login in Login}
    settings |= {"ORCHESTRATOR_SECRET_KEY": SECRET_KEY, "ORCHESTRATOR_LOCAL_MODEL": "false"}
    settings |= {"ORCHESTRATOR_DATA_DIR": str(folder)}
    # it says that mails can be sent; no worker is there that would
    settings |= {"ORCHESTRATOR_SMTP_URL": "smtp://127.0.0.1:1", "ORCHESTRATOR_MAIL_FROM": "mail@dashboard.example"}
    with orchestrator_web(settings, log=folder / "web.log") as url:
        yield Dashboard(url, module_database, *with_operator(module_database, make_cast(module_database)))


@pytest.fixture(scope="module")
def _shared_tab(_shared_context: BrowserContext) -> Page:
    return _shared_context.new_page()


@pytest.fixture
def tab(_shared_context: BrowserContext, _shared_tab: Page, dashboard: Dashboard, problems: Problems) -> Iterator[Page]:
    """`page`, but the same for all tests of a module that set nothing on it: half the cost of what each first opens.

    A new one has a process of its own, which compiles Streamlit's frontend anew.
    """
    _shared_context.clear_cookies()
    yield problems.watch(_shared_tab)
    _shared_tab.evaluate("sessionStorage.clear()")
    _shared_tab.goto(f"{dashboard.url}/healthz")  # nothing runs there, and it's the same process's
    problems.leave(_shared_tab)


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Every component on one page (gallery.py), served without a database; its address without a slash at the end."""
    root = tmp_path_factory.mktemp("gallery")
    shutil.copytree(ROOT / ".streamlit", root / ".streamlit")
    shutil.copytree(ROOT / "static", root / "static")
    shutil.copy(Path(__file__).with_name("gallery.py"), root)
    command = ["uvicorn", "gallery:app", "--port", "0", "--ws", "websockets-sansio"]
    with running(command, cwd=root, log=root / "log", settings={"PYTHONPATH": str(ROOT)}, says="running on ") as url:
        yield url
