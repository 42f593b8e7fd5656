"""What is done on a page before it is looked at: a question opened, a form refused, a database that is away."""

import re
from uuid import UUID

from playwright.sync_api import Page, expect

from tests import doors
from tests.browser.conftest import Dashboard
from tests.cast import PASSWORD
from tests.database import ClonedDatabase

_FOLLOW = """(url) => {
  history.pushState({}, "", url);
  dispatchEvent(new PopStateEvent("popstate"));
}"""


def settle(page: Page) -> None:
    """Wait until the script has run and nothing that is seen is about to be replaced."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    expect(page.locator('[data-stale="true"], [data-testid="stSkeleton"]')).to_have_count(0)


def follow(page: Page, url: str) -> None:
    """Open another of our pages as a link does, at half the cost of its address: Streamlit's frontend goes on."""
    before = page.title()
    page.evaluate(_FOLLOW, url)
    page.wait_for_function("before => document.title !== before", arg=before)
    settle(page)


def add_no_budget(page: Page) -> None:
    press(page, "Add budget", "Let nothing begin once it is used up")
    press(page, "Add it", "Name is empty")


def show_as_a_table(page: Page, card: str) -> None:
    """Open the table of a chart of Analytics."""
    page.locator(f".st-key-chart-more-{card} button").click()
    page.get_by_text("Show as a table").click()
    expect(page.get_by_role("dialog").get_by_test_id("stDataFrame")).to_be_visible()


def edit_an_alert(page: Page) -> None:
    page.locator("[class*=st-key-more-watch-] button").first.click()
    page.get_by_text("Edit…", exact=True).click()
    expect(page.get_by_text("The alert begins anew").first).to_be_visible()


def ask_for_a_report(page: Page) -> None:
    page.get_by_role("button", name="Compliance report…").click()
    expect(page.get_by_role("dialog").get_by_text("One HTML file to read, print and hand on")).to_be_visible()
    settle(page)


def ask_to_delete(page: Page) -> None:
    press(page, "Delete…", "launches nothing any more")


def press(page: Page, button: str, said: str) -> None:
    """Press a button and wait for what is said then."""
    page.get_by_role("button", name=button, exact=True).last.click()
    expect(page.get_by_text(said).first).to_be_visible()


def break_the_database(page: Page, database: ClonedDatabase) -> None:
    with doors.admin(database) as connection:
        connection.execute("ALTER TABLE orchestration_runs RENAME TO away")
    try:
        page.reload()
        expect(page.get_by_text("This was our fault and not yours").first).to_be_visible()
    finally:
        with doors.admin(database) as connection:
            connection.execute("ALTER TABLE away RENAME TO orchestration_runs")


def ask_to_retry(page: Page) -> None:
    page.get_by_role("button", name="Retry from Research").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("1 finished phase is reused")).to_be_visible()
    dialog.get_by_text("Prompt of Research").click()
    expect(dialog.get_by_role("textbox", name="Prompt")).to_be_visible()


def read_comments(page: Page) -> None:
    page.get_by_role("tab", name="Comments").first.click()
    expect(page.get_by_text("what they actually fold").first).to_be_visible()


def select_two(page: Page) -> None:
    table = page.get_by_test_id("stDataFrame").first
    for row in (1, 2):
        table.click(position={"x": 18, "y": 38 * row + 19})
    expect(page.get_by_text("2 runs selected")).to_be_visible()


def act_on_many(page: Page, option: str) -> None:
    page.get_by_test_id("stMain").get_by_role("button", name="More").click()
    page.get_by_text(option).click()
    expect(page.get_by_role("dialog").get_by_role("button", name=re.compile("^(Not now|Close)$")).first).to_be_visible()


def show_the_same_too(page: Page) -> None:
    page.get_by_text("Show what is the same too").click()
    settle(page)


def launch_unanswered(page: Page) -> None:
    page.get_by_role("button", name="Launch").last.click()  # its keys stand on it as well
    expect(page.get_by_text("This has to be answered").first).to_be_visible()


def change_what_another_changes(page: Page, database: ClonedDatabase, project_id: UUID) -> None:
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


def ask_to_cancel(page: Page) -> None:
    press(page, "Cancel", "Not now")


def ask_to_pause(page: Page) -> None:
    press(page, "Pause", "Not now")


def edit_the_answer(page: Page) -> None:
    press(page, "Edit and approve", "Later phases read what you make of it")
    edited = "Fold it twice, and once more for the train.\n\nThen carry it."
    page.get_by_role("dialog").get_by_label("Answer").fill(edited)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("What you change")).to_be_visible()


def reject_without_a_reason(page: Page) -> None:
    press(page, "Reject and stop the run", "The run ends as failed")
    press(page, "Reject and stop the run", "Comment is empty")


def ask_to_deactivate(page: Page) -> None:
    press(page, "Deactivate", "Not now")


def create_nothing(page: Page) -> None:
    press(page, "New project", "Create project")
    press(page, "Create project", "Name is empty")


def begin_no_template(page: Page) -> None:
    press(page, "New template", "Create and edit")
    press(page, "Create and edit", "Name is empty")


def compare_versions(page: Page) -> None:
    page.get_by_text("Compare two versions").click()
    expect(page.get_by_role("combobox", name="From version")).to_be_visible()


def refuse(page: Page) -> None:
    page.get_by_text("What changes against version 1").click()
    expect(page.get_by_text("line added").first).to_be_visible()
    press(page, "Refuse", "Reason is empty")


def ask_to_retire(page: Page) -> None:
    page.get_by_test_id("stMain").get_by_role("button", name="More").click()
    page.get_by_text("Retire…").click()
    expect(page.get_by_role("button", name="Retire the template")).to_be_visible()


