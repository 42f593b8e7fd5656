"""Every page in a real browser, full and empty; what AppTest cannot do there: click a row, go back, paste.

The fixture `problems` fails a test for what the browser's console complains of.
"""

from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from lib.access.actor import Actor
from lib.db.logins import Login
from lib.identity.cookie import session_cookie_name
from lib.maintenance.upgrade import publish_builtin_templates
from lib.projects.service import MAX_NAME
from lib.ui.navigation import (
    ACCOUNT,
    ANALYTICS,
    AUDIT,
    BUDGETS,
    COMPARE,
    CONNECTIONS,
    LAUNCH,
    OPERATIONS,
    ORGANIZATION,
    ORGANIZATIONS,
    OVERVIEW,
    PAGES,
    PERSON,
    PROJECT,
    PROJECTS,
    REVIEWS,
    RUN,
    RUNS,
    SCHEDULE,
    SCHEDULES,
    TEMPLATE,
    TEMPLATE_EDIT,
    TEMPLATES,
    USERS,
    WEBHOOKS,
    PageEntry,
)
from tests import doors
from tests.browser import acts
from tests.browser.conftest import Dashboard
from tests.factories import make_project
from tests.made_runs import answer, beginning, call_worker, end_run, make_run, open_run
from tests.workspace import Workspace, make_workspace

pytestmark = pytest.mark.browser

NASTY = "<b>Ünïon</b> ![x](https://evil.example/x.png) <img src=https://evil.example/y.png>"
#: Pages of one thing, which are called as it is.
NAMED = {RUN, PROJECT, TEMPLATE, TEMPLATE_EDIT, PERSON, SCHEDULE}
#: The heading of what stands on each page of an organization that has nothing.
EMPTY = {
    OVERVIEW: "First steps",
    LAUNCH: "There is no active project yet",
    RUNS: "No runs yet",
    RUN: "Not found",
    COMPARE: "Not found",
    PROJECTS: "No projects yet",
    PROJECT: "Not found",
    TEMPLATES: "Project plan",
    TEMPLATE: "Not found",
    TEMPLATE_EDIT: "Not found",
    REVIEWS: "Nothing to review yet",
    SCHEDULES: "Nothing is scheduled yet",
    SCHEDULE: "Not found",
    CONNECTIONS: "No connections of your own yet",
    WEBHOOKS: "No endpoints yet",
    ANALYTICS: "Nothing to add up yet",
    AUDIT: "Audit",
    BUDGETS: "No budgets yet",
    USERS: "Users",
    PERSON: "Not found",
    ORGANIZATION: "Organization",
    ORGANIZATIONS: "This page is not open to you",
    OPERATIONS: "This page is not open to you",
    ACCOUNT: "Sessions",
}
#: In pixels: the height of a table's head and of its rows, the most that its first column is wide.
HEAD, ROW, STATUS = 38, 38, 150


@pytest.fixture(scope="module")
def made(dashboard: Dashboard) -> Workspace:
    """Organization A has a run under way, one that is done, and names full of markup; B has nothing."""
    database, alice = dashboard.database, dashboard.cast.alice
    publish_builtin_templates(database.url(Login.OWNER))
    workspace = make_workspace(database, alice)
    project_id = make_project(database, alice, name="Boat", topic=NASTY)
    for title in ("Earlier", "Later"):
        end_run(database, alice, make_run(database, alice, project_id=project_id, title=title))
    with doors.admin(database) as connection:
        connection.execute("UPDATE projects SET name = %s WHERE id = %s", [NASTY, workspace.project_id])
        connection.execute("UPDATE orchestration_runs SET title = %s WHERE id = %s", [NASTY, workspace.run.id])
        connection.execute("UPDATE phase_streams SET response_text = %s", [NASTY])
        connection.execute("UPDATE schedules SET title = %s WHERE id = %s", [NASTY, workspace.schedule_id])
        connection.execute("UPDATE users SET full_name = %s WHERE id = %s", [NASTY, workspace.user_id])
        nasty_template = "UPDATE orchestration_templates SET name = %s, description = %s WHERE id = %s"
        connection.execute(nasty_template, [NASTY, NASTY, workspace.template_id])
    return workspace


@pytest.fixture
def see(tab: Page, dashboard: Dashboard) -> Callable[..., Page]:
    """`see(actor, entry, query)`: the page of that entry as that person sees it, drawn.

    From another page of the same person it is opened as by a link.
    """
    before: tuple[Actor, PageEntry] | None = None

    def see_one(actor: Actor, entry: PageEntry, query: str = "") -> Page:
        nonlocal before
        url = f"{dashboard.url}/{'' if entry is OVERVIEW else entry.url_path}{query}"
        if before and before[0] == actor and before[1] is not entry:
            acts.follow(tab, url)
        else:
            secret = dashboard.cast.secret_of(actor)
            tab.context.add_cookies([{"name": session_cookie_name(), "value": secret, "url": dashboard.url}])
            tab.goto(url)
        before = actor, entry
        drawn(tab)
        return tab

    return see_one


