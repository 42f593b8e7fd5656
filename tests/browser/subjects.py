"""Every page in every state, for what looks at all of them: the photographs and the accessibility tests.

Organization A has runs in every state, organization B has nothing, and one installation is not set up yet.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from playwright.sync_api import Page, expect

from lib.access.actor import Actor
from lib.db.logins import Login
from lib.identity.cookie import session_cookie_name
from lib.identity.tokens import hash_secret, new_secret
from lib.ui.navigation import (
    ACCOUNT,
    CONNECTIONS,
    LAUNCH,
    ORGANIZATION,
    ORGANIZATIONS,
    OVERVIEW,
    PAGES,
    PERSON,
    PROJECT,
    PROJECTS,
    RUN,
    TEMPLATE,
    TEMPLATE_EDIT,
    TEMPLATES,
    USERS,
    PageEntry,
)
from tests import doors
from tests.browser.conftest import Dashboard
from tests.browser.scene import Scene
from tests.cast import PASSWORD
from tests.database import ClonedDatabase


@dataclass(frozen=True, slots=True)
class Subject:
    """One page in one state."""

    name: str
    #: Whose session the browser has; None is nobody's.
    visitor: Actor | None
    url: str
    #: What is done on the page before it is looked at.
    provoke: Callable[[Page], None] | None = None


def subjects(dashboard: Dashboard, scene: Scene, unclaimed: str) -> Sequence[Subject]:
    """All of them: each page full, empty and with an error, and what stands in place of a page."""
    full, empty = dashboard.cast.alice, dashboard.cast.charlie
    olga = dashboard.olga
    queries = {PROJECT: f"?project={scene.project_id}", RUN: f"?run={scene.running}"}
    queries |= {PERSON: f"?person={scene.person_id}", TEMPLATE: f"?template={scene.template_id}"}
    queries[TEMPLATE_EDIT] = f"?template={scene.edited_template_id}&phase=Phase+2"
    accept = f"/accept?token={scene.invitation}"

    def see(name: str, visitor: Actor | None, path: str, provoke: Callable[[Page], None] | None = None) -> Subject:
        return Subject(name, visitor, dashboard.url + path, provoke)

    found = []
    for entry in PAGES:
        path = _path(entry)
        found.append(see(entry.url_path, olga if entry.is_for_operators else full, path + queries.get(entry, "")))
        if entry not in queries and not entry.is_for_operators:  # what is about one thing is not there without it
            found.append(see(f"{entry.url_path}-empty", empty, path))
    found += [
        see("overview-error", full, "/", lambda page: _break_the_database(page, dashboard.database)),
        see("launch-error", full, "/launch?project=00000000-0000-7000-8000-000000000000"),
        see(
            "launch-unanswered",
            full,
            f"/launch?template={scene.edited_template_id}",
            _launch_unanswered,
        ),
        see(
            "project-conflict",
            full,
            f"{_path(PROJECT)}?project={scene.idle_project_id}",
            lambda page: _change_what_another_changes(page, dashboard.database, scene.idle_project_id),
        ),
        see("runs-error", full, "/runs?status=paused"),
        see("runs-filtered", full, f"/runs?status=failed&project={scene.project_id}&model=nonsense"),
        see("runs-no-page", full, "/runs?page=nonsense"),
        see("run-queued", full, f"{_path(RUN)}?run={scene.queued}"),
        see("project-empty", full, f"{_path(PROJECT)}?project={scene.idle_project_id}"),
        see("run-error", full, f"{_path(RUN)}?run={scene.failed}"),
        see("run-cancelled", full, f"{_path(RUN)}?run={scene.cancelled}"),
        see("run-question", full, f"{_path(RUN)}?run={scene.running}", _ask_to_cancel),
        see(
            "template-edit-questions",
            full,
            f"{_path(TEMPLATE_EDIT)}{queries[TEMPLATE_EDIT]}",
            lambda page: _turn(page, "Questions and settings"),
        ),
        see(
            "template-edit-save",
            full,
            f"{_path(TEMPLATE_EDIT)}{queries[TEMPLATE_EDIT]}",
            lambda page: press(page, "Save version", "Against version 1"),
        ),
        see(
            "template-edit-launch",
            full,
            f"{_path(TEMPLATE_EDIT)}{queries[TEMPLATE_EDIT]}",
            lambda page: press(page, "Launch", "Save the draft first"),
        ),
        see("template-edit-meanwhile", full, f"{_path(TEMPLATE_EDIT)}{queries[TEMPLATE_EDIT]}", _write_in_two_tabs),
        see("template-edit-error", empty, f"{_path(TEMPLATE_EDIT)}{queries[TEMPLATE_EDIT]}"),
        see("projects-error", full, _path(PROJECTS), _create_nothing),
        see("project-error", empty, f"{_path(PROJECT)}?project={scene.project_id}"),
        see("templates-error", full, f"{_path(TEMPLATES)}?search=zeppelin&category=nonsense"),
        see("templates-new", full, _path(TEMPLATES), _begin_no_template),
        see("template-versions", full, f"{_path(TEMPLATE)}{queries[TEMPLATE]}", _compare_versions),
        see("template-review", dashboard.cast.mona, f"{_path(TEMPLATE)}?template={scene.waiting_template_id}", _refuse),
        see("template-question", full, f"{_path(TEMPLATE)}{queries[TEMPLATE]}", _ask_to_retire),
        see("template-error", empty, f"{_path(TEMPLATE)}{queries[TEMPLATE]}"),
        see("connections-error", full, _path(CONNECTIONS), _add_nothing),
        see("connections-test", full, _path(CONNECTIONS), _test_with_a_key_that_does_not_open),
        see("connections-reader", dashboard.cast.mona, _path(CONNECTIONS)),
        see(
            "users-invite", full, _path(USERS), lambda page: press(page, "Invite people", "Permissions beside the role")
        ),
        see("users-invited", full, f"{_path(USERS)}?status=invited"),
        see("users-invited-empty", empty, f"{_path(USERS)}?status=invited"),
        see("users-error", full, f"{_path(USERS)}?status=deactivated"),
        see("person-question", full, f"{_path(PERSON)}{queries[PERSON]}", _ask_to_deactivate),
        see("person-error", empty, f"{_path(PERSON)}{queries[PERSON]}"),
        *(
            see(
                f"organization-{tab.split()[0].lower()}",
                full,
                _path(ORGANIZATION),
                lambda page, tab=tab: _turn(page, tab),
            )
            for tab in ("Tier and use", "Models and messages", "Security", "Retention and limits")
        ),
        see("organization-error", full, _path(ORGANIZATION), _take_anothers_short_name),
        see("organization-end", full, _path(ORGANIZATION), _ask_for_the_end),
        see("organizations-empty", olga, f"{_path(ORGANIZATIONS)}?search=nobody"),
        see("organizations-error", olga, _path(ORGANIZATIONS), _make_nothing),
        see("organizations-one", olga, _path(ORGANIZATIONS), open_borealis),
        see("another-organization", full, "/o/borealis/runs"),
        see("account-error", full, _path(ACCOUNT), _mistype_the_password),
        see("account-question", full, _path(ACCOUNT), _begin_second_factor),
        see("account-required", empty, "/", lambda page: _require_second_factor(page, dashboard.database)),
        see("not-found", full, "/nowhere"),
        see("not-open", dashboard.cast.vera, _path(LAUNCH)),
        see("sign-in", None, "/"),
        see("sign-in-error", None, "/", _sign_in_as_nobody),
        see("forgotten", None, "/", _forget_the_password),
        see("forgotten-asked", None, "/", _ask_for_a_link),
        see("reset", None, _link(dashboard, "reset", "password_reset")),
        see("reset-expired", None, "/reset?token=used"),
        see("confirm", full, _link(dashboard, "confirm", "email_verification")),
        see("sign-in-code", None, "/", lambda page: _type_half_of_it(page, dashboard)),
        Subject("set-up", None, unclaimed),
        Subject("set-up-empty", None, unclaimed.partition("/set-up")[0]),
        Subject("set-up-error", None, unclaimed, lambda page: press(page, "Set up", "Organization name is empty")),
        see("accept", None, accept),
        see("accept-error", None, accept, lambda page: press(page, "Join", "Full name is empty")),
        see("accept-expired", None, "/accept?token=used"),
        see("accept-signed-in", full, accept),
        see("set-up-expired", None, "/set-up?token=used"),
    ]
    missing = {entry.url_path for entry in PAGES} - {subject.name.removesuffix("-error") for subject in found}
    assert not missing, f"say in {__name__} how an error looks on {missing}"
    return found


def _link(dashboard: Dashboard, path: str, kind: str) -> str:
    """A link as alice gets it by mail."""
    secret, alice = new_secret(), dashboard.cast.alice
    with doors.login(dashboard.database, Login.IDENTITY) as connection:
        connection.execute(
            "INSERT INTO user_tokens (kind, token_hash, user_id, email, expires_at) "
            "VALUES (%s, %s, %s, %s, now() + interval '1 hour')",
            [kind, hash_secret(secret), alice.user_id, alice.email],
        )
    return f"/{path}?token={secret}"


def visit(page: Page, subject: Subject, dashboard: Dashboard) -> None:
    """Open the page in its state, drawn to the end."""
    page.context.clear_cookies()
    if subject.visitor:
        secret = dashboard.cast.secret_of(subject.visitor)
        page.context.add_cookies([{"name": session_cookie_name(), "value": secret, "url": dashboard.url}])
    page.goto(subject.url)
    settle(page)
    if subject.provoke:
        subject.provoke(page)
        settle(page)


def _path(entry: PageEntry) -> str:
    return "/" if entry is OVERVIEW else f"/{entry.url_path}"


def settle(page: Page) -> None:
    """Wait until the script has run and nothing that is seen is about to be replaced."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    expect(page.locator('[data-stale="true"], [data-testid="stSkeleton"]')).to_have_count(0)


