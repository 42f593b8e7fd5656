"""The Organization page: what it shows, and what its forms save."""

from datetime import timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib import clock
from lib.models.organization import Tier
from lib.organizations.operator import CommandLine, change_tier, suspend_organization
from lib.organizations.service import ask_deletion, change_organization, get_frame, get_organization
from lib.ui.navigation import ACCOUNT, ORGANIZATION, OVERVIEW, PROJECTS, RUNS
from tests.cast import PASSWORD, Cast
from tests.conftest import Installation
from tests.factors import enrol
from tests.pages.conftest import OpenAs
from tests.pages.reading import buttons, facts, headings, is_sign_in, press, shown, text_input
from tests.records import rows


def field(at: AppTest, kind: str, label: str) -> Any:
    (found,) = (one for one in getattr(at, kind) if one.label == label)
    return found


def test_page_says_what_the_tier_allows_and_what_is_used(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.alice, ORGANIZATION)
    said = shown(at)
    assert "Acme Research · Free" in said
    assert "Calls to models this month 0 of 1,000" in said.replace("\u2002", " ").replace("&ensp;", " ").replace(
        "**", ""
    )
    allowed = facts(at)
    assert (allowed["People"], allowed["Audit trail kept"], allowed["Webhooks"]) == (
        "25",
        "365 days at most",
        "✓ included",
    )
    assert allowed["Export of the audit trail"] == "not included"


def test_names_are_saved_and_the_old_address_is_said_to_lead_here(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.alice, ORGANIZATION)
    text_input(at, "Name").set_value("Acme  Labs")
    text_input(at, "Short name").set_value("acme-labs")
    press(at, "Save names")
    assert "The changes are saved." in shown(at)
    assert (text_input(at, "Name").value, text_input(at, "Short name").value) == ("Acme Labs", "acme-labs")
    assert "These lead here as well: acme" in shown(at)
    assert any(code.value.endswith("/o/acme-labs") for code in at.code)
    assert get_organization(cast.alice).slug == "acme-labs"