def drawn(page: Page) -> None:
    """Wait until the script has run."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    expect(page.get_by_role("heading").first).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0


def query_of(entry: PageEntry, made: Workspace) -> str:
    queries = {PROJECT: f"?project={made.project_id}", RUN: f"?run={made.run.id}", PERSON: f"?person={made.user_id}"}
    queries |= dict.fromkeys((TEMPLATE, TEMPLATE_EDIT), f"?template={made.template_id}")
    queries[SCHEDULE] = f"?schedule={made.schedule_id}"
    queries[COMPARE] = f"?left={made.run.id}&right={made.run.id}"
    return queries.get(entry, "")


def click_row(table: Locator, number: int, *, title: int = STATUS + 20) -> None:
    """Click the title in a row of a table, which is a canvas: there is nothing in it to be found by its words."""
    expect(table).to_be_visible()
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box
    table.page.mouse.click(box["x"] + title, box["y"] + HEAD + ROW * number + ROW / 2)


def test_full_pages_are_drawn_and_nobodys_words_become_markup(
    see: Callable[..., Page], dashboard: Dashboard, made: Workspace, subtests: pytest.Subtests
) -> None:
    for entry in sorted(PAGES, key=lambda entry: entry.is_for_operators):
        with subtests.test(entry.title):
            page = see(dashboard.olga if entry.is_for_operators else dashboard.cast.alice, entry, query_of(entry, made))
            expect(page).to_have_title(f"{entry.title} · AI Orchestrator")
            heading = page.get_by_role("heading", level=1)
            expect(heading).to_contain_text("<b>Ünïon</b> ![x]" if entry in NAMED else entry.title)
            main = page.get_by_test_id("stMain")
            if entry in {*NAMED, TEMPLATES, OVERVIEW}:
                expect(main).to_contain_text("<b>Ünïon</b> ![x]")
            markup = main.locator("b:text-is('Ünïon'), img[src*='evil'], a[href*='evil']")
            assert markup.evaluate_all("found => found.map((each) => each.parentElement.outerHTML)") == []


def test_empty_pages_are_drawn(
    see: Callable[..., Page], dashboard: Dashboard, made: Workspace, subtests: pytest.Subtests
) -> None:
    for entry in PAGES:
        with subtests.test(entry.title):
            page = see(dashboard.cast.charlie, entry, query_of(entry, made))
            expect(page.get_by_role("heading", name=EMPTY[entry]).first).to_be_visible()
            for secret in ("Ünïon", "Boat", "Earlier", "Fold it", "Alice", "Acme"):
                assert secret not in page.content(), secret


def test_way_goes_through_the_lists_and_back(see: Callable[..., Page], dashboard: Dashboard, made: Workspace) -> None:
    page = see(dashboard.cast.vera, PROJECTS)
    click_row(page.get_by_test_id("stDataFrame"), 0, title=STATUS - 10)  # narrower beside what is said of archives
    expect(page.get_by_role("heading", name="Boat", level=1)).to_be_visible()
    drawn(page)
    click_row(page.get_by_test_id("stDataFrame"), 1)
    expect(page.get_by_role("heading", name="Earlier", level=1)).to_be_visible()
    expect(page.get_by_text("2 of 2 phases")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Boat", level=1)).to_be_visible()
    drawn(page)
    page.go_back()
    expect(page.get_by_role("heading", name="Projects", level=1)).to_be_visible()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()


def test_row_opens_what_it_showed_also_when_the_list_has_moved_on(
    see: Callable[..., Page], dashboard: Dashboard, made: Workspace
) -> None:
    page = see(dashboard.cast.charlie, RUNS)
    database, charlie = dashboard.database, dashboard.cast.charlie
    project_id = make_project(database, charlie, name="Own")
    make_run(database, charlie, project_id=project_id, title="Seen")
    see(charlie, RUNS)
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    make_run(database, charlie, project_id=project_id, title="Launched meanwhile")
    click_row(page.get_by_test_id("stDataFrame"), 0, title=STATUS + 70)  # behind the column in which rows are selected
    expect(page.get_by_role("heading", name="Seen", level=1)).to_be_visible()


def test_filters_stand_in_the_address_and_survive_a_reload(
    see: Callable[..., Page], dashboard: Dashboard, made: Workspace
) -> None:
    page = see(dashboard.cast.vera, RUNS)
    page.get_by_role("radio", name="Failed").or_(page.get_by_role("button", name="Failed")).first.click()
    expect(page.get_by_role("heading", name="No run matches these filters")).to_be_visible()
    expect(page).to_have_url(f"{dashboard.url}/runs?status=failed")
    page.reload()
    expect(page.get_by_text("Status: Failed")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    expect(page).to_have_url(f"{dashboard.url}/runs")


def test_back_goes_through_filters_that_were_cleared(
    see: Callable[..., Page], dashboard: Dashboard, made: Workspace
) -> None:
    page = see(dashboard.cast.vera, RUNS)
    page.get_by_role("radio", name="Failed").or_(page.get_by_role("button", name="Failed")).first.click()
    expect(page).to_have_url(f"{dashboard.url}/runs?status=failed")
    page.get_by_role("button", name="Clear the filters").click()
    expect(page).to_have_url(f"{dashboard.url}/runs")
    page.get_by_role("link", name="Projects").click()
    expect(page.get_by_role("heading", name="Projects", level=1)).to_be_visible()
    page.go_back()
    expect(page).to_have_url(f"{dashboard.url}/runs")
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(f"{dashboard.url}/runs?status=failed")


def test_back_from_a_page_without_parameters_goes_to_the_run(
    see: Callable[..., Page], dashboard: Dashboard, made: Workspace
) -> None:
    page = see(dashboard.cast.vera, RUN, f"?run={made.run.id}")
    page.get_by_test_id("stMain").get_by_role("link", name="Runs").click()
    expect(page.get_by_role("heading", name="Runs", level=1)).to_be_visible()
    drawn(page)
    page.go_back()
    expect(page).to_have_url(f"{dashboard.url}/run?run={made.run.id}")
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()


def test_project_that_is_wrong_is_said_in_the_dialog_which_keeps_it(
    see: Callable[..., Page], dashboard: Dashboard, made: Workspace
) -> None:
    page = see(dashboard.cast.max, PROJECTS)
    page.get_by_role("button", name="New project").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("x" * 300)
    dialog.get_by_role("button", name="Create project").click()
    expect(dialog).to_contain_text(f"Name has 300 characters; {MAX_NAME} is the most. Shorten it.")
    expect(dialog.get_by_label("Name", exact=True)).to_have_value("x" * 300)

    name = f"Made {uuid4()}"
    dialog.get_by_label("Name", exact=True).fill(name)
    dialog.get_by_role("button", name="Create project").click()
    expect(dialog).to_contain_text("Topic is empty. Enter something.")
    dialog.get_by_role("textbox", name="Topic").fill(NASTY)
    dialog.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    expect(page.get_by_test_id("stToast")).to_contain_text("The project is there.")
    expect(page.get_by_test_id("stMain")).to_contain_text("<b>Ünïon</b> ![x]")


def test_project_is_archived_and_restored(see: Callable[..., Page], dashboard: Dashboard, made: Workspace) -> None:
    name = f"To be archived {uuid4()}"
    project_id = make_project(dashboard.database, dashboard.cast.max, name=name)
    page = see(dashboard.cast.max, PROJECT, f"?project={project_id}")
    page.get_by_role("button", name="More").click()
    page.get_by_text("Archive…").click()
    page.get_by_role("dialog").get_by_role("button", name="Archive the project").click()
    badge = page.get_by_test_id("stMain").get_by_text("Archived", exact=False).first
    expect(badge).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Launch run")).to_have_count(0)
    page.get_by_role("button", name="More").click()
    page.get_by_text("Restore").click()
    expect(page.get_by_role("button", name="Launch run")).to_be_visible()


def test_page_goes_on_when_a_question_is_dismissed(
    see: Callable[..., Page], dashboard: Dashboard, made: Workspace
) -> None:
    database, max_ = dashboard.database, dashboard.cast.max
    run = make_run(database, max_, project_id=make_project(database, max_, name="Watched"))
    held = open_run(database, max_.organization_id, run.id)
    held.advance(begin=[beginning("Phase 0")])
    page = see(max_, RUN, f"?run={run.id}")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    held.advance(finish=[answer(run.phases["Phase 0"])], begin=[beginning("Phase 1")])
    whose = (max_.organization_id, held.token, run.phases["Phase 1"])
    call_worker(database, "SELECT api.write_stream(%s, %s, %s, %s)", *whose, "Written behind the question")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("Written behind the question")).to_be_visible()


def test_answer_that_is_being_written_is_drawn_as_words(
    see: Callable[..., Page], dashboard: Dashboard, made: Workspace
) -> None:
    page = see(dashboard.cast.vera, RUN, f"?run={made.run.id}")
    answer = page.locator(".ao-answer.ao-streaming")
    expect(answer).to_contain_text("<b>Ünïon</b> ![x](https://evil.example/x.png)")
    assert answer.locator("img, a, b").count() == 0
