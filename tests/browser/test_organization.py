"""An organization that is renamed, deleted and taken back, and suspended, as people live through it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from lib.access.actor import Actor
from lib.identity.cookie import session_cookie_name
from tests.browser import acts
from tests.cast import PASSWORD, Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.sample import with_operator

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Enter = Callable[[Page, Actor], None]


@pytest.fixture
def troupe(installation: Installation, cast: Cast) -> tuple[Cast, Actor]:
    """The cast and olga, who runs the installation."""
    return with_operator(installation.database, cast)


@pytest.fixture
def enter(server: str, troupe: tuple[Cast, Actor]) -> Enter:
    """Have a browser signed in as somebody."""

    def sign_in(page: Page, actor: Actor) -> None:
        cookie = {"name": session_cookie_name(), "value": troupe[0].secret_of(actor), "url": server}
        page.context.add_cookies([cookie])

    return sign_in


def test_old_address_leads_there_after_a_new_short_name(
    server: str, installation: Installation, cast: Cast, enter: Enter, open_page: Callable[..., Page]
) -> None:
    project_id = make_project(installation.database, cast.alice, name="Folding bicycle")
    alice = open_page()
    enter(alice, cast.alice)
    alice.goto(f"{server}/o/acme/project?project={project_id}")
    expect(alice.get_by_role("heading", name="Folding bicycle")).to_be_visible()
    expect(alice).to_have_url(f"{server}/project?project={project_id}")
    alice.goto(f"{server}/organization")
    alice.get_by_role("textbox", name="Short name").fill("acme-labs")
    acts.press(alice, "Save names", "These lead here as well")
    for slug in ("acme", "acme-labs"):
        alice.goto(f"{server}/o/{slug}/project?project={project_id}")
        expect(alice.get_by_role("heading", name="Folding bicycle")).to_be_visible()
        expect(alice).to_have_url(f"{server}/project?project={project_id}")
    charlie = open_page()
    enter(charlie, cast.charlie)
    for slug in ("acme", "acme-labs", "nowhere"):
        charlie.goto(f"{server}/o/{slug}/project?project={project_id}")
        expect(charlie.get_by_text("You are signed in to Borealis")).to_be_visible()
        assert "Folding bicycle" not in charlie.content()


def test_who_follows_an_address_and_signs_in_arrives(server: str, cast: Cast, page: Page) -> None:
    page.goto(f"{server}/o/acme/projects")
    page.get_by_label("E-mail or user name").fill("vera")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="No projects yet")).to_be_visible()
    expect(page).to_have_url(f"{server}/projects")


def test_organization_of_the_only_operator_does_not_end(
    server: str, troupe: tuple[Cast, Actor], enter: Enter, open_page: Callable[..., Page]
) -> None:
    cast, _ = troupe  # olga is of acme, and nobody else runs the installation
    alice = open_page()
    enter(alice, cast.alice)
    alice.goto(f"{server}/organization")
    alice.get_by_role("button", name="Delete this organization…").click()
    dialog = alice.get_by_role("dialog")
    dialog.get_by_role("textbox", name=re.compile("Type its short name")).fill("acme")
    dialog.get_by_role("button", name="Delete it in 14 days").click()
    expect(dialog.get_by_text("Make somebody there its operator first")).to_be_visible()


def test_waiting_period_is_said_on_every_page_until_it_is_taken_back(
    server: str, cast: Cast, enter: Enter, open_page: Callable[..., Page]
) -> None:
    charlie, same = open_page(), open_page()
    enter(charlie, cast.charlie)
    enter(same, cast.charlie)
    charlie.goto(f"{server}/organization")
    charlie.get_by_role("button", name="Delete this organization…").click()
    dialog = charlie.get_by_role("dialog")
    dialog.get_by_role("textbox", name=re.compile("Type its short name")).fill("borealis")
    dialog.get_by_role("button", name="Delete it in 14 days").click()
    expect(charlie.get_by_text("Until then work goes on.")).to_be_visible()
    same.goto(f"{server}/projects")
    expect(same.get_by_text(re.compile("Borealis ends in"))).to_be_visible()
    same.get_by_role("button", name="Take it back").click()
    expect(same.get_by_text("Until then work goes on.")).to_have_count(0)
    charlie.goto(f"{server}/runs")
    acts.settle(charlie)
    expect(charlie.get_by_text("Until then work goes on.")).to_have_count(0)


def test_admin_of_a_suspended_organization_is_out_on_the_next_click_and_reads_why(
    server: str, troupe: tuple[Cast, Actor], enter: Enter, open_page: Callable[..., Page]
) -> None:
    cast, olga = troupe
    charlie, operator = open_page(), open_page()
    enter(charlie, cast.charlie)
    enter(operator, olga)
    charlie.goto(f"{server}/projects")
    expect(charlie.get_by_role("heading", name="No projects yet")).to_be_visible()
    operator.goto(f"{server}/organizations")
    acts.settle(operator)
    acts.open_borealis(operator)
    dialog = operator.get_by_role("dialog")
    dialog.get_by_text("Suspend", exact=True).click()
    dialog.get_by_role("textbox", name="Reason").fill("The invoice of May is not paid.")
    dialog.get_by_role("button", name="Suspend the organization").click()
    expect(operator.get_by_text("It is suspended: nobody of it can sign in.").first).to_be_visible()
    charlie.get_by_role("link", name="Runs").click()
    expect(charlie.get_by_role("heading", name="Sign in")).to_be_visible()
    charlie.get_by_label("E-mail or user name").fill("charlie")
    charlie.get_by_label("Password", exact=True).fill(PASSWORD)
    charlie.get_by_role("button", name="Continue").click()
    expect(charlie.get_by_text("The invoice of May is not paid.")).to_be_visible()


def test_tab_is_in_the_address_and_back_goes_through_tabs(server: str, cast: Cast, enter: Enter, page: Page) -> None:
    enter(page, cast.charlie)
    page.goto(f"{server}/organization?tab=Security")
    tab = page.get_by_role("tab", selected=True)
    expect(tab).to_have_text("Security")
    acts.turn(page, "Tier and use")
    expect(page).to_have_url(f"{server}/organization?tab=Tier+and+use")
    page.get_by_role("link", name="Projects").first.click()
    expect(page.get_by_role("heading", name="Projects", level=1)).to_be_visible()
    for opened in ("Tier and use", "Security"):
        page.go_back()
        expect(tab).to_have_text(opened)
    page.goto(f"{server}/organization?tab=Nonsense")
    expect(tab).to_have_text("General")
