"""The Users page: who is there and who is invited, inviting, and what each role is offered."""

import re
from typing import Any

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from lib.identity.invitations import check_invitation
from lib.ui.navigation import PERSON, USERS
from lib.users.invitations import invite, list_invitations
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_invitation
from tests.mailbox import mail_server
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, headings, press, selectbox, shown, table, text_area
from tests.records import rows

__all__ = ["mail_server"]

LINK = re.compile(r"http://localhost:8501(/accept\?token=[\w-]{43})")


def multiselect(at: AppTest, label: str) -> Any:
    (found,) = (each for each in at.multiselect if each.label == label)
    return found


def forge(monkeypatch: pytest.MonkeyPatch, label: str, value: str) -> None:
    """Have the browser send that for the choice of that label, whatever was offered."""
    honest = Selectbox._widget_state

    def state(self: Any) -> WidgetState:
        return WidgetState(id=self.id, string_value=value) if self.label == label else honest.fget(self)

    monkeypatch.setattr(Selectbox, "_widget_state", property(state))


def test_list_has_everybody_and_opens_a_person(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.mona, USERS)
    assert headings(at) == ["Users"]
    assert table(at, "Name") == ["Alice", "Max", "Mona", "Vera"]
    assert table(at, "Role") == ["Admin", "Member", "Manager", "Viewer"]
    assert table(at, "Last sign-in") == ["Never"] * 4
    (opens,) = (each for each in at.selectbox if each.label == "Open one of: People")
    opens.set_value(1).run()
    assert at.query_params["person"] == str(cast.max.user_id)
    assert headings(at)[0] == "Max"