def test_security_is_saved_field_by_field(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    at = open_as(cast.alice, ORGANIZATION)
    field(at, "toggle", "Members see only what they created").set_value(True)
    field(at, "number_input", "Session time-out (minutes)").set_value(30)
    press(at, "Save security")
    [row] = rows(installation, "SELECT settings FROM organizations WHERE id = %s", cast.organization_a)
    assert row["settings"] == {"security_settings": {"members_see_own_only": True, "session_timeout": 1800}}
    press(at, "Save security")
    assert "Nothing was changed." in shown(at)


def require_second_factor(at: AppTest, *, days: int) -> AppTest:
    field(at, "toggle", "Require a second factor").set_value(True)
    field(at, "number_input", "Days to set it up").set_value(days)
    return press(at, "Save security")


def required(cast: Cast) -> tuple[bool, int]:
    security = get_organization(cast.alice).settings.security_settings
    return security.require_2fa, security.grace_days


def test_second_factor_that_would_lock_people_out_at_once_is_asked_about_first(
    open_as: OpenAs, installation: Installation, cast: Cast
) -> None:
    enrol(cast.mona)
    rows(installation, "UPDATE users SET deactivated_at = now() WHERE id = %s RETURNING 1", cast.vera.user_id)
    at = require_second_factor(open_as(cast.alice, ORGANIZATION), days=0)
    assert "You and 1 other are without a second factor." in shown(at)
    assert "nothing but its set-up is open to whoever has none, in open pages too" in shown(at)
    assert "Set up your own first" in dialog_links(at)
    assert required(cast) == (False, 7), "nothing is saved yet"
    press(at, "Not now")
    assert required(cast) == (False, 7)
    press(press(at, "Save security"), "Save security", "Require it at once")
    assert headings(at) == ["Set up a second factor"], "oneself among them, as it said"


def test_who_has_a_second_factor_is_told_of_the_others_alone(open_as: OpenAs, cast: Cast) -> None:
    enrol(cast.alice)
    at = require_second_factor(open_as(cast.alice, ORGANIZATION), days=0)
    assert "3 people are without a second factor." in shown(at)
    assert "Set up your own first" not in dialog_links(at)
    press(at, "Save security", "Require it at once")
    assert "The changes are saved." in shown(at)
    assert required(cast) == (True, 0)


def test_second_factor_with_days_of_grace_is_saved_without_a_question(open_as: OpenAs, cast: Cast) -> None:
    at = require_second_factor(open_as(cast.alice, ORGANIZATION), days=1)
    assert "The changes are saved." in shown(at)
    assert required(cast) == (True, 1)


def test_shorter_grace_asks_about_whom_it_locks_out_and_a_longer_one_asks_nothing(
    open_as: OpenAs, installation: Installation, cast: Cast
) -> None:
    require_second_factor(open_as(cast.alice, ORGANIZATION), days=7)
    rows(
        installation,
        "UPDATE organizations SET second_factor_required_at = now() - interval '3 days' WHERE id = %s RETURNING 1",
        cast.organization_a,
    )
    rows(
        installation,
        "UPDATE users SET created_at = now() - interval '9 days' WHERE id = ANY (%s) RETURNING 1",
        [cast.alice.user_id, cast.max.user_id],
    )
    at = require_second_factor(open_as(cast.alice, ORGANIZATION), days=2)
    assert "You and 1 other are without a second factor." in shown(at), "mona and vera came a moment ago"
    assert required(cast) == (True, 7)
    at = require_second_factor(open_as(cast.alice, ORGANIZATION), days=9)
    assert required(cast) == (True, 9)


def dialog_links(at: AppTest) -> list[str]:
    return [node.proto.label for node in at._tree if node.type == "page_link"]  # type: ignore[union-attr]  # has one


def test_models_and_messages_are_saved(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.alice, ORGANIZATION)
    assert not [one for one in at.toggle if one.label == "Slack"], "asked for only when its tab is open"
    at = open_as(cast.alice, ORGANIZATION, tab="Models and messages")
    field(at, "toggle", "Slack").set_value(True)
    assert field(at, "toggle", "Publishing needs an approval").disabled
    assert "not part of the tier Free" in shown(at)
    press(at, "Save models and messages")
    assert get_organization(cast.alice).settings.notification_preferences.slack


def test_value_beyond_the_tier_stays_in_the_form_with_what_to_do(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.alice, ORGANIZATION)
    field(at, "number_input", "Audit trail").set_value(400)
    press(at, "Save retention and limits")
    assert "Audit trail: 400 is more than the 365 of the tier Free" in shown(at)
    assert field(at, "number_input", "Audit trail").value == 400
    change_tier(CommandLine(), cast.organization_a, Tier.PRO)
    press(press(at, "Save retention and limits"), "Save retention and limits", "Save")
    assert get_organization(cast.alice).values["retention.audit_days"] == 400


def test_second_of_two_admins_is_told_and_what_they_typed_stays(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.alice, ORGANIZATION)
    text_input(at, "Name").set_value("Mine")
    change_organization(cast.alice, {"name": "Theirs"}, seen=get_organization(cast.alice).values)
    press(at, "Save names")
    assert "Somebody else has changed “Name” since you opened this page" in shown(at)
    assert text_input(at, "Name").value == "Mine"
    assert get_organization(cast.alice).name == "Theirs"
    press(at, "Show what it is now")
    assert text_input(at, "Name").value == "Theirs"
    text_input(at, "Name").set_value("Both")
    press(at, "Save names")
    assert get_organization(cast.alice).name == "Both"


def test_page_that_is_come_back_to_shows_what_is_stored(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.alice, ORGANIZATION)
    text_input(at, "Name").set_value("Forgotten").run()
    at.switch_page(ACCOUNT.file).run()
    change_organization(cast.alice, {"name": "Theirs"}, seen=get_organization(cast.alice).values)
    at.switch_page(ORGANIZATION.file).run()
    assert text_input(at, "Name").value == "Theirs"
    assert "Show what it is now" not in buttons(at)


def test_end_is_asked_for_said_on_every_page_and_taken_back(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.alice, ORGANIZATION)
    press(at, "Delete this organization…")
    text_input(at, "Type its short name, acme").set_value("borealis")
    press(at, "Delete this organization…", "Delete it in 14 days")
    assert "Type the short name, acme" in shown(at)
    ask_deletion(cast.alice, slug="acme")
    for page in (OVERVIEW, PROJECTS, RUNS, ACCOUNT):
        at = open_as(cast.alice, page)
        assert "Acme Research ends in 14 days" in shown(at)
        assert "Until then work goes on." in shown(at)
    for actor in (cast.mona, cast.vera, cast.charlie):
        assert "Until then work goes on." not in shown(open_as(actor, OVERVIEW))
    press(open_as(cast.alice, PROJECTS), "Take it back")
    assert get_frame(cast.alice).deletes_at is None


def test_end_that_is_near_says_when(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    soon = clock.now() + timedelta(hours=3, minutes=1)
    rows(installation, "UPDATE organizations SET deletes_at = %s WHERE id = %s RETURNING 1", soon, cast.organization_a)
    assert "ends in 3 hours" in shown(open_as(cast.alice, OVERVIEW))


def test_admin_of_an_organization_that_is_suspended_meanwhile_is_out_at_the_next_click(
    open_as: OpenAs, cast: Cast
) -> None:
    at = open_as(cast.alice, ORGANIZATION)
    text_input(at, "Name").set_value("Too late")
    suspend_organization(CommandLine(), cast.organization_a, reason="Not paid.")
    assert is_sign_in(press(at, "Save names"))


def test_who_signs_in_to_a_suspended_organization_reads_why(open_as: OpenAs, cast: Cast) -> None:
    suspend_organization(CommandLine(), cast.organization_a, reason="The invoice of *May* is not paid.")
    at = open_as(None, OVERVIEW)
    for password, said in (("wrong", "do not match"), (PASSWORD, "The invoice of *May* is not paid.")):
        text_input(at, "E-mail or user name").set_value("alice")
        text_input(at, "Password").set_value(password)
        press(at, "Continue")
        assert said in shown(at)
        assert ("invoice" in shown(at)) is (password == PASSWORD)


@pytest.mark.parametrize("slug", ["acme", "acme-labs"])
def test_ones_own_address_leads_to_the_page_by_its_name_of_today_or_before(
    open_as: OpenAs, cast: Cast, slug: str
) -> None:
    change_organization(cast.alice, {"slug": "acme-labs"}, seen=get_organization(cast.alice).values)
    at = open_as(cast.vera, RUNS, organization=slug, status="failed")
    assert headings(at)[0] == "Runs"
    assert at.query_params == {"status": "failed"}


@pytest.mark.parametrize("slug", ["borealis", "nowhere", "", "<b>x</b>"])
def test_anothers_address_and_nobodys_get_the_same_kind_words(open_as: OpenAs, cast: Cast, slug: str) -> None:
    at = open_as(cast.alice, RUNS, organization=slug)
    assert headings(at) == ["Not found"]
    assert "another organization's, or nobody's. You are signed in to Acme Research" in shown(at)
    assert "Borealis" not in shown(at)
    assert slug == "" or slug not in shown(at)


def test_page_of_another_organization_is_its_own(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.charlie, ORGANIZATION)
    assert "Borealis · Free" in shown(at)
    assert text_input(at, "Short name").value == "borealis"
