"""People asked of from outside: rights by a forged widget or address, links made up, and an end in the middle of it."""

from uuid import uuid4

import pytest

from lib.access.actor import Actor
from lib.access.permissions import Role
from lib.identity.tokens import hash_secret, new_secret
from lib.ui.navigation import PERSON, USERS
from tests import doors
from tests.factories import make_invitation
from tests.outside.conftest import MARKS, Site
from tests.outside.visitor import Answer, Visitor, visiting

ADDRESS = "wyvern@company.example"


@pytest.fixture
def somebody(site: Site) -> tuple[Actor, str]:
    """An admin of A whom no other test knows, and their cookie."""
    return site.sign_in(f"somebody-{uuid4().hex[:8]}")


def _is_the_form(answer: Answer) -> bool:
    return not [mark for mark in MARKS if answer.says(mark)] and {"Sign in", "Password", "Continue"} <= answer.texts


def _invited(site: Site, email: str) -> list[str]:
    return [role for (role,) in site.sql("SELECT role FROM invitations WHERE email = %s", email)]


class _Dialog:
    """The form of an invitation, opened and filled in, ready to be sent."""

    def __init__(self, visitor: Visitor, email: str, *, role: str = "") -> None:
        page = visitor.open(USERS.url_path)
        asked = visitor.press(page.widget("button", "Invite people").id)
        button = asked.widget("button", "Invite")
        self._visitor, self._button, self._fragment = visitor, button.id, asked.fragment_of(button)
        self._typed = {asked.widget("text_area", "E-mail addresses").id: email}
        if role:
            self._typed[asked.widget("selectbox", "Invite as").id] = role

    def send(self) -> Answer:
        return self._visitor.press(self._button, fragment=self._fragment, **self._typed)


def _demote(site: Site, actor: Actor) -> None:
    """As an admin does, by the web login's door."""
    with doors.person(site.database, site.cast.alice) as connection:
        connection.execute("UPDATE users SET role = 'member' WHERE id = %s", [actor.user_id])


def _deactivate(site: Site, actor: Actor) -> None:
    with doors.person(site.database, site.cast.alice) as connection:
        connection.execute("UPDATE users SET deactivated_at = now() WHERE id = %s", [actor.user_id])


def test_form_invites_while_its_person_may(site: Site, somebody: tuple[Actor, str]) -> None:
    """Or the tests below would say nothing."""
    email = f"{uuid4().hex}@company.example"
    with visiting(site.url, somebody[1]) as visitor:
        answer = _Dialog(visitor, email).send()
    assert answer.says("/accept?token=")
    assert _invited(site, email) == ["member"]


def test_person_deactivated_over_an_open_form_invites_nobody(site: Site, somebody: tuple[Actor, str]) -> None:
    email = f"{uuid4().hex}@company.example"
    with visiting(site.url, somebody[1]) as visitor:
        dialog = _Dialog(visitor, email)
        _deactivate(site, somebody[0])
        assert _is_the_form(dialog.send())
        assert _is_the_form(visitor.open(USERS.url_path))
    assert _invited(site, email) == []


def test_admin_demoted_over_an_open_form_invites_nobody(site: Site, somebody: tuple[Actor, str]) -> None:
    email = f"{uuid4().hex}@company.example"
    with visiting(site.url, somebody[1]) as visitor:
        dialog = _Dialog(visitor, email)
        _demote(site, somebody[0])
        answer = dialog.send()
        assert not answer.says("/accept?token=")
        assert any("This needs “Users" in text for text in answer.texts)
        assert any("not open to you" in text for text in visitor.send().texts)
    assert _invited(site, email) == []


def test_admin_demoted_over_an_open_person_changes_nobody(site: Site, somebody: tuple[Actor, str]) -> None:
    other, _ = site.sign_in(f"other-{uuid4().hex[:8]}", role=Role.VIEWER)
    with visiting(site.url, somebody[1]) as visitor:
        page = visitor.open(PERSON.url_path, f"person={other.user_id}")
        save, role = page.widget("button", "Save rights").id, page.widget("selectbox", "Role").id
        option = next(option for option in page.widget("selectbox", "Role").options if option.startswith("Admin"))
        _demote(site, somebody[0])
        answer = visitor.press(save, **{role: option})
        assert any("not open to you" in text for text in answer.texts)
    assert site.sql("SELECT role FROM users WHERE id = %s", other.user_id) == [("viewer",)]


