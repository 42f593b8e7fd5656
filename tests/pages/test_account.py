"""Account: one's own profile, password and sessions."""

from uuid import uuid4

import psycopg
import pytest

from lib.access.actor import Origin
from lib.access.permissions import Role
from lib.db.logins import Login
from lib.errors import SignInRefused
from lib.identity import passwords, sessions
from lib.identity.service import authenticate
from lib.identity.tokens import hash_secret, new_secret
from lib.ui.navigation import ACCOUNT
from tests.cast import PASSWORD, Cast, MadeOrganization, make_person
from tests.conftest import Installation
from tests.mailbox import configure
from tests.pages.conftest import OpenAs
from tests.pages.reading import buttons, headings, is_sign_in, press, selectbox, shown, text_input
from tests.records import row, rows

NEW = "another good password"
ORIGIN = Origin(request_id=uuid4())


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 4)


@pytest.fixture
def elsewhere(installation: Installation, cast: Cast) -> str:
    """The secret of another session of max, on another machine."""
    secret = new_secret()
    with psycopg.connect(installation.database.url(Login.IDENTITY)) as connection:
        connection.execute(
            "INSERT INTO user_sessions (token_hash, user_id, expires_at, ip_address, user_agent) "
            "VALUES (%s, %s, now() + interval '1 day', '198.51.100.9', %s)",
            [hash_secret(secret), cast.max.user_id, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"],
        )
    return secret


def is_alive(secret: str) -> bool:
    return sessions.find_actor(secret, origin=ORIGIN) is not None


def test_everybody_finds_their_own(open_as: OpenAs, cast: Cast) -> None:
    for actor in (*cast.of_a, cast.charlie):
        at = open_as(actor, ACCOUNT)
        assert headings(at) == [
            "Account",
            "Profile",
            "E-mail address",
            "Password",
            "Preferences",
            "Second factor",
            "Sessions",
        ]
        assert f"{actor.email} · {actor.username}" in shown(at)
        assert text_input(at, "Name").value == actor.full_name
        assert buttons(at) == ["Save profile", "Change password", "Save preferences", "Set up"]
        assert "This browser" in shown(at)


def test_name_is_saved_and_used(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    at = open_as(cast.vera, ACCOUNT)
    text_input(at, "Name").set_value("  Vera *Lind* ")
    press(at, "Save profile")

    saved = row(installation, "SELECT * FROM users WHERE id = %s", cast.vera.user_id)
    assert (saved["full_name"], saved["preferences"]) == ("Vera *Lind*", {})
    assert [toast.value for toast in at.toast] == [r"Your profile is saved\."]
    assert "Vera *Lind*" in shown(at)


def test_preferences_are_saved_and_used(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    at = open_as(cast.max, ACCOUNT)
    assert "No mails about the end of runs are sent yet" in shown(at)
    selectbox(at, "Time zone").set_value("Asia/Kolkata")
    selectbox(at, "First page after signing in").set_value("runs")
    assert [(toggle.label, toggle.value) for toggle in at.toggle] == [
        ("A run of mine has finished", True),
        ("A run of mine has failed", True),
        ("A review waits for me", True),
        ("A budget of mine, or one that I manage, is nearly or wholly used up", True),
    ]
    at.toggle[0].set_value(False)
    press(at, "Save preferences")

    assert row(installation, "SELECT preferences FROM users WHERE id = %s", cast.max.user_id)["preferences"] == {
        "time_zone": "Asia/Kolkata",
        "landing_page": "runs",
        "notifications": {"run_finished": False, "run_failed": True, "review_waiting": True, "budget_reached": True},
    }
    assert [toast.value for toast in at.toast] == [r"Your preferences are saved\."]
    assert "UTC)" in shown(at), "times stand in the reader's zone, with UTC at hand"
    actor = sessions.find_actor(cast.secret_of(cast.max), origin=ORIGIN)
    assert actor is not None
    assert actor.first_page == "runs"


def test_whoever_governs_chooses_whether_they_are_told_of_the_quota(
    open_as: OpenAs, installation: Installation, cast: Cast
) -> None:
    at = open_as(cast.alice, ACCOUNT)
    (toggle,) = (each for each in at.toggle if "calls to models" in each.label)
    assert toggle.value
    toggle.set_value(False)
    press(at, "Save preferences")
    saved = row(installation, "SELECT preferences FROM users WHERE id = %s", cast.alice.user_id)["preferences"]
    assert saved["notifications"]["quota_reached"] is False


def test_only_pages_that_are_open_to_one_can_be_the_first(open_as: OpenAs, cast: Cast) -> None:
    for actor, pages in (
        (cast.max, ["Overview", "Launch", "Runs", "Projects"]),
        (cast.vera, ["Overview", "Runs", "Projects"]),
    ):
        assert selectbox(open_as(actor, ACCOUNT), "First page after signing in").options == pages


def test_first_page_that_is_not_open_any_more_is_the_overview(installation: Installation, cast: Cast) -> None:
    change = 'UPDATE users SET preferences = \'{"landing_page": "launch"}\' WHERE organization_id = %s RETURNING 1'
    rows(installation, change, cast.organization_a)
    found = {actor.username: sessions.find_actor(cast.secret_of(actor), origin=ORIGIN) for actor in cast.of_a}
    assert {name: actor and actor.first_page for name, actor in found.items()} == {
        "alice": "launch",
        "mona": "launch",
        "max": "launch",
        "vera": "overview",
    }


def test_without_a_mail_server_the_address_says_whom_to_ask(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.max, ACCOUNT)
    assert "This installation sends no mail, so a new address can't be confirmed." in shown(at)
    assert "New e-mail address" not in [field.label for field in at.text_input]


@pytest.fixture
def mail_server(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, and nobody sends."""
    configure(monkeypatch, 1)


@pytest.mark.usefixtures("mail_server")
def test_new_address_gets_a_link_and_nothing_else_changes(
    open_as: OpenAs, installation: Installation, cast: Cast
) -> None:
    at = open_as(cast.max, ACCOUNT)
    text_input(at, "New e-mail address").set_value("Max@Home.Example")
    text_input(at, "Your password").set_value(PASSWORD)
    press(at, "Send a link to the new address")
    assert "A link is on its way to max@home.example" in shown(at)
    assert "max@acme.example · max" in shown(at)
    assert row(installation, "SELECT kind, recipient, status FROM mail_outbox") == {
        "kind": "email_change",
        "recipient": "max@home.example",
        "status": "queued",
    }


@pytest.mark.usefixtures("mail_server")
def test_address_of_somebody_else_gets_the_same_answer(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.max, ACCOUNT)
    text_input(at, "New e-mail address").set_value("charlie@borealis.example")
    text_input(at, "Your password").set_value(PASSWORD)
    press(at, "Send a link to the new address")
    assert "A link is on its way to charlie@borealis.example" in shown(at)


@pytest.mark.usefixtures("mail_server")
@pytest.mark.parametrize(
    ("email", "password", "said"),
    [
        ("max@home.example", "wrong", "This is not your current password"),
        ("max@home.example", "", "This is not your current password"),
        ("nonsense", PASSWORD, "This is no e-mail address"),
    ],
)
def test_wrong_entry_for_the_address_is_said_and_sends_nothing(
    *, open_as: OpenAs, installation: Installation, cast: Cast, email: str, password: str, said: str
) -> None:
    at = open_as(cast.max, ACCOUNT)
    text_input(at, "New e-mail address").set_value(email)
    text_input(at, "Your password").set_value(password)
    press(at, "Send a link to the new address")
    assert said in shown(at)
    assert "on its way" not in shown(at)
    assert rows(installation, "SELECT * FROM mail_outbox") == []


@pytest.mark.parametrize(
    ("name", "said"), [("", "Name is empty. Enter something."), ("x" * 300, "Name has 300 characters; 255 is the most")]
)
def test_wrong_name_is_said_and_kept(
    open_as: OpenAs, installation: Installation, cast: Cast, name: str, said: str
) -> None:
    at = open_as(cast.vera, ACCOUNT)
    text_input(at, "Name").set_value(name)
    press(at, "Save profile")
    assert said in shown(at)
    assert text_input(at, "Name").value == name
    assert row(installation, "SELECT full_name FROM users WHERE id = %s", cast.vera.user_id)["full_name"] == "Vera"


def test_password_is_changed_and_ends_all_sessions(open_as: OpenAs, cast: Cast, elsewhere: str) -> None:
    at = open_as(cast.max, ACCOUNT)
    text_input(at, "Current password").set_value(PASSWORD)
    text_input(at, "New password").set_value(NEW)
    text_input(at, "New password again").set_value(NEW)
    press(at, "Change password")

    assert is_sign_in(at)
    assert "Your password is changed. Sign in with the new one." in shown(at)
    assert text_input(at, "E-mail or user name").value == "max@acme.example"
    assert authenticate("max", NEW, origin=ORIGIN) == cast.max.user_id
    with pytest.raises(SignInRefused):
        authenticate("max", PASSWORD, origin=ORIGIN)
    assert not is_alive(elsewhere)
    assert not is_alive(cast.secret_of(cast.max))
    assert is_alive(cast.secret_of(cast.vera))


@pytest.mark.parametrize(
    ("current", "new", "again", "said"),
    [
        ("wrong", NEW, NEW, "This is not your current password. Try again"),
        (PASSWORD, NEW, NEW + " ", "The two new passwords are not the same. Type them again."),
        (PASSWORD, "short", "short", "has 5 characters and needs at least 12"),
        (PASSWORD, PASSWORD, PASSWORD, "This is your current password. Choose another one."),
        (PASSWORD, "max@acme.example", "max@acme.example", "is one of your names"),
        ("", "", "", "password"),
    ],
)
def test_wrong_password_is_said_and_changes_nothing(
    *, open_as: OpenAs, cast: Cast, elsewhere: str, current: str, new: str, again: str, said: str
) -> None:
    at = open_as(cast.max, ACCOUNT)
    text_input(at, "Current password").set_value(current)
    text_input(at, "New password").set_value(new)
    text_input(at, "New password again").set_value(again)
    press(at, "Change password")
    assert said in shown(at)
    assert not at.toast
    assert authenticate("max", PASSWORD, origin=ORIGIN) == cast.max.user_id
    assert is_alive(elsewhere)


def test_session_elsewhere_is_recognised_and_ended(open_as: OpenAs, cast: Cast, elsewhere: str) -> None:
    at = open_as(cast.max, ACCOUNT)
    assert "Firefox on Linux" in shown(at)
    assert "198.51.100.9" in shown(at)
    assert buttons(at) == ["Save profile", "Change password", "Save preferences", "Set up", "End", "End all others"]
    press(at, "End")
    assert not is_alive(elsewhere)
    assert is_alive(cast.secret_of(cast.max))
    assert "Firefox" not in shown(at)


def test_all_others_are_ended_at_once(open_as: OpenAs, cast: Cast, elsewhere: str) -> None:
    at = press(open_as(cast.max, ACCOUNT), "End all others")
    assert [toast.value for toast in at.toast] == [r"1 session ended\."]
    assert not is_alive(elsewhere)
    assert is_alive(cast.secret_of(cast.vera))
    assert buttons(at) == ["Save profile", "Change password", "Save preferences", "Set up"]


def test_session_that_another_one_ended_is_over_at_its_next_step(open_as: OpenAs, cast: Cast, elsewhere: str) -> None:
    at = open_as(cast.max, ACCOUNT)
    other = sessions.find_actor(elsewhere, origin=ORIGIN)
    assert other is not None
    sessions.revoke_other_sessions(other)
    text_input(at, "Name").set_value("Changed")
    press(at, "Save profile")
    assert is_sign_in(at)
    assert is_alive(elsewhere)


def test_colleagues_sessions_are_nobodys_to_see(open_as: OpenAs, installation: Installation, cast: Cast) -> None:
    with psycopg.connect(installation.database.url(Login.IDENTITY)) as connection:
        organization = MadeOrganization(cast.organization_a, "Acme Research", "acme")
        make_person(connection, organization, "otto", role=Role.MEMBER)
    at = open_as(cast.alice, ACCOUNT)
    assert buttons(at) == ["Save profile", "Change password", "Save preferences", "Set up"]
