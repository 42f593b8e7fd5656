"""Not a test: `make screenshots` photographs every page into screenshots/, light, dark and on a phone.

Organization A has a workspace, B is empty; a run that is not there shows how an error looks.
"""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from lib.db.logins import Login
from lib.identity.cookie import session_cookie_name
from lib.maintenance.upgrade import publish_builtin_templates
from tests.browser.conftest import Dashboard
from tests.cast import Cast
from tests.factories import Workspace, end_run, make_project, make_run, make_workspace

LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}, "has_touch": True},
}


@pytest.fixture(scope="module")
def workspace(dashboard: Dashboard) -> Workspace:
    """A run in the middle, a finished one and a failed one."""
    actor, database = dashboard.cast.alice, dashboard.database
    publish_builtin_templates(database.url(Login.OWNER))
    made = make_workspace(database, actor)
    for title, status in (("Market brief for folding bicycles", "completed"), ("Patents since 2020", "failed")):
        project_id = make_project(database, actor, name=title)
        end_run(database, actor, make_run(database, actor, project_id=project_id, title=title), status=status)
    return made


@pytest.mark.parametrize("look", LOOKS)
def test_photograph_every_page(
    look: str,
    dashboard: Dashboard,
    workspace: Workspace,
    open_page: Callable[..., Page],
    screenshot: Callable[[Page, str], None],
) -> None:
    """Every page, full, empty and with an error."""
    for name, who, path in _pages(dashboard.cast, workspace):
        page = open_page(**LOOKS[look])
        if who:
            page.context.add_cookies([{"name": session_cookie_name(), "value": who, "url": dashboard.url}])
        page.goto(dashboard.url + path)
        page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        page.wait_for_timeout(1500)  # tables are drawn on a canvas: nothing tells when they are done
        screenshot(page, f"{look}-{name}")
        page.context.close()


def _pages(cast: Cast, workspace: Workspace) -> Iterator[tuple[str, str | None, str]]:
    full, empty = cast.secret_of(cast.alice), cast.secret_of(cast.charlie)
    for name in ("overview", "launch", "runs", "projects", "account"):
        path = "/" if name == "overview" else f"/{name}"
        yield name, full, path
        yield f"{name}-empty", empty, path
    yield "run", full, f"/run?run={workspace.run.id}"
    yield "project", full, f"/project?project={workspace.project_id}"
    yield "run-missing", full, f"/run?run={workspace.project_id}"
    yield "sign-in", None, "/"
