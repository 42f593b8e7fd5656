"""Budgets: made, edited, raised and ended by who may; gauges where they concern somebody."""

from datetime import timedelta
from decimal import Decimal

import pytest
from streamlit.testing.v1 import AppTest

from lib import clock
from lib.budgets.service import create_watch, list_budgets, list_watches, raise_budget
from lib.models.budget import BudgetScope
from lib.ui.navigation import BUDGETS, LAUNCH, OVERVIEW, PROJECT, RUN
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_template
from tests.made_budgets import make_budget, spend
from tests.made_runs import call_worker, make_run, open_run
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, buttons, dialogs, headings, press, shown, text_input
from tests.records import row, rows

ADD = "Add the first budget"


def choose(at: AppTest, chosen: str) -> AppTest:
    """A dialog is drawn in each run in which what opens it was chosen: AppTest has no other way to leave it open."""
    at.get("menu_button")[0].set_value(chosen)
    at.run()
    assert not at.exception
    return at


def click(at: AppTest, key: str, *, within: str) -> AppTest:
    """Click a button of the dialog that another button, or a choice of the menu, has opened."""
    (found,) = (each for each in at.button if each.key == key)
    found.click()
    if within in {"Edit…", "End…"}:
        at.get("menu_button")[0].set_value(within)
    else:
        button(at, within).click()
    at.run()
    assert not at.exception
    return at


def number(at: AppTest, key: str, value: float) -> None:
    (found,) = (each for each in at.number_input if each.key == key)
    found.set_value(value)


def test_empty_page_says_what_it_is_for(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.mona, BUDGETS)
    assert headings(at)[:2] == ["Budgets", "No budgets yet"]
    assert buttons(at) == [ADD, "Add alert"]


@pytest.mark.parametrize("weak", ["max", "vera"])
def test_page_is_closed_to_who_may_not_see_what_others_spend(open_as: OpenAs, cast: Cast, weak: str) -> None:
    make_budget(cast.alice, name="Hidden")
    at = open_as(getattr(cast, weak), BUDGETS)
    assert "This page is not open to you" in shown(at)
    assert "Hidden" not in shown(at)


def test_budget_is_added(open_as: OpenAs, cast: Cast) -> None:
    at = press(open_as(cast.mona, BUDGETS), ADD)
    assert dialogs(at) == ["Add a budget"]
    click(at, "new-budget-save", within=ADD)
    assert "Name is empty" in shown(at)
    text_input(at, "Name").set_value("Autumn")
    number(at, "new-budget-limit", 100.0)
    click(at, "new-budget-save", within=ADD)
    (made,) = list_budgets(cast.mona).items
    assert (made.name, made.scope, made.limit_usd) == ("Autumn", BudgetScope.ORGANIZATION, 100)
    assert made.thresholds == (50, 80, 95)


