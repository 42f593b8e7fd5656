"""The page of one person: what they may do and why, and what each role is offered to do about it."""

import re
from typing import Any

import pytest
from psycopg.types.json import Jsonb
from streamlit.testing.v1 import AppTest

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.identity import sessions
from lib.identity.reset import check_reset
from lib.ui.navigation import PERSON
from lib.users.changes import change_rights
from lib.users.rights import Rights
from tests.cast import Cast
from tests.conftest import Installation
from tests.mailbox import mail_server
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, buttons, facts, headings, is_sign_in, press, selectbox, shown, table
from tests.pages.test_users import forge, multiselect
from tests.records import row, rows

__all__ = ["mail_server"]

RESET = re.compile(r"http://localhost:8501/reset\?token=([\w-]{43})")


def stored(installation: Installation, actor: Actor) -> dict[str, Any]:
    return row(installation, "SELECT role, permissions, deactivated_at FROM users WHERE id = %s", actor.user_id)


def grant(installation: Installation, actor: Actor, *permissions: str) -> None:
    words = Jsonb(list(permissions))
    rows(installation, "UPDATE users SET permissions = %s WHERE id = %s RETURNING 1", words, actor.user_id)


def menu(at: AppTest) -> list[str]:
    """What the menu of the head offers."""
    return [option for each in at.menu_button for option in each.options]


def choose(at: AppTest, option: str) -> AppTest:
    """Choose it, and leave it chosen for the next run: what is pressed then is pressed in the dialog."""
    at.menu_button[0].click(option).run()
    assert not at.exception
    at.menu_button[0].click(option)
    return at


