import re
from typing import Any
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from lib.access.actor import Origin
from lib.identity import passwords, sessions
from lib.identity.service import redeem_ticket
from lib.ui import state
from tests import doors
from tests.cast import Cast, make_cast
from tests.conftest import Installation
from tests.factories import make_new_organization

ORIGIN = Origin(request_id=uuid4())
PASSWORD = "  spaces  at both ends  "


@pytest.fixture
def cast(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Cast:
    monkeypatch.setattr(passwords, "COST", 4)
    made = make_cast(installation.database)
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE user_credentials SET password_hash = %s", [passwords.hash_password(PASSWORD)])
    return made


def _page() -> AppTest:
    def page() -> None:
        from lib.ui.sign_in import show_sign_in

        show_sign_in()

    return AppTest.from_function(page)


def _send(page: AppTest, name: str, password: str) -> AppTest:
    page.text_input[0].set_value(name)
    page.text_input[1].set_value(password)
    page.button[0].click()
    return page.run()


def _text(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.title, *page.markdown)).replace("\\", "")


def _ticket(page: AppTest) -> Any:
    """What the browser would post."""
    if "sign_in_ticket" not in page.session_state:
        return None
    return page.session_state["sign_in_ticket"]


def test_form_asks_for_name_and_password(cast: Cast) -> None:
    page = _page().run()
    assert not page.exception
    assert page.title[0].value == "Sign in"
    assert [(field.label, field.autocomplete) for field in page.text_input] == [
        ("E-mail or user name", "username"),
        ("Password", "current-password"),
    ]
    assert page.button[0].label == "Continue"


@pytest.mark.parametrize("name", ["max", " Max@Acme.Example "])
def test_right_password_gets_a_ticket_for_a_session(cast: Cast, name: str) -> None:
    page = _send(_page().run(), name, PASSWORD)
    assert not page.exception
    assert page.title[0].value == "Signing in …"
    assert not page.text_input
    actor = sessions.find_actor(redeem_ticket(_ticket(page), origin=ORIGIN), origin=ORIGIN)
    assert actor
    assert actor.user_id == cast.max.user_id


def test_ticket_is_drawn_again_and_not_issued_again(cast: Cast) -> None:
    page = _send(_page().run(), "max", PASSWORD)
    ticket = _ticket(page)
    assert _ticket(page.run()) == ticket


@pytest.mark.parametrize(
    ("name", "password"), [("max", "wrong"), ("max", PASSWORD.strip()), ("nobody", PASSWORD), ("max'", PASSWORD)]
)
def test_refusal_is_said_at_the_form_which_keeps_the_name(cast: Cast, name: str, password: str) -> None:
    page = _send(_page().run(), name, password)
    assert not page.exception
    assert "This name and password do not match. Check both and try again" in _text(page)
    assert "15 minutes" in _text(page)
    assert page.text_input[0].value == name
    assert _ticket(page) is None


@pytest.mark.parametrize(("name", "password"), [("", ""), ("  ", PASSWORD), ("max", "")])
def test_empty_field_is_said_and_counts_for_nothing(
    cast: Cast, installation: Installation, name: str, password: str
) -> None:
    page = _send(_page().run(), name, password)
    assert "Type your e-mail address or user name, and your password." in _text(page)
    with doors.admin(installation.database) as connection:
        [(attempts,)] = connection.execute("SELECT max(failed_attempts) FROM user_credentials").fetchall()
    assert attempts == 0


def test_whoever_signs_in_after_a_refusal_is_let_in(cast: Cast) -> None:
    page = _send(_send(_page().run(), "max", "wrong"), "max", PASSWORD)
    assert _ticket(page)


def test_status_of_the_library_is_no_session(cast: Cast) -> None:
    page = _page()
    page.session_state["authentication_status"] = True
    page.session_state["username"] = "alice"
    page.run()
    assert page.title[0].value == "Sign in"
    assert len(page.text_input) == 2


def test_empty_installation_shows_the_way_to_its_set_up(installation: Installation) -> None:
    page = _page().run()
    assert not page.exception
    assert "This installation is not set up yet: open the link that it printed in the terminal" in _text(page)
    assert not page.text_input
    make_new_organization("acme", name="Acme")
    assert len(page.run().text_input) == 2


def test_fault_of_ours_is_said_at_the_form_without_its_details(cast: Cast, installation: Installation) -> None:
    page = _page().run()
    with doors.admin(installation.database) as connection:
        connection.execute("REVOKE UPDATE ON user_credentials FROM orchestrator_identity")
    _send(page, "max", PASSWORD)
    assert not page.exception
    assert "give your administrator the reference" in _text(page)
    assert not re.search("user_credentials|psycopg|denied", _text(page))


def _signing_out() -> AppTest:
    def page() -> None:
        import streamlit as st

        from lib.ui import guard, sign_in

        actor = guard.require_actor()
        st.title(f"Page of {actor.username}")
        st.button("Sign out", on_click=sign_in.sign_out)

    return AppTest.from_function(page)


def test_sign_out_ends_the_session_before_anything_else_is_drawn(cast: Cast) -> None:
    page = _signing_out()
    page.session_state[state.SESSION_ID] = cast.secret_of(cast.max)
    page.run()
    assert page.title[0].value == "Page of max"
    page.button[0].click().run()
    assert not page.exception
    assert [title.value for title in page.title] == ["Signing out …"]
    assert state.SESSION_ID not in page.session_state
    assert sessions.find_actor(cast.secret_of(cast.max), origin=ORIGIN) is None
    assert sessions.find_actor(cast.secret_of(cast.vera), origin=ORIGIN)
