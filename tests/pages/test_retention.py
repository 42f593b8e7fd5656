"""Organization, Retention and limits: what would go is shown before it does, holds are placed and released."""

from datetime import timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from lib import clock
from lib.cli.commands import app
from lib.models.organization import Tier
from lib.organizations.operator import CommandLine, change_tier
from lib.organizations.service import get_organization
from lib.retention.service import list_holds
from lib.ui import words
from lib.ui.navigation import AUDIT, ORGANIZATION
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_audit import Tamper, make_many, seal, tamper, write_entries
from tests.made_retention import make_hold, remove_all, set_retention, settle_retention, write_runs
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, buttons, dialogs, press, shown, text_input
from tests.records import row

__all__ = ["tamper"]

SAVE, SHOW, PLACE = "Save retention and limits", "Show what would be removed", "Place a hold…"


@pytest.fixture
def at(open_as: OpenAs, cast: Cast) -> AppTest:
    return open_tab(open_as, cast)


def open_tab(open_as: OpenAs, cast: Cast) -> AppTest:
    opened = open_as(cast.alice, ORGANIZATION, tab="Retention and limits")
    assert not opened.exception
    return opened


def field(at: AppTest, label: str) -> Any:
    (found,) = (one for one in at.number_input if one.label == label)
    return found


def links(at: AppTest) -> list[str]:
    return [node.proto.label for node in at._tree if node.type == "page_link"]  # type: ignore[union-attr]  # has one


def make_old(installation: Installation, cast: Cast, *, count: int) -> None:
    project_id = make_project(installation.database, cast.alice)
    old = [{"completed_at": clock.now() - timedelta(days=90)} for _ in range(count)]
    write_runs(installation.database, cast.alice, old, project_id=project_id)


def kept(cast: Cast) -> int | None:
    days: int | None = get_organization(cast.alice).values["retention.run_days"]
    return days


def test_empty_page_says_what_it_is_for(at: AppTest) -> None:
    said = shown(at)
    assert "Nothing is removed: everything is kept for ever." in said
    assert "Keep everything of a project, or of the whole organization" in said
    assert PLACE in buttons(at)
    assert SHOW not in buttons(at)
    assert "The tier allows 365 days at most." in str(field(at, "Runs").help)


