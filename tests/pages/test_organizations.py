"""The operator's page of organizations."""

import re
from uuid import UUID

from streamlit.testing.v1 import AppTest

from lib.access.actor import Actor
from lib.access.permissions import Role
from lib.identity.invitations import check_invitation
from lib.identity.registration import create_user
from lib.models.organization import Tier
from lib.organizations import operator
from lib.organizations.views import Standing
from lib.samples.service import load_sample
from lib.ui import state
from lib.ui.navigation import ORGANIZATIONS
from tests.cast import PASSWORD, Cast
from tests.conftest import Installation
from tests.factories import make_new_organization
from tests.operated import cast, olga, together
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, buttons, headings, press, shown, table, text_area, text_input
from tests.records import rows
from tests.workspace import make_workspace

__all__ = ["cast", "olga", "together"]


def open_one(at: AppTest, name: str) -> AppTest:
    """Open an organization as the keyboard does."""
    (way_in,) = (one for one in at.selectbox if one.label == "Open one of: Organizations")
    way_in.set_value(next(row for row, said in enumerate(table(at, "Organization")) if said == name)).run()
    assert not at.exception
    return at


def found(olga: Actor, cast: Cast) -> operator.OrganizationSummary:
    return operator.get_organization(olga, cast.organization_b)


def test_list_says_who_there_is_and_nothing_of_what_is_inside(
    open_as: OpenAs, installation: Installation, cast: Cast, olga: Actor
) -> None:
    make_workspace(installation.database, cast.charlie)
    load_sample()
    at = open_as(olga, ORGANIZATIONS)
    assert table(at, "Organization") == ["Borealis", "Acme Research"]
    assert table(at, "People") == ["1 of 25", "5 of 25"]
    assert table(at, "Calls this month") == ["4 of 1,000", "0 of 1,000"]
    for inside in ("Folding bicycle", "Charlie", "charlie@"):
        assert inside not in shown(open_one(at, "Borealis"))


def test_list_is_filtered_by_what_the_address_says(open_as: OpenAs, cast: Cast, olga: Actor) -> None:
    operator.change_tier(olga, cast.organization_b, Tier.PRO)
    for wanted in ({"tier": "pro"}, {"search": "boreal"}, {"sort": "newest", "search": "Bor"}):
        assert table(open_as(olga, ORGANIZATIONS, **wanted), "Organization") == ["Borealis"]
    at = open_as(olga, ORGANIZATIONS, status="deleted")
    assert "No organization matches these filters" in headings(at)


def test_tier_is_changed_after_saying_what_stays(open_as: OpenAs, cast: Cast, olga: Actor) -> None:
    operator.change_tier(olga, cast.organization_b, Tier.PRO)
    at = open_one(open_as(olga, ORGANIZATIONS), "Borealis")
    (tier,) = (one for one in at.selectbox if one.key == "govern-tier")
    tier.set_value(Tier.FREE)
    at = open_one(at, "Borealis")
    assert "No longer part of it: Export of the audit trail" in shown(at)
    assert found(olga, cast).tier is Tier.PRO, "not before it is pressed"


def drawn(installation: Installation, cast: Cast, olga: Actor, organization: UUID) -> AppTest:
    """What is in the dialog, by itself: AppTest runs no fragment alone."""

    def script() -> None:
        from uuid import UUID

        import streamlit as st

        from lib.organizations import operator
        from lib.ui import feedback
        from lib.ui.components import operator_dialogs

        feedback.show_notices()
        with feedback.told():
            actor = operator_dialogs.require_operator()
            one = operator.get_organization(actor, UUID(st.session_state["one"]))
            operator_dialogs._show_organization(one, actor)

    at = AppTest.from_function(script)
    at.session_state[state.SESSION_ID] = cast.secret_of(olga)
    at.session_state["one"] = str(organization)
    at.run()
    assert not at.exception
    return at


