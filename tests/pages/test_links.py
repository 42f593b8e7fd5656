"""The way back in: asked for at the sign-in form, and the screens behind links in mails."""

from typing import Any
from uuid import uuid4

import pytest
from streamlit.testing.v1 import AppTest

from lib.access.actor import Origin
from lib.db.session import identity_session
from lib.identity import passwords, tokens
from lib.identity.service import authenticate
from lib.identity.tokens import TokenKind
from lib.ui.navigation import OVERVIEW, PageEntry
from tests.cast import PASSWORD, Cast
from tests.conftest import Installation
from tests.mailbox import configure
from tests.pages.conftest import OpenAs
from tests.pages.reading import buttons, headings, is_sign_in, press, shown, text_input
from tests.records import row, rows

NEW = "another good password"
ORIGIN = Origin(request_id=uuid4())
RESET = PageEntry(file="", title="", icon="", url_path="reset")
CONFIRM = PageEntry(file="", title="", icon="", url_path="confirm")


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 4)


@pytest.fixture
def mail_server(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, and nobody sends."""
    configure(monkeypatch, 1)


def token_for(cast: Cast, kind: TokenKind, email: str | None = None) -> str:
    with identity_session(None) as session:
        return tokens.issue(session, kind, user_id=cast.max.user_id, email=email or cast.max.email)


def ask(at: AppTest, name: str) -> AppTest:
    press(at, "Forgot your password?")
    text_input(at, "E-mail or user name").set_value(name)
    return press(at, "Send me a link")


@pytest.mark.usefixtures("mail_server")
def test_link_is_asked_for_by_name(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    at = ask(open_as(None, OVERVIEW), "max")
    assert headings(at) == ["Forgot your password?"]
    assert "If this is somebody's name, a link is on its way" in shown(at)
    assert row(installation, "SELECT kind, recipient FROM mail_outbox") == {
        "kind": "password_reset",
        "recipient": "max@acme.example",
    }
    assert is_sign_in(press(at, "Back to sign-in"))


@pytest.mark.usefixtures("mail_server")
def test_answer_is_the_same_for_everybody_and_nobody(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    rows(installation, "UPDATE users SET deactivated_at = now() WHERE username = 'mona' RETURNING 1")
    said = {shown(ask(open_as(None, OVERVIEW), name)) for name in ("max", "nobody", "mona", "charlie", "x@y", "' --")}
    assert len(said) == 1
    assert len(rows(installation, "SELECT 1 FROM mail_outbox")) == 2


@pytest.mark.usefixtures("mail_server")
def test_empty_name_is_said(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    assert "Type your e-mail address or user name." in shown(ask(open_as(None, OVERVIEW), "  "))
    assert rows(installation, "SELECT 1 FROM sign_in_networks") == []


def test_without_a_mail_server_it_says_whom_to_ask(open_as: OpenAs, cast: Cast) -> None:
    at = press(open_as(None, OVERVIEW), "Forgot your password?")
    assert "This installation sends no mail" in shown(at)
    assert "orchestrator users password" in shown(at)
    assert not at.text_input
    assert is_sign_in(press(at, "Back to sign-in"))


def fill(at: AppTest, new: str, again: str) -> AppTest:
    text_input(at, "New password").set_value(new)
    text_input(at, "New password again").set_value(again)
    return press(at, "Set the password")


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_link_sets_a_password_and_leads_to_the_sign_in(open_as: OpenAs, cast: Cast, is_signed_in: bool) -> None:
    token = token_for(cast, TokenKind.PASSWORD_RESET)
    at = fill(open_as(cast.max if is_signed_in else None, RESET, token=token), NEW, NEW)
    assert is_sign_in(at)
    assert "Your new password is set. Sign in with it." in shown(at)
    assert text_input(at, "E-mail or user name").value == "max@acme.example"
    assert authenticate("max", NEW, origin=ORIGIN) == cast.max.user_id


@pytest.mark.parametrize(
    ("new", "again", "said"),
    [
        (NEW, NEW + " ", "The two passwords are not the same. Type them again."),
        ("short", "short", "has 5 characters and needs at least 12"),
        ("max@acme.example", "max@acme.example", "is one of your names"),
    ],
)
def test_wrong_password_is_said_and_the_link_stays_good(
    open_as: OpenAs, cast: Cast, new: str, again: str, said: str
) -> None:
    at = fill(open_as(None, RESET, token=token_for(cast, TokenKind.PASSWORD_RESET)), new, again)
    assert said in shown(at)
    assert authenticate("max", PASSWORD, origin=ORIGIN)
    assert is_sign_in(fill(at, NEW, NEW))


@pytest.mark.parametrize("page", [RESET, CONFIRM], ids=["reset", "confirm"])
@pytest.mark.parametrize("query", [{}, {"token": ""}, {"token": "forged"}, {"token": "<img src=x onerror=alert(1)>"}])
def test_link_that_is_no_longer_good_says_what_to_do(
    open_as: OpenAs, cast: Cast, page: PageEntry, query: dict[str, Any]
) -> None:
    at = open_as(None, page, **query)
    assert headings(at) == ["This link is no longer good"]
    assert "Ask for another one" in shown(at)
    assert buttons(at) == []
    assert not at.text_input


def test_link_that_was_used_meanwhile_is_said_when_it_is_sent(open_as: OpenAs, cast: Cast) -> None:
    token = token_for(cast, TokenKind.PASSWORD_RESET)
    first, second = (open_as(None, RESET, token=token) for _ in range(2))
    fill(first, NEW, NEW)
    fill(second, "quite another password", "quite another password")
    assert headings(second) == ["This link is no longer good"]
    assert authenticate("max", NEW, origin=ORIGIN)


def test_link_of_another_kind_opens_no_screen(open_as: OpenAs, cast: Cast) -> None:
    reset, verify = (token_for(cast, kind) for kind in (TokenKind.PASSWORD_RESET, TokenKind.EMAIL_VERIFICATION))
    assert headings(open_as(None, RESET, token=verify)) == ["This link is no longer good"]
    assert headings(open_as(None, CONFIRM, token=reset)) == ["This link is no longer good"]


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_address_is_confirmed_by_a_button_and_not_by_opening_the_link(
    open_as: OpenAs, installation: Installation, cast: Cast, is_signed_in: bool
) -> None:
    token = token_for(cast, TokenKind.EMAIL_VERIFICATION, "max_*m*@home.example")
    at = open_as(cast.max if is_signed_in else None, CONFIRM, token=token)
    assert "**max_*m*@home.example** becomes the address that you sign in with." in shown(at)
    email = "SELECT email FROM users WHERE id = %s"
    assert row(installation, email, cast.max.user_id)["email"] == "max@acme.example"
    press(at, "Confirm")
    assert headings(at) == ["Your address is changed"]
    assert row(installation, email, cast.max.user_id)["email"] == "max_*m*@home.example"


def test_address_of_somebody_else_is_refused_kindly(open_as: OpenAs, cast: Cast) -> None:
    token = token_for(cast, TokenKind.EMAIL_VERIFICATION, "charlie@borealis.example")
    at = press(open_as(None, CONFIRM, token=token), "Confirm")
    assert "This address belongs to another account already" in shown(at)