def press(page: Page, button: str, said: str) -> None:
    """Press a button and wait for what is said then."""
    page.get_by_role("button", name=button, exact=True).last.click()
    expect(page.get_by_text(said).first).to_be_visible()


def _break_the_database(page: Page, database: ClonedDatabase) -> None:
    with doors.admin(database) as connection:
        connection.execute("ALTER TABLE orchestration_runs RENAME TO away")
    try:
        page.reload()
        expect(page.get_by_text("This was our fault and not yours").first).to_be_visible()
    finally:
        with doors.admin(database) as connection:
            connection.execute("ALTER TABLE away RENAME TO orchestration_runs")


def _launch_unanswered(page: Page) -> None:
    page.get_by_role("button", name="Launch").last.click()  # its keys stand on it as well
    expect(page.get_by_text("This has to be answered").first).to_be_visible()


def _change_what_another_changes(page: Page, database: ClonedDatabase, project_id: UUID) -> None:
    press(page, "Edit", "More about it")
    change = "UPDATE projects SET description = %s WHERE id = %s"
    with doors.admin(database) as connection:
        connection.execute(change, ["For tenants, who own no roof", project_id])
    try:
        page.get_by_role("dialog").get_by_role("textbox", name="Description").fill("For owners of a balcony")
        press(page, "Save changes", "Somebody else has changed this")
    finally:
        with doors.admin(database) as connection:
            connection.execute(change, [None, project_id])