def test_operator_governs_an_organization(installation: Installation, cast: Cast, olga: Actor) -> None:
    at = drawn(installation, cast, olga, cast.organization_b)
    at.selectbox(key="govern-tier").set_value(Tier.ENTERPRISE).run()
    press(at, "Change tier")
    assert (found(olga, cast).tier, found(olga, cast).quota.limit) == (Tier.ENTERPRISE, None)
    at.number_input(key="govern-quota").set_value(77).run()
    press(at, "Set quota")
    assert found(olga, cast).quota.limit == 77
    press(at, "Suspend the organization")
    assert "Reason is empty" in shown(at)
    text_area(at, "Reason").set_value("The invoice of May is not paid.")
    press(at, "Suspend the organization")
    assert found(olga, cast).standing is Standing.SUSPENDED
    assert "The invoice of May is not paid." in shown(at)
    press(at, "End the suspension")
    assert found(olga, cast).standing is Standing.ACTIVE
    operator.delete_organization(olga, cast.organization_b)
    press(at.run(), "Restore")
    assert found(olga, cast).standing is Standing.ACTIVE


def test_own_organization_is_not_offered_to_be_suspended(installation: Installation, cast: Cast, olga: Actor) -> None:
    at = drawn(installation, cast, olga, cast.organization_a)
    assert "Suspend the organization" not in [one.label for one in at.button]


def test_organization_is_made_and_its_first_admin_gets_a_link_once(open_as: OpenAs, cast: Cast, olga: Actor) -> None:
    at = press(open_as(olga, ORGANIZATIONS), "New organization")
    text_input(at, "Organization name").set_value("Northwind Research")
    press(at, "New organization", "Create organization")
    assert "This is no e-mail address." in shown(at)
    text_input(at, "E-mail of the first admin").set_value("nora@northwind.example")
    press(at, "New organization", "Create organization")
    made = operator.find_organization(olga, "northwind-research")
    assert (made.people, made.tier) == (0, Tier.FREE)
    token = link_in(at)
    assert "nora@northwind.example" in shown(at)
    assert "No mail is sent. A link is shown only here and only now" in shown(at)
    assert check_invitation(token).organization_name == "Northwind Research"
    again = open_as(olga, ORGANIZATIONS)
    assert table(again, "People") == ["Nobody has come yet", "1 of 25", "5 of 25"]
    assert token not in shown(press(again, "New organization"))


def link_in(at: AppTest) -> str:
    """The secret of the one link that is shown."""
    (code,) = at.code
    found = re.fullmatch(r"http://localhost:8501/accept\?token=([\w-]{43})", code.value)
    assert found
    return found[1]


def test_link_is_made_anew_as_long_as_nobody_has_come(installation: Installation, cast: Cast, olga: Actor) -> None:
    made = make_new_organization()
    at = drawn(installation, cast, olga, made.id)
    assert "Nobody has come yet." in shown(at)
    text_input(at, "E-mail of the first admin").set_value("nora@northwind.example")
    press(at, "Make a new link")
    assert check_invitation(link_in(at)).email == "nora@northwind.example"
    assert "first@northwind.example" not in shown(at), "whom somebody else has invited"
    assert not at.run().code, "once"
    assert "Make a new link" not in buttons(drawn(installation, cast, olga, cast.organization_b))


def test_link_is_not_made_for_whom_somebody_has_just_preceded(
    installation: Installation, cast: Cast, olga: Actor
) -> None:
    at = drawn(installation, cast, olga, make_new_organization().id)
    person = {"email": "omar@northwind.example", "username": "omar", "full_name": "Omar", "password": PASSWORD}
    create_user(organization_slug="northwind", role=Role.ADMIN, **person)
    text_input(at, "E-mail of the first admin").set_value("nora@northwind.example")
    button(at, "Make a new link").click().run()
    assert not at.exception
    assert not at.code
    assert "Make a new link" not in buttons(at)


def test_whose_right_is_taken_meanwhile_changes_nothing(installation: Installation, cast: Cast, olga: Actor) -> None:
    at = drawn(installation, cast, olga, cast.organization_b)
    at.selectbox(key="govern-tier").set_value(Tier.PRO).run()
    rows(installation, "UPDATE users SET is_operator = true WHERE id = %s RETURNING 1", cast.charlie.user_id)
    rows(installation, "UPDATE users SET is_operator = false WHERE id = %s RETURNING 1", olga.user_id)
    next(one for one in at.button if one.label == "Change tier").click().run()
    assert not at.exception
    assert "operators of this installation" in shown(at)
    assert operator.find_organization(operator.CommandLine(), "borealis").tier is Tier.FREE