def test_list_is_narrowed_by_the_address(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    rows(installation, "UPDATE users SET deactivated_at = now() WHERE id = %s RETURNING 1", cast.max.user_id)
    assert table(open_as(cast.alice, USERS, status="deactivated"), "Name") == ["Max"]
    assert table(open_as(cast.alice, USERS, role="viewer"), "Name") == ["Vera"]
    assert table(open_as(cast.alice, USERS, search="mona@"), "Name") == ["Mona"]
    nothing = open_as(cast.alice, USERS, search="nobody")
    assert headings(nothing) == ["Users", "No person matches these filters"]
    nonsense = open_as(cast.alice, USERS, status="root", role="owner", sort="'; --")
    assert len(table(nonsense, "Name")) == 4


def test_who_is_invited_stands_below_and_in_a_list_of_its_own(
    open_as: OpenAs, installation: Installation, cast: Cast
) -> None:
    make_invitation(installation.database, cast.alice, email="boss@acme.example", role="admin")
    make_invitation(installation.database, cast.mona, email="new@acme.example")
    for parameters in ({}, {"status": "invited"}):
        at = open_as(cast.mona, USERS, **parameters)
        assert "Invited" in headings(at)
        assert "new@acme.example" in shown(at)
        assert "Admin, invited by Alice" in shown(at)
        menus = [node for node in at._tree if node.type == "menu_button"]
        assert len(menus) == 1, "hers alone"
    assert not table(open_as(cast.mona, USERS, status="invited"), "Name")
    assert "boss@acme.example" not in shown(open_as(cast.alice, USERS, status="invited", search="new"))
    assert headings(open_as(cast.charlie, USERS, status="invited")) == ["Users", "No open invitations"]


def test_many_who_are_invited_are_paged(open_as: OpenAs, cast: Cast) -> None:
    invite(cast.alice, "\n".join(f"person{number:02}@acme.example" for number in range(12)), role="viewer")
    at = open_as(cast.alice, USERS)
    assert shown(at).count("@acme.example") == 4 + 5, "people, and the newest of those invited"
    press(at, "Show all who are invited")
    assert at.query_params["status"] == "invited"
    assert shown(at).count("person") == 10
    press(at, "Older")
    assert shown(at).count("person") == 2


def test_admin_invites_several_and_gets_each_link_once(open_as: OpenAs, cast: Cast) -> None:
    at = press(open_as(cast.alice, USERS), "Invite people")
    text_area(at, "E-mail addresses").set_value("new@acme.example\nmax@acme.example\nother@acme.example")
    selectbox(at, "Invite as").set_value("manager")
    multiselect(at, "Permissions beside the role").set_value(["audit.view"])
    press(at, "Invite people", "Invite")
    *each, together = [code.value for code in at.code]
    links = [LINK.fullmatch(code) for code in each]
    assert len(links) == 2
    assert all(links)
    assert together == f"new@acme.example\t{each[0]}\nother@acme.example\t{each[1]}", "to be copied at once"
    assert "All of them, to be copied at once" in shown(at)
    assert "Is one of your people already." in shown(at)
    assert "No mail is sent. A link is shown only here and only now" in shown(at)
    token = links[0][1].partition("token=")[2]  # type: ignore[index]  # they match
    assert check_invitation(token).role == "manager"
    assert {seen.permissions for seen in list_invitations(cast.alice).items} == {frozenset({"audit.view"})}
    again = press(open_as(cast.alice, USERS), "Invite people")
    assert not again.code
    assert token not in shown(again)


def test_single_link_is_shown_once_and_not_twice(open_as: OpenAs, cast: Cast) -> None:
    at = press(open_as(cast.alice, USERS), "Invite people")
    text_area(at, "E-mail addresses").set_value("new@acme.example\nmax@acme.example")
    press(at, "Invite people", "Invite")
    (code,) = at.code
    assert LINK.fullmatch(code.value)
    assert "to be copied at once" not in shown(at)


@pytest.mark.usefixtures("mail_server")
def test_new_link_goes_by_mail_or_is_shown_where_a_mail_did_not_arrive(open_as: OpenAs, cast: Cast) -> None:
    (made,) = invite(cast.alice, "new@acme.example", role="member")
    assert made.is_mailed

    def renew() -> AppTest:
        at = open_as(cast.alice, USERS)
        at.menu_button[0].click("New link…").run()
        at.menu_button[0].click("New link…")  # what is pressed next is pressed in the dialog
        return at

    mailed = press(renew(), "Make a new link")
    assert "1 mail on the way, with a link that is good once, for a week." in shown(mailed)
    assert not mailed.code
    at = renew()
    (by_mail,) = (box for box in at.checkbox if box.label == "Send it by mail")
    by_mail.uncheck()
    press(at, "Make a new link")
    (code,) = at.code
    assert LINK.fullmatch(code.value)


def test_form_says_what_is_wrong_and_keeps_what_was_typed(open_as: OpenAs, cast: Cast) -> None:
    at = press(open_as(cast.alice, USERS), "Invite people")
    press(at, "Invite people", "Invite")
    assert "No address is there." in shown(at)
    assert button(at, "Invite")
    text_area(at, "E-mail addresses").set_value("nonsense")
    press(at, "Invite people", "Invite")
    assert "nonsense" in shown(at)
    assert "This is no e-mail address." in shown(at)


@pytest.mark.parametrize(("name", "roles"), [("alice", 4), ("mona", 2)])
def test_roles_offered_are_those_that_one_may_give(open_as: OpenAs, cast: Cast, name: str, roles: int) -> None:
    at = press(open_as(getattr(cast, name), USERS), "Invite people")
    offered = selectbox(at, "Invite as").options
    assert len(offered) == roles
    assert [option.partition(":")[0] for option in offered][:2] == ["Viewer", "Member"]
    assert bool([each for each in at.multiselect if "Permissions" in each.label]) is (name == "alice")


@pytest.mark.parametrize("forged", ["admin", "manager", "owner", "Admin: everything", ""])
def test_role_that_was_not_offered_is_not_given(
    open_as: OpenAs, cast: Cast, monkeypatch: pytest.MonkeyPatch, forged: str
) -> None:
    """Streamlit hands on whatever a browser sends for a choice."""
    at = press(open_as(cast.mona, USERS), "Invite people")
    text_area(at, "E-mail addresses").set_value("new@acme.example")
    forge(monkeypatch, "Invite as", forged)
    press(at, "Invite people", "Invite")
    assert {seen.role for seen in list_invitations(cast.alice).items} <= {"member", "viewer"}
    assert "our fault" not in shown(at)


@pytest.mark.parametrize("name", ["max", "vera"])
def test_page_is_not_open_without_the_permission(open_as: OpenAs, cast: Cast, name: str) -> None:
    for page, parameters in ((USERS, {"status": "invited"}), (PERSON, {"person": cast.alice.user_id})):
        at = open_as(getattr(cast, name), page, **parameters)
        assert headings(at) == ["This page is not open to you"]
        assert "alice@" not in shown(at)
