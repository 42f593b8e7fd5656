"""The operator's page asked of from outside: who makes an organization, and who gets the link of its first admin."""

import re
from uuid import uuid4

import pytest

from lib.access.actor import Actor
from lib.ui.navigation import ORGANIZATIONS
from tests.outside.conftest import MARKS, Site
from tests.outside.visitor import Answer, Visitor, visiting

LINK = re.compile(r"/accept\?(token=[\w-]{43})")


@pytest.fixture
def operator(site: Site) -> tuple[Actor, str]:
    """Somebody of A who runs the installation, and not the only one, and their cookie."""
    people = [site.sign_in(f"operator-{uuid4().hex[:8]}") for _ in range(2)]
    ids = [actor.user_id for actor, _ in people]
    site.sql("UPDATE users SET is_operator = true WHERE id = ANY (%s)", ids)
    return people[0]


class _Dialog:
    """The form of a new organization, opened and filled in, ready to be sent."""

    def __init__(self, visitor: Visitor, slug: str) -> None:
        page = visitor.open(ORGANIZATIONS.url_path)
        asked = visitor.press(page.widget("button", "New organization").id)
        button = asked.widget("button", "Create organization")
        self._visitor, self._button, self._fragment = visitor, button.id, asked.fragment_of(button)
        typed = {
            "Organization name": "Wyvern",
            "Short name": slug,
            "E-mail of the first admin": f"{slug}@wyvern.example",
        }
        self._typed = {asked.widget("text_input", label).id: value for label, value in typed.items()}

    def send(self) -> Answer:
        return self._visitor.press(self._button, fragment=self._fragment, **self._typed)


def _made(site: Site, slug: str) -> int:
    return len(site.sql("SELECT FROM organizations WHERE slug = %s", slug))


def test_operator_gets_the_link_and_whoever_holds_it_is_the_admin(site: Site, operator: tuple[Actor, str]) -> None:
    slug = f"wyvern-{uuid4().hex[:8]}"
    with visiting(site.url, operator[1]) as visitor:
        (token,) = {found for text in _Dialog(visitor, slug).send().texts for found in LINK.findall(text)}
        assert not LINK.search("\n".join(visitor.open(ORGANIZATIONS.url_path).texts)), "once"
    with visiting(site.url) as visitor:
        page = visitor.open("accept", token)
        assert any("operator invites you as an admin" in text for text in page.texts)
        assert [mark for mark in MARKS if page.says(mark)] == [], "nothing of the operator's own organization"
        typed = {"Full name": "Wyvern", "User name": slug, "Password": "a good long one", "Password again": ""}
        typed["Password again"] = typed["Password"]
        fields = {page.widget("text_input", label).id: value for label, value in typed.items()}
        visitor.press(page.widget("button", "Join").id, **fields)
    assert site.sql(
        "SELECT u.role, u.is_operator FROM users u JOIN organizations o ON o.id = u.organization_id WHERE o.slug = %s",
        slug,
    ) == [("admin", False)]


def test_whose_right_is_taken_over_an_open_form_makes_nothing(site: Site, operator: tuple[Actor, str]) -> None:
    slug = f"wyvern-{uuid4().hex[:8]}"
    with visiting(site.url, operator[1]) as visitor:
        dialog = _Dialog(visitor, slug)
        site.sql("UPDATE users SET is_operator = false WHERE id = %s", operator[0].user_id)
        answer = dialog.send()
        assert not answer.says("/accept?token=")
        assert any("operators of this installation" in text for text in answer.texts)
    assert _made(site, slug) == 0


def test_session_that_ends_over_an_open_form_makes_nothing(site: Site, operator: tuple[Actor, str]) -> None:
    slug = f"wyvern-{uuid4().hex[:8]}"
    with visiting(site.url, operator[1]) as visitor:
        dialog = _Dialog(visitor, slug)
        site.sql("UPDATE user_sessions SET revoked_at = now() WHERE user_id = %s", operator[0].user_id)
        answer = dialog.send()
        assert not answer.says("/accept?token=")
        assert {"Sign in", "Continue"} <= answer.texts
    assert _made(site, slug) == 0


def test_admin_who_is_no_operator_sees_no_organizations(site: Site) -> None:
    with visiting(site.url, site.cast.secret_of(site.cast.charlie)) as visitor:
        answer = visitor.open(ORGANIZATIONS.url_path)
    assert not [mark for mark in MARKS if answer.says(mark)]
    assert "New organization" not in answer.texts