def add_nothing(page: Page) -> None:
    press(page, "Add connection", "Default parameters")
    page.get_by_role("dialog").get_by_role("button", name="Add connection").click()
    expect(page.get_by_text("Name is empty").first).to_be_visible()


def add_no_endpoint(page: Page) -> None:
    press(page, "Add endpoint", "sent when a run was launched")
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill("Team channel")
    page.get_by_role("dialog").get_by_role("checkbox", name="Reviews: all of them").check(force=True)
    press(page, "Add it", "Address is empty")


def add_an_endpoint(page: Page, database: ClonedDatabase) -> None:
    """Its secret is seen, and it is gone again."""
    press(page, "Add endpoint", "sent when a run was launched")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Looked at once")
    dialog.get_by_label("Address", exact=True).fill("https://hooks.northwind.example/once")
    dialog.get_by_role("checkbox", name="Runs: all of them").check(force=True)
    settle(page)
    try:
        press(page, "Add it", "This secret is shown only here")
        settle(page)
    finally:
        with doors.admin(database) as connection:
            connection.execute("DELETE FROM webhooks WHERE name = 'Looked at once'")


def act_on_endpoint(page: Page, number: int, option: str) -> None:
    page.get_by_test_id("stMain").get_by_role("button", name="More").nth(number).click()
    page.get_by_text(option).click()
    expect(page.get_by_role("button", name="Not now")).to_be_visible()


def read_attempts(page: Page) -> None:
    page.get_by_role("tab", name="Attempts").click()
    settle(page)


def ask_with_a_key_that_does_not_open(page: Page) -> None:
    page.locator('[class*="st-key-test-"] button').last.click()  # a connection's, and no integration's
    expect(page.get_by_text("It is a real call").first).to_be_visible()
    model = page.get_by_role("dialog").get_by_role("combobox", name="Model")
    model.press_sequentially("gpt-4.1")
    model.press("Enter")
    settle(page)
    press(page, "Ask it", "Enter it again")


def open_json(page: Page) -> None:
    page.get_by_text("Does anything burn?").last.click()
    expect(page.get_by_text("Customers are angry").first).to_be_visible()


def write_in_two_tabs(page: Page) -> None:
    """Another tab changes a text that this one changes too."""
    turn(page, "Questions and settings")
    here = page.get_by_label("What it is for", exact=True)
    with page.context.new_page() as other:
        other.goto(page.url)
        settle(other)
        turn(other, "Questions and settings")
        there = other.get_by_label("What it is for", exact=True)
        there.fill(f"{there.input_value()} For a first look at a market.".strip())
        there.press("Control+Enter")
        expect(other.get_by_text("Draft on top of").first).to_be_visible()
        settle(other)
    here.fill("What a small team would want to know of a market before it builds anything.")
    here.press("Control+Enter")
    expect(page.get_by_text("was changed meanwhile, while you wrote here").first).to_be_visible()


def turn(page: Page, tab: str) -> None:
    page.get_by_role("tab", name=tab).click()
    settle(page)


def add_operations(page: Page) -> None:
    """A file and a call, whose address is missing; they stay in the draft."""
    turn(page, "Operations")
    for label, field in (("Write a file", "File"), ("Call an address", "Address")):
        shown = page.get_by_label(field, exact=True)
        if not shown.count():
            page.get_by_role("button", name="Add an operation").click()
            page.get_by_text(label, exact=True).last.click()
        expect(shown).to_be_visible()
        settle(page)


def add_no_integration(page: Page) -> None:
    press(page, "Add integration", "Kept encrypted")
    page.get_by_role("dialog").get_by_role("button", name="Add integration").click()
    expect(page.get_by_text("Name is empty").first).to_be_visible()


def take_anothers_short_name(page: Page) -> None:
    page.get_by_role("textbox", name="Short name").fill("borealis")
    press(page, "Save names", "Another organization has or had this short name")


def ask_for_the_end(page: Page) -> None:
    press(page, "Delete this organization…", "Type its short name")


def make_nothing(page: Page) -> None:
    press(page, "New organization", "Create organization")
    press(page, "Create organization", "Organization name is empty")


def open_borealis(page: Page) -> None:
    """Open organization B in the operator's list."""
    way_in = page.get_by_role("combobox", name="Open one of: Organizations")  # the table is a canvas
    way_in.focus()
    way_in.press_sequentially("Borealis")
    way_in.press("Enter")
    expect(page.get_by_role("button", name="Change tier")).to_be_visible()


def mistype_the_password(page: Page) -> None:
    page.get_by_label("Current password").fill("wrong")
    page.get_by_label("New password", exact=True).fill("correct horse battery")
    page.get_by_label("New password again").fill("correct horse battery")
    press(page, "Change password", "This is not your current password")


def begin_second_factor(page: Page) -> None:
    press(page, "Set up", "You need an authenticator app")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Current password").fill(PASSWORD)
    dialog.get_by_role("button", name="Continue").click()
    expect(dialog.get_by_text("Scan this with the app")).to_be_visible()


def require_second_factor(page: Page, database: ClonedDatabase) -> None:
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


def type_half_of_it(page: Page, dashboard: Dashboard) -> None:
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


def sign_in_as_nobody(page: Page) -> None:
    page.get_by_label("E-mail or user name").fill("nobody")
    page.get_by_label("Password", exact=True).fill("wrong")
    press(page, "Continue", "This name and password do not match")


def forget_the_password(page: Page) -> None:
    press(page, "Forgot your password?", "Enter your name")


def ask_for_a_link(page: Page) -> None:
    forget_the_password(page)
    page.get_by_label("E-mail or user name").fill("nobody")
    press(page, "Send me a link", "a link is on its way")