def test_project_that_is_not_among_the_newest_is_searched_for(
    open_as: OpenAs, installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lib.budgets.service.MOST_CHOICES", 1)
    wanted = make_project(installation.database, cast.alice, name="Hinges")
    make_project(installation.database, cast.alice, name="Screws")
    at = press(open_as(cast.mona, BUDGETS), ADD)
    (scope,) = (each for each in at.segmented_control if each.label == "For")
    scope.set_value(BudgetScope.PROJECT)
    press(at, ADD)
    (choice,) = (each for each in at.selectbox if each.label == "Project")
    assert choice.options == ["Screws"]
    text_input(at, "Project whose name holds").set_value("hing")
    press(at, ADD)
    (choice,) = (each for each in at.selectbox if each.label == "Project")
    assert choice.options == ["Hinges"]
    choice.set_value(wanted)
    text_input(at, "Name").set_value("For hinges")
    number(at, "new-budget-limit", 10.0)
    click(at, "new-budget-save", within=ADD)
    (made,) = list_budgets(cast.mona).items
    assert (made.project_id, made.name) == (wanted, "For hinges")


def test_row_says_how_it_stands(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.alice, name="Hinges")
    budget_id = make_budget(cast.alice, "100", scope="project", project_id=project_id, is_hard=True)
    spend(installation.database, cast.max, "85", project_id=project_id)
    spend(installation.database, cast.max, None, project_id=project_id)
    raise_budget(cast.alice, budget_id, Decimal(5), reason="The fair", expires_at=clock.now() + timedelta(days=9))
    said = shown(open_as(cast.mona, BUDGETS))
    for words in (
        "Project Hinges · each month",
        "Stops what would begin",
        "Nearly used up",
        "80 % used, $20.00 left",
        "1 call of unknown price is not counted",
        "Raised by $5.00 by Alice: The fair. Ends",
    ):
        assert words in said, words


def test_many_budgets_stand_on_pages_and_all_are_counted(
    open_as: OpenAs, installation: Installation, cast: Cast
) -> None:
    for place in range(23):
        project_id = make_project(installation.database, cast.alice, name=f"Project {place:02}")
        make_budget(cast.alice, "10", name=f"Of {place:02}", scope="project", project_id=project_id)
        if place > 15:
            spend(installation.database, cast.max, "9", project_id=project_id)
    at = open_as(cast.mona, BUDGETS)
    assert "23 budgets, 7 nearly" in shown(at)
    assert "20 budgets on this page" in shown(at)
    assert "Of 19" in shown(at)
    assert "Of 20" not in shown(at)
    press(at, "Next")
    assert "Of 22" in shown(at)
    assert "Of 19" not in shown(at)
    said = shown(open_as(cast.mona, OVERVIEW))
    assert "2 more have little left, or nothing." in said
    assert sum(f"Of {place:02}" in said for place in range(23)) == 5
    lost = open_as(cast.mona, BUDGETS, page="none")
    assert "This page of the list is empty" in shown(lost)


def test_budget_is_edited_raised_and_ended(open_as: OpenAs, cast: Cast) -> None:
    budget_id = make_budget(cast.alice, "100")
    at = choose(open_as(cast.mona, BUDGETS), "Edit…")
    text_input(at, "Name").set_value("Winter")
    click(at, f"edit-{budget_id}-save", within="Edit…")
    assert [each.name for each in list_budgets(cast.mona).items] == ["Winter"]
    at = press(open_as(cast.mona, BUDGETS), "Raise")
    number(at, f"raise-{budget_id}", 20.0)
    text_input(at, "Reason").set_value("The fair")
    click(at, f"raise-go-{budget_id}-confirm", within="Raise")
    assert list_budgets(cast.mona).items[0].allowed_usd == 120
    at = press(open_as(cast.mona, BUDGETS), "Take back")
    raise_id = list_budgets(cast.mona).items[0].raises[0].id
    click(at, f"end-raise-{raise_id}-confirm", within="Take back")
    assert list_budgets(cast.mona).items[0].allowed_usd == 100
    at = choose(open_as(cast.mona, BUDGETS), "End…")
    click(at, f"end-{budget_id}-confirm", within="End…")
    assert list_budgets(cast.mona).items == ()


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles"])
def test_raise_ends_with_the_month_of_its_budget_wherever_its_maker_lives(
    open_as: OpenAs, installation: Installation, cast: Cast, zone: str
) -> None:
    budget_id = make_budget(cast.alice, "100")
    lives = "UPDATE users SET preferences = jsonb_build_object('time_zone', %s::text) WHERE id = %s RETURNING 1"
    rows(installation, lives, zone, cast.mona.user_id)
    at = press(open_as(cast.mona, BUDGETS), "Raise")
    number(at, f"raise-{budget_id}", 20.0)
    text_input(at, "Reason").set_value("The fair")
    click(at, f"raise-go-{budget_id}-confirm", within="Raise")
    (raised,) = list_budgets(cast.mona).items[0].raises
    assert row(installation, "SELECT api.next_month() AS at") == {"at": raised.expires_at}


def test_alert_is_added_edited_and_ended(open_as: OpenAs, cast: Cast) -> None:
    at = press(open_as(cast.mona, BUDGETS), "Add alert")
    number(at, "watch-amount", 5.0)
    click(at, "watch-go-confirm", within="Add alert")
    (watch,) = list_watches(cast.mona)
    assert (watch.limit_usd, watch.hours) == (5, 24)
    at = open_as(cast.mona, BUDGETS)
    assert "More than $5.00 within 24 hours" in shown(at)
    choose(at, "Edit…")
    assert dialogs(at) == ["Edit alert"]
    number(at, f"watch-{watch.id}-amount", 0.0)
    click(at, f"watch-save-{watch.id}-confirm", within="Edit…")
    assert "Amount" in shown(at), "it is told what is wrong, and the dialog stays"
    number(at, f"watch-{watch.id}-amount", 7.5)
    number(at, f"watch-{watch.id}-hours", 12)
    click(at, f"watch-save-{watch.id}-confirm", within="Edit…")
    (watch,) = list_watches(cast.mona)
    assert (watch.limit_usd, watch.hours) == (Decimal("7.5"), 12)
    at = open_as(cast.mona, BUDGETS)
    choose(at, "End…")
    click(at, f"end-watch-{watch.id}-confirm", within="End…")
    assert list_watches(cast.mona) == ()


def test_overview_says_what_needs_whoever_manages_budgets(
    open_as: OpenAs, installation: Installation, cast: Cast
) -> None:
    make_budget(cast.alice, "10", is_hard=True)
    create_watch(cast.alice, Decimal(5), hours=24)
    spend(installation.database, cast.max, "11")
    call_worker(installation.database, "SELECT api.watch_spending()")
    said = shown(open_as(cast.mona, OVERVIEW))
    assert "Budgets that need you" in said
    assert "Organization: 110 % used, $1.00 beyond it. It lets nothing begin" in said.replace("\\", "")
    assert "Max has spent $11.00 within 24 hours" in said.replace("\\", "")
    members = shown(open_as(cast.max, OVERVIEW)).replace("\\", "")
    assert "Budgets that need you" not in members
    assert "110 % used, $1.00 beyond it. Nothing begins before it is raised" in members
    assert "used" not in shown(open_as(cast.vera, OVERVIEW)), "it binds nobody who launches nothing"


@pytest.mark.usefixtures("endpoint")
def test_launch_and_project_show_what_binds(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.max, name="Hinges")
    make_template(installation.database, cast.alice, status="published")
    make_budget(cast.alice, "10", name="Season", scope="project", project_id=project_id, is_hard=True)
    make_budget(cast.alice, "10", name="Monas", scope="user", user_id=cast.mona.user_id)
    spend(installation.database, cast.mona, "10", project_id=project_id)
    said = shown(open_as(cast.max, PROJECT, project=project_id)).replace("\\", "")
    assert "Season" in said
    assert "100 % used, $0.00 left" in said
    assert "Season" not in shown(open_as(cast.vera, PROJECT, project=project_id))
    said = shown(open_as(cast.max, LAUNCH, project=project_id)).replace("\\", "")
    assert "“Season”, the project's budget, is used up this month: it is spent to the cent. Alice or Mona can" in said
    assert "The run would stand there paused, and go on by itself then." in said
    assert "Monas" not in said


def test_run_names_the_budget_and_who_can_raise_it(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    run = make_run(installation.database, cast.max, project_id=make_project(installation.database, cast.max))
    held = open_run(installation.database, cast.organization_a, run.id)
    message = "“Autumn”, the organization's budget, is used up this month: it is exceeded by $1.00."
    held.advance(end={"status": "paused", "error": {"kind": "budget", "message": message, "budget": str(run.id)}})
    for actor in (cast.max, cast.vera):
        at = open_as(actor, RUN, run=run.id)
        assert "exceeded by $1.00" in shown(at).replace("\\", "")
        assert "Alice or Mona can raise it" in shown(at).replace("\\", "")
        assert "Look at the budgets" not in buttons(at)
    assert "Look at the budgets" in buttons(open_as(cast.mona, RUN, run=run.id))