def _ask_to_cancel(page: Page) -> None:
    press(page, "Cancel", "Leave it as it is")


def _ask_to_deactivate(page: Page) -> None:
    press(page, "Deactivate", "Leave it as it is")


def _create_nothing(page: Page) -> None:
    press(page, "New project", "Create project")
    press(page, "Create project", "Name is empty")


def _begin_no_template(page: Page) -> None:
    press(page, "New template", "Create and edit")
    press(page, "Create and edit", "Name is empty")


def _compare_versions(page: Page) -> None:
    page.get_by_text("Compare two versions").click()
    expect(page.get_by_role("combobox", name="From version")).to_be_visible()


def _refuse(page: Page) -> None:
    page.get_by_text("What changes against version 1").click()
    expect(page.get_by_text("line added").first).to_be_visible()
    press(page, "Refuse", "Reason is empty")


def _ask_to_retire(page: Page) -> None:
    page.get_by_test_id("stMain").get_by_role("button", name="More").click()
    page.get_by_text("Retire…").click()
    expect(page.get_by_role("button", name="Retire the template")).to_be_visible()


def _add_nothing(page: Page) -> None:
    press(page, "Add connection", "Default parameters")
    page.get_by_role("dialog").get_by_role("button", name="Add connection").click()
    expect(page.get_by_text("Name is empty").first).to_be_visible()


