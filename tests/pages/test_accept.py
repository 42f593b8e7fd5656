"""Accepting an invitation: the screen behind its link."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from lib.identity import passwords
from lib.ui.navigation import PageEntry
from lib.users.invitations import revoke_invitation
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import MadeInvitation, make_invitation, make_new_organization
from tests.nasty import NAMES
from tests.pages.conftest import OpenAs
from tests.pages.reading import buttons, headings, markdown, markup, press, shown, text_input
from tests.records import rows

ACCEPT = PageEntry(file="", title="Invitation", icon="", url_path="accept")
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 4)


@pytest.fixture
def made(installation: Installation, cast: Cast) -> MadeInvitation:
    return make_invitation(installation.database, cast.alice, email="nora@acme.example", role="manager")


def fill(at: AppTest, **entered: str) -> AppTest:
    labels = {"full_name": "Full name", "username": "User name", "password": "Password", "again": "Password again"}
    for name, value in entered.items():
        text_input(at, labels[name]).set_value(value)
    return at


def faults(at: AppTest) -> dict[str, list[str]]:
    """Field -> what is said to be wrong between it and the next one."""
    found: dict[str, list[str]] = {}
    label = ""
    for node in at._tree:
        if node.type == "text_input":
            label = node.label  # type: ignore[union-attr]  # has one
        elif node.type == "markdown" and str(node.value).startswith(":red["):  # type: ignore[union-attr]  # has one
            found.setdefault(label, []).append(str(node.value))  # type: ignore[union-attr]  # has one
    return found


def people(installation: Installation) -> int:
    return len(rows(installation, "SELECT FROM users"))


def test_first_admin_is_invited_by_the_installations_operator(open_as: OpenAs, installation: Installation) -> None:
    made = make_new_organization()
    at = open_as(None, ACCEPT, token=made.invited.secret_path.partition("=")[2])
    assert headings(at) == ["Join Northwind"]
    assert "The installation's operator invites you as an admin." in shown(at)
    fill(at, full_name="Nora Lindqvist", username="nora", password=PASSWORD, again=PASSWORD)
    press(at, "Join")
    assert "You belong to Northwind now. Sign in to begin." in shown(at)
    assert rows(installation, "SELECT organization_id, role FROM users WHERE username = 'nora'") == [
        {"organization_id": made.id, "role": "admin"}
    ]


def test_link_shows_what_it_invites_to_and_leads_to_the_sign_in(
    open_as: OpenAs, installation: Installation, cast: Cast, made: MadeInvitation
) -> None:
    at = open_as(None, ACCEPT, token=made.secret)
    assert headings(at) == ["Join Acme Research"]
    assert "Alice invites you as a manager." in shown(at)
    assert "nora@acme.example" in shown(at)
    fill(at, full_name="Nora Lindqvist", username="nora", password=PASSWORD, again=PASSWORD)
    press(at, "Join")
    assert headings(at) == ["Sign in"]
    assert "You belong to Acme Research now. Sign in to begin." in shown(at)
    assert text_input(at, "E-mail or user name").value == "nora@acme.example"
    assert rows(installation, "SELECT full_name, role FROM users WHERE username = 'nora'") == [
        {"full_name": "Nora Lindqvist", "role": "manager"}
    ]
    assert headings(open_as(None, ACCEPT, token=made.secret)) == ["This link is no longer good"]


def test_each_field_says_what_is_wrong(open_as: OpenAs, installation: Installation, made: MadeInvitation) -> None:
    before = people(installation)
    at = fill(open_as(None, ACCEPT, token=made.secret), username="no ra", password="short", again="other")
    press(at, "Join")
    for said in (
        "Full name is empty.",
        "Use letters (a to z)",
        "has 5 characters and needs at least 12",
        "This is not the same password. Type both again.",
    ):
        assert said in shown(at), said
    assert {field: len(said) for field, said in faults(at).items()} == dict.fromkeys(
        ["Full name", "User name", "Password", "Password again"], 1
    )
    assert people(installation) == before


def test_taken_names_are_said(open_as: OpenAs, installation: Installation, cast: Cast, made: MadeInvitation) -> None:
    at = open_as(None, ACCEPT, token=made.secret)
    press(fill(at, full_name="Nora", username="charlie", password=PASSWORD, again=PASSWORD), "Join")
    assert "Somebody has this user name already." in shown(at)
    assert list(faults(at)) == ["User name"], "and under no other field"
    known = make_invitation(installation.database, cast.alice, email=cast.charlie.email)
    at = open_as(None, ACCEPT, token=known.secret)
    press(fill(at, full_name="Nora", username="nora", password=PASSWORD, again=PASSWORD), "Join")
    assert "No new account can be made for this e-mail address." in shown(at)
    assert "Borealis" not in shown(at)


@pytest.mark.parametrize("token", ["forged", "", "x" * 5000, "\0", "revoked"])
def test_link_that_is_not_good_is_one_kind_page(open_as: OpenAs, cast: Cast, made: MadeInvitation, token: str) -> None:
    if token == "revoked":
        revoke_invitation(cast.alice, made.id)
        token = made.secret
    at = open_as(None, ACCEPT, token=token)
    assert headings(at) == ["This link is no longer good"]
    assert "ask whoever invited you for a new link" in shown(at)
    assert not at.text_input
    assert "Acme" not in shown(at)


def test_link_that_is_taken_back_while_the_form_is_open_makes_nobody(
    open_as: OpenAs, installation: Installation, cast: Cast, made: MadeInvitation
) -> None:
    before = people(installation)
    at = open_as(None, ACCEPT, token=made.secret)
    fill(at, full_name="Nora", username="nora", password=PASSWORD, again=PASSWORD)
    revoke_invitation(cast.alice, made.id)
    press(at, "Join")
    assert headings(at) == ["This link is no longer good"]
    assert people(installation) == before


@pytest.mark.parametrize("name", ["alice", "charlie"])
def test_who_is_signed_in_is_told_to_sign_out_first(
    open_as: OpenAs, cast: Cast, made: MadeInvitation, name: str
) -> None:
    at = open_as(getattr(cast, name), ACCEPT, token=made.secret)
    assert headings(at) == ["You are signed in already"]
    assert buttons(at) == ["Sign out and go on"]
    press(at, "Sign out and go on")
    assert at.query_params["token"] == made.secret
    assert headings(at) == ["Join Acme Research"]


@pytest.mark.parametrize("kind", ["markup", "directives", "hidden"])
def test_words_of_people_stay_words(
    open_as: OpenAs, installation: Installation, cast: Cast, made: MadeInvitation, kind: str
) -> None:
    text = NAMES[kind]
    rows(installation, "UPDATE organizations SET name = %s WHERE id = %s RETURNING 1", text, cast.organization_a)
    rows(installation, "UPDATE users SET full_name = %s WHERE id = %s RETURNING 1", text, cast.alice.user_id)
    at = open_as(None, ACCEPT, token=made.secret)
    unescaped = re.sub(r"\\.", "", markdown(at))
    for mark in ("![x]", "<b>", "<script", ":violet[*", "\u202e", "\u200b"):
        assert mark not in unescaped
        assert mark not in markup(at)