def test_shorter_retention_is_shown_before_it_is_saved(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    make_old(installation, cast, count=12)
    at = open_tab(open_as, cast)
    field(at, "Runs").set_value(60)
    press(at, SAVE)
    assert dialogs(at) == ["Keep this for a shorter time?"]
    assert "12 runs that ended before" in shown(at)
    assert "These are the oldest." in shown(at)
    assert len([label for label in links(at) if label.startswith("Fold")]) == 10
    assert kept(cast) is None, "nothing is saved yet"
    press(at, "Not now")
    assert kept(cast) is None
    assert field(at, "Runs").value is None, "it shows what is stored"
    field(at, "Runs").set_value(60)
    press(press(at, SAVE), SAVE, "Save, and have it removed")
    assert kept(cast) == 60
    field(at, "Runs").set_value(90)
    press(at, SAVE)
    assert kept(cast) == 90, "a longer one asks nothing"


def test_value_beyond_the_tier_is_refused_as_ever(open_as: OpenAs, cast: Cast) -> None:
    at = open_tab(open_as, cast)
    field(at, "Usage").set_value(7)
    press(at, SAVE)
    assert "at least 30" in shown(at), shown(at)[-600:]
    field(at, "Usage").set_value(400)
    press(at, SAVE)
    assert dialogs(at) == [], "before it asks anything"
    assert "Usage: 400 is more than the 365 of the tier Free" in shown(at)
    change_tier(CommandLine(), cast.organization_a, Tier.PRO)
    press(at, SAVE)
    assert "Save, and have it removed" not in buttons(at), "there is nothing that old"
    press(at, SAVE, "Save")
    assert get_organization(cast.alice).values["retention.usage_days"] == 400


@pytest.mark.parametrize("typed", [1.5, 0.5, 60.25])
def test_what_is_no_whole_number_is_refused_and_stays(open_as: OpenAs, cast: Cast, typed: float) -> None:
    at = open_tab(open_as, cast)
    field(at, "Runs").set_value(typed)
    press(at, SAVE)
    assert dialogs(at) == []
    assert "Runs: must be a whole number" in shown(at)
    assert field(at, "Runs").value == typed
    assert kept(cast) is None


def test_what_would_go_and_what_went_last(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    make_old(installation, cast, count=3)
    set_retention(installation.database, cast.organization_a, run_days=60)
    at = press(open_tab(open_as, cast), SHOW)
    assert dialogs(at) == ["What would be removed"]
    assert "3 runs that ended before" in shown(at)
    remove_all(installation.database)
    at = open_tab(open_as, cast)
    assert "3 runs and 3 phases" in shown(at)
    assert "nothing that ended before" in shown(press(at, SHOW))


def test_what_waits_says_until_when(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    make_old(installation, cast, count=3)
    settle_retention(installation.database, cast.organization_a, run_days=60)
    until = row(installation, "SELECT waits_until FROM retention_progress")["waits_until"]
    assert f"It goes after {words.exact(until, zone='UTC')}." in shown(press(open_tab(open_as, cast), SHOW))
    set_retention(installation.database, cast.organization_a, run_days=60)
    assert "It goes after" not in shown(press(open_tab(open_as, cast), SHOW))


def test_what_is_held_is_said(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    make_old(installation, cast, count=2)
    make_hold(installation.database, cast.alice, reason="Smith against Acme")
    set_retention(installation.database, cast.organization_a, run_days=60)
    at = open_tab(open_as, cast)
    assert "The whole organization" in shown(at)
    assert "Smith against Acme" in shown(at)
    assert "Placed by Alice, " in shown(at)
    assert "Kept: 2 runs by a legal hold." in shown(press(at, SHOW))


def click(at: AppTest, key: str, *, within: str) -> AppTest:
    """Click a button of the dialog that another one has opened: AppTest has no other way to leave it open."""
    (found,) = (each for each in at.button if each.key == key)
    found.click()
    button(at, within).click()
    at.run()
    assert not at.exception
    return at


def test_hold_is_placed_and_released(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    make_project(installation.database, cast.max, name="Hinges")
    at = press(open_tab(open_as, cast), PLACE)
    assert dialogs(at) == ["Place a legal hold"]
    click(at, "hold-go-confirm", within=PLACE)
    assert "Reason is empty" in shown(at)
    text_input(at, "Reason").set_value("A lawsuit")
    (choice,) = (each for each in at.selectbox if each.label == "What it keeps")
    choice.select("Hinges")
    click(at, "hold-go-confirm", within=PLACE)
    (hold,) = list_holds(cast.alice)
    assert (hold.project, hold.reason) == ("Hinges", "A lawsuit")
    at = press(open_tab(open_as, cast), "Release…")
    assert dialogs(at) == ["Release the hold on Hinges?"]
    click(at, f"hold-release-{hold.id}-confirm", within="Release…")
    (hold,) = list_holds(cast.alice)
    assert hold.released_by == "Alice"
    assert "Released by Alice, " in shown(open_tab(open_as, cast))


@pytest.mark.parametrize("weak", ["mona", "max", "vera"])
def test_page_is_closed_to_who_does_not_govern(
    open_as: OpenAs, installation: Installation, cast: Cast, weak: str
) -> None:
    make_hold(installation.database, cast.alice, reason="Hidden")
    said = shown(open_as(getattr(cast, weak), ORGANIZATION))
    assert "This page is not open to you" in said
    assert "Hidden" not in said


def test_seal_that_does_not_hold_stops_it_and_is_told(
    open_as: OpenAs, installation: Installation, cast: Cast, tamper: Tamper
) -> None:
    entries = [write_entries(installation.database, cast.alice, count=3, hours_ago=24 * days)[0] for days in (95, 90)]
    for days in (94, 89):
        seal(installation.database, hours_ago=24 * days)
    tamper("UPDATE audit_logs SET action = 'x.y' WHERE id = %s", entries[1])
    set_retention(installation.database, cast.organization_a, audit_days=60)
    stop = "Seal 2 does not hold: nothing from there on is removed until an operator has looked."
    at = press(open_tab(open_as, cast), SHOW)
    assert "3 entries of the audit trail from before" in shown(at)
    assert stop in shown(at)
    assert "Kept: 3 entries from that seal on." in shown(at)
    remove_all(installation.database)
    at = open_tab(open_as, cast)
    assert stop in shown(at)
    assert "nothing of the audit trail from before" in shown(press(at, SHOW))
    assert "Broken: 1 seal of 2." in shown(press(open_as(cast.alice, AUDIT), "Verify seals"))


def test_all_of_a_long_trail_is_counted(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    make_many(installation.database, cast.alice, count=12_000, days_ago=90)
    while seal(installation.database, hours_ago=24 * 80, most=1):
        pass
    set_retention(installation.database, cast.organization_a, audit_days=60)
    said = shown(press(open_tab(open_as, cast), SHOW))
    assert "12,000 entries of the audit trail from before" in said
    assert "under 2 seals, which stay" in said


def test_seals_are_intact_after_it_and_say_what_was_removed(
    open_as: OpenAs, installation: Installation, cast: Cast
) -> None:
    for days in (90, 10):
        write_entries(installation.database, cast.alice, count=3, hours_ago=24 * days)
        seal(installation.database, hours_ago=24 * days - 30)
    set_retention(installation.database, cast.organization_a, audit_days=60)
    remove_all(installation.database)
    said = shown(press(open_as(cast.alice, AUDIT), "Verify seals"))
    assert "All seals are intact" in said
    assert "Removed by retention, the last on" in said
    assert "3 entries under 1 seal." in said
    result = CliRunner().invoke(app, ["audit", "verify", "--organization", "acme"])
    assert result.exit_code == 0
    assert "acme: intact." in result.output
    assert "removed by retention, the last on 20" in result.output
    assert "UTC: 3 entries under 1 seals" in result.output