def _test_with_a_key_that_does_not_open(page: Page) -> None:
    press(page, "Test", "It is a real call")
    model = page.get_by_role("dialog").get_by_role("combobox", name="Model")
    model.press_sequentially("gpt-4.1")
    model.press("Enter")
    settle(page)
    press(page, "Ask it", "Enter it again")


def _write_in_two_tabs(page: Page) -> None:
    """Another tab changes a text that this one changes too."""
    _turn(page, "Questions and settings")
    here = page.get_by_label("What it is for", exact=True)
    with page.context.new_page() as other:
        other.goto(page.url)
        settle(other)
        _turn(other, "Questions and settings")
        there = other.get_by_label("What it is for", exact=True)
        there.fill(f"{there.input_value()} For a first look at a market.".strip())
        there.press("Control+Enter")
        expect(other.get_by_text("Draft on top of").first).to_be_visible()
        settle(other)
    here.fill("What a small team would want to know of a market before it builds anything.")
    here.press("Control+Enter")
    expect(page.get_by_text("was changed meanwhile, while you wrote here").first).to_be_visible()


def _turn(page: Page, tab: str) -> None:
    page.get_by_role("tab", name=tab).click()
    settle(page)


def _take_anothers_short_name(page: Page) -> None:
    page.get_by_role("textbox", name="Short name").fill("borealis")
    press(page, "Save names", "Another organization has or had this short name")


def _ask_for_the_end(page: Page) -> None:
    press(page, "Delete this organization…", "Type its short name")


def _make_nothing(page: Page) -> None:
    press(page, "New organization", "Create organization")
    press(page, "Create organization", "Organization name is empty")


def open_borealis(page: Page) -> None:
    """Open organization B in the operator's list."""
    way_in = page.get_by_role("combobox", name="Open one of: Organizations")  # the table is a canvas
    way_in.focus()
    way_in.press_sequentially("Borealis")
    way_in.press("Enter")
    expect(page.get_by_role("button", name="Change tier")).to_be_visible()


def _mistype_the_password(page: Page) -> None:
    page.get_by_label("Current password").fill("wrong")
    page.get_by_label("New password", exact=True).fill("correct horse battery")
    page.get_by_label("New password again").fill("correct horse battery")
    press(page, "Change password", "This is not your current password")


def _begin_second_factor(page: Page) -> None:
    press(page, "Set up", "You need an authenticator app")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Current password").fill(PASSWORD)
    dialog.get_by_role("button", name="Continue").click()
    expect(dialog.get_by_text("Scan this with the app")).to_be_visible()


def _require_second_factor(page: Page, database: ClonedDatabase) -> None:
    """Of organization B, for as long as it takes to be drawn."""
    change = "UPDATE organizations SET settings = %s WHERE slug = 'borealis'"
    with doors.admin(database) as connection:
        connection.execute(change, ['{"security_settings": {"require_2fa": true, "grace_days": 0}}'])
    try:
        page.reload()
        expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    finally:
        with doors.admin(database) as connection:
            connection.execute(change, ["{}"])


def _type_half_of_it(page: Page, dashboard: Dashboard) -> None:
    """The right password of somebody whose second factor no code belongs to."""
    with doors.admin(dashboard.database) as connection:
        connection.execute(
            "UPDATE user_credentials SET totp_secret = 'x', totp_enabled_at = now(), totp_last_step = 1, "
            "recovery_codes = '{}' WHERE user_id = %s",
            [dashboard.cast.vera.user_id],
        )
    page.get_by_label("E-mail or user name").fill("vera")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Continue", "Enter your code")


def _sign_in_as_nobody(page: Page) -> None:
    page.get_by_label("E-mail or user name").fill("nobody")
    page.get_by_label("Password", exact=True).fill("wrong")
    press(page, "Continue", "This name and password do not match")


def _forget_the_password(page: Page) -> None:
    press(page, "Forgot your password?", "Enter your name")


def _ask_for_a_link(page: Page) -> None:
    _forget_the_password(page)
    page.get_by_label("E-mail or user name").fill("nobody")
    press(page, "Send me a link", "a link is on its way")