@pytest.mark.parametrize("forged", ["admin", "Admin: everything in the organization, its people and settings among it"])
def test_manager_invites_no_admin_by_a_forged_choice(site: Site, forged: str) -> None:
    email = f"{uuid4().hex}@company.example"
    _, cookie = site.sign_in(f"manager-{uuid4().hex[:8]}", role=Role.MANAGER)
    with visiting(site.url, cookie) as visitor:
        _Dialog(visitor, email, role=forged).send()
    assert set(_invited(site, email)) <= {"member", "viewer"}


@pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER])
def test_address_of_the_page_gives_no_people_without_the_right(site: Site, role: Role) -> None:
    _, cookie = site.sign_in(f"reader-{uuid4().hex[:8]}", role=role)
    with visiting(site.url, cookie) as visitor:
        for page, query in (
            (USERS.url_path, ""),
            (USERS.url_path, "status=invited"),
            (PERSON.url_path, f"person={site.cast.alice.user_id}"),
        ):
            answer = visitor.open(page, query)
            assert any("not open to you" in text for text in answer.texts)
            assert not answer.says("Alice")


def test_person_of_another_organization_is_nobody(site: Site) -> None:
    with visiting(site.url, site.cast.secret_of(site.cast.charlie)) as visitor:
        answer = visitor.open(PERSON.url_path, f"person={site.cast.alice.user_id}")
    assert any("Not found" in text for text in answer.texts)
    assert [mark for mark in MARKS if answer.says(mark)] == []


@pytest.mark.parametrize("kind", ["forged", "empty", "expired", "revoked", "replaced", "giant", "used"])
def test_link_that_is_not_good_gives_one_page_and_makes_nobody(site: Site, kind: str) -> None:
    made = make_invitation(site.database, site.cast.alice)
    token = {"forged": new_secret(), "empty": "", "giant": "x" * 20_000}.get(kind, made.secret)
    end = {
        "expired": "UPDATE user_tokens SET expires_at = now() WHERE invitation_id = %s",
        "revoked": "UPDATE invitations SET revoked_at = now() WHERE id = %s",
        "used": "UPDATE user_tokens SET used_at = now() WHERE invitation_id = %s",
    }
    if kind in end:
        site.sql(end[kind], made.id)
    if kind == "replaced":
        with doors.person(site.database, site.cast.alice) as connection:
            connection.execute("SELECT api.issue_invitation(%s, %s)", [made.id, hash_secret(new_secret())])
    before = site.sql("SELECT count(*) FROM users")
    with visiting(site.url) as visitor:
        answer = visitor.open("accept", f"token={token}")
    assert {"This link is no longer good", "Go to the sign-in"} <= answer.texts
    assert [mark for mark in MARKS if answer.says(mark)] == []
    assert site.sql("SELECT count(*) FROM users") == before


def test_form_behind_a_good_link_makes_nobody_once_it_is_taken_back(site: Site) -> None:
    made = make_invitation(site.database, site.cast.alice)
    before = site.sql("SELECT count(*) FROM users")
    with visiting(site.url) as visitor:
        page = visitor.open("accept", f"token={made.secret}")
        typed = {"Full name": "Wyvern", "User name": "wyvern", "Password": "a good long one", "Password again": ""}
        typed["Password again"] = typed["Password"]
        fields = {page.widget("text_input", label).id: value for label, value in typed.items()}
        site.sql("UPDATE invitations SET revoked_at = now() WHERE id = %s", made.id)
        answer = visitor.press(page.widget("button", "Join").id, **fields)
    assert "This link is no longer good" in answer.texts
    assert site.sql("SELECT count(*) FROM users") == before