def test_page_says_who_it_is_and_what_they_may_do(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    grant(installation, cast.max, "audit.view")
    at = open_as(cast.alice, PERSON, person=cast.max.user_id)
    assert headings(at) == ["Max", "Role and permissions", "What they may do, and why", "Activity", "Details"]
    said = facts(at)
    assert (said["E-mail"], said["User name"]) == ("max@acme.example", "max")
    assert said["Role"].startswith("Member: makes projects")
    assert said["Beside it"] == "Audit trail: read"
    assert said["Sessions"].startswith("1 session, last used")
    why = dict(zip(table(at, "What"), zip(table(at, "Held"), table(at, "Why"), strict=True), strict=True))
    assert why["Runs: launch"] == ("['✓ Yes']", "Every member may")
    assert why["Runs: cancel"] == ("['◐ Own only']", "Every member may, for their own")
    assert why["Audit trail: read"] == ("['✓ Yes']", "Granted to them beside their role")
    assert "Users: invite" not in why
    at.segmented_control[0].set_value("lacking").run()
    why = dict(zip(table(at, "What"), table(at, "Why"), strict=True))
    assert why["Users: invite"] == "Admins and managers may"


def test_everybody_is_offered_what_they_may_do(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.alice, PERSON, person=cast.max.user_id)
    assert (buttons(at), menu(at)) == (["Deactivate", "Save rights"], ["Reset password…", "End sessions…"])
    at = open_as(cast.alice, PERSON, person=cast.alice.user_id)
    assert (buttons(at), menu(at)) == (["Save rights"], [])
    at = open_as(cast.mona, PERSON, person=cast.max.user_id)
    assert (buttons(at), menu(at)) == ([], [])
    assert headings(at) == ["Max", "What they may do, and why", "Details"], "and no activity"
    assert "Sessions" not in facts(at)


def test_role_and_permissions_are_changed(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    at = open_as(cast.alice, PERSON, person=cast.max.user_id)
    selectbox(at, "Role").set_value("viewer")
    multiselect(at, "Permissions beside the role").set_value([Permission.ANALYTICS_VIEW])
    press(at, "Save rights")
    assert "The rights are changed." in shown(at)
    assert stored(installation, cast.max) == {
        "role": "viewer",
        "permissions": ["analytics.view"],
        "deactivated_at": None,
    }
    assert "changed the role" in shown(at)


def test_form_that_is_behind_changes_nothing(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    at = open_as(cast.alice, PERSON, person=cast.max.user_id)
    change_rights(cast.alice, cast.max.user_id, role="viewer", permissions=[], seen=Rights(cast.max.role))
    multiselect(at, "Permissions beside the role").set_value([Permission.ANALYTICS_VIEW])
    press(at, "Save rights")
    assert "Somebody else has changed this person's rights meanwhile." in shown(at)
    assert stored(installation, cast.max)["role"] == "viewer"


def test_last_admin_is_told_why_they_stay(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    at = open_as(cast.alice, PERSON, person=cast.alice.user_id)
    selectbox(at, "Role").set_value("viewer")
    press(at, "Save rights")
    assert "This is the last active admin" in shown(at)
    assert stored(installation, cast.alice)["role"] == "admin"


@pytest.mark.parametrize("forged", ["admin", "manager", "owner", "Admin: everything", ""])
@pytest.mark.parametrize("whose", ["max", "vera"])
def test_role_that_was_not_offered_is_not_given(
    *,
    open_as: OpenAs,
    installation: Installation,
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    whose: str,
    forged: str,
) -> None:
    """By a member who may edit people, to themselves and to somebody else: whatever a browser sends for the choice."""
    grant(installation, cast.max, "users.view", "users.edit")
    other: Actor = getattr(cast, whose)
    before = stored(installation, other)
    at = open_as(cast.max, PERSON, person=other.user_id)
    assert not {"Admin", "Manager"} & {option.partition(":")[0] for option in selectbox(at, "Role").options}
    forge(monkeypatch, "Role", forged)
    press(at, "Save rights")
    assert stored(installation, other) == before
    assert "our fault" not in shown(at)


def test_permission_that_was_not_offered_is_not_given(
    open_as: OpenAs, installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant(installation, cast.max, "users.view", "users.edit")
    at = open_as(cast.max, PERSON, person=cast.vera.user_id)
    offered = multiselect(at, "Permissions beside the role")
    assert "Audit trail: read" not in offered.options
    monkeypatch.setattr(type(offered), "_widget_state", property(lambda self: forged_list(self, "audit.view")))
    press(at, "Save rights")
    assert stored(installation, cast.vera)["permissions"] == []


def forged_list(widget: Any, value: str) -> Any:
    from streamlit.proto.WidgetStates_pb2 import WidgetState

    state = WidgetState(id=widget.id)
    state.string_array_value.data.append(value)
    return state


def test_deactivated_with_a_word_of_warning_and_reactivated(
    open_as: OpenAs, installation: Installation, cast: Cast
) -> None:
    theirs = open_as(cast.max, PERSON, person=cast.max.user_id)
    at = press(open_as(cast.alice, PERSON, person=cast.max.user_id), "Deactivate")
    assert "They are signed out everywhere, at once, and can't sign in any more." in shown(at)
    assert stored(installation, cast.max)["deactivated_at"] is None
    for one in [each for each in at.button if each.label == "Deactivate"]:
        one.click()
    at.run()
    assert "Max is deactivated." in shown(at)
    assert stored(installation, cast.max)["deactivated_at"]
    assert is_sign_in(theirs.run())
    assert "nothing of it while they are deactivated" in shown(at.run())
    press(at, "Reactivate")
    for one in [each for each in at.button if each.label == "Reactivate"]:
        one.click()
    at.run()
    assert "Max may sign in again." in shown(at)
    assert stored(installation, cast.max)["deactivated_at"] is None


def test_sessions_are_ended(open_as: OpenAs, cast: Cast) -> None:
    at = choose(open_as(cast.alice, PERSON, person=cast.max.user_id), "End sessions…")
    assert "They may sign in again with their password." in shown(at)
    press(at, "End the sessions")
    assert "1 session ended." in shown(at)
    assert sessions.find_actor(cast.secret_of(cast.max), origin=cast.max.origin) is None
    assert facts(at.run())["Sessions"] == "None: they are signed in nowhere"


def test_link_for_a_new_password_is_shown_once(open_as: OpenAs, cast: Cast) -> None:
    at = choose(open_as(cast.alice, PERSON, person=cast.max.user_id), "Reset password…")
    assert "Whoever has it can sign in as Max" in shown(at)
    assert not at.code, "nothing is made before it is confirmed"
    press(at, "Make the link")
    (code,) = at.code
    link = RESET.fullmatch(code.value)
    assert link
    check_reset(link[1])
    assert link[1] not in shown(open_as(cast.alice, PERSON, person=cast.max.user_id))
    assert "made a link for a new password" in shown(open_as(cast.alice, PERSON, person=cast.max.user_id))


@pytest.mark.usefixtures("mail_server")
def test_link_for_a_new_password_goes_by_mail_and_is_not_shown(open_as: OpenAs, cast: Cast) -> None:
    at = choose(open_as(cast.alice, PERSON, person=cast.max.user_id), "Reset password…")
    assert "It goes by mail to max@acme.example, and nobody else sees it." in shown(at)
    press(at, "Make the link")
    assert "A mail to max@acme.example is on its way." in shown(at)
    assert not at.code
    assert "token=" not in shown(at)


def test_operators_password_is_not_an_admins_to_reset(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    rows(installation, "UPDATE users SET is_operator = true WHERE id = %s RETURNING 1", cast.max.user_id)
    at = choose(open_as(cast.alice, PERSON, person=cast.max.user_id), "Reset password…")
    press(at, "Make the link")
    assert "nobody but another operator gives them a way in" in shown(at)
    assert not at.code


@pytest.mark.parametrize("person", ["", "nonsense", "00000000-0000-7000-8000-000000000000"])
def test_nobody_is_said_to_be_nobody(open_as: OpenAs, cast: Cast, person: str) -> None:
    at = open_as(cast.alice, PERSON, person=person)
    assert headings(at) == ["Not found"]
    assert "There is no such person" in shown(at)


def test_stranger_is_told_the_same_as_of_nobody(open_as: OpenAs, cast: Cast) -> None:
    unknown = shown(open_as(cast.charlie, PERSON, person="00000000-0000-7000-8000-000000000000"))
    assert shown(open_as(cast.charlie, PERSON, person=cast.max.user_id)) == unknown


def test_button_of_another_person_is_not_left_from_before(open_as: OpenAs, cast: Cast) -> None:
    at = press(open_as(cast.alice, PERSON, person=cast.max.user_id), "Deactivate")
    assert button(at, "Not now")
    at.query_params["person"] = str(cast.vera.user_id)
    at.run()
    assert headings(at)[0] == "Vera"
    assert "signed out everywhere" not in shown(at)
