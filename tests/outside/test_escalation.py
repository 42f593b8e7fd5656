"""More than one may, asked for from outside: pages by their address, an admin's buttons, choices nobody offered, names
that look like somebody else's, and a right that ends while a page is at work.
"""

import re
import threading
from uuid import uuid4

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.util import calc_hash

from lib.access.actor import Actor
from lib.access.permissions import GRANTS, Role
from lib.identity.tokens import hash_secret
from lib.ui.navigation import (
    ACCOUNT,
    CONNECTIONS,
    OPERATIONS,
    ORGANIZATION,
    ORGANIZATIONS,
    PAGES,
    PERSON,
    USERS,
    WEBHOOKS,
    PageEntry,
)
from tests import doors
from tests.factories import make_invitation
from tests.outside.conftest import Site
from tests.outside.visitor import Answer, Visitor, visiting
from tests.workers import until

#: What is pressed on the pages that not everybody opens.
BUTTONS = {
    USERS: "Invite people",
    PERSON: "Save rights",
    CONNECTIONS: "Add connection",
    WEBHOOKS: "Add endpoint",
    ORGANIZATION: "Save names",
    ORGANIZATIONS: "New organization",
    OPERATIONS: "Look again",
}
CLOSED = [
    (role, page)
    for role in (Role.MANAGER, Role.MEMBER, Role.VIEWER)
    for page in PAGES
    if page.is_for_operators or page.permission not in {None, *GRANTS[role]}
]
#: What is typed for "Alice" -> what is said, or as what it is kept.
REFUSED_NAMES = {
    "\u0410lice": "mixes Cyrillic and Latin letters",
    "Alic\u0435 Larsen": "mixes Cyrillic and Latin letters",
    "Ali\u200bce": "invisible character",
    "Alice\u3164": "invisible character",
    "Ali\u202ece": "invisible control character",
}
PLAIN_NAMES = {"\uff21lice": "Alice", "\U0001d400lice": "Alice"}
REFUSED_ADDRESSES = {
    "\u0430lice@acme.example": "mixes Cyrillic and Latin letters",
    "alice@\u0430cme.example": "mixes Cyrillic and Latin letters",
    "\u0441\u043e\u0441\u043e@acme.example": "Cyrillic letters that look like Latin ones",
    "ali\u200bce@acme.example": "invisible character",
}


@pytest.fixture(scope="module", autouse=True)
def _room(site: Site) -> None:
    """More people than the free tier lets in."""
    site.sql("UPDATE organizations SET subscription_tier = 'enterprise'")


@pytest.fixture(scope="module")
def cookies(site: Site) -> dict[Role, str]:
    """Of somebody of each role."""
    return {role: site.sign_in(f"{role}-{uuid4().hex[:8]}", role=role)[1] for role in Role}


def _is_closed(answer: Answer, page: PageEntry) -> bool:
    """Whether it says so, and has nothing of the page."""
    is_said = any("not open to you" in text or "operators of this installation" in text for text in answer.texts)
    return is_said and not answer.says("Alice") and BUTTONS.get(page, page.title) not in answer.texts


def _hash_of(page: PageEntry) -> str:
    return str(calc_hash(page.url_path))


@pytest.mark.parametrize(("role", "page"), CLOSED, ids=lambda value: getattr(value, "url_path", str(value)))
def test_page_is_not_opened_by_its_address_or_its_hash(
    site: Site, cookies: dict[Role, str], role: Role, page: PageEntry
) -> None:
    with visiting(site.url, cookies[role]) as visitor:
        assert _is_closed(visitor.open(page.url_path, site.query_of(page)), page)
        assert _is_closed(visitor.open("runs", site.query_of(page), script_hash=_hash_of(page)), page)


@pytest.mark.parametrize("page", [USERS, PERSON, CONNECTIONS, WEBHOOKS, ORGANIZATION], ids=lambda page: page.url_path)
@pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER])
def test_button_of_an_admins_page_does_nothing_for_who_may_not_open_it(
    site: Site, cookies: dict[Role, str], role: Role, page: PageEntry
) -> None:
    """Widgets have the same ids for everybody."""
    before = site.sql("SELECT name, settings FROM organizations ORDER BY id")
    with visiting(site.url, cookies[Role.ADMIN]) as admin, visiting(site.url, cookies[role]) as other:
        button = admin.open(page.url_path, site.query_of(page)).widget("button", BUTTONS[page]).id
        assert BUTTONS[page] in admin.press(button).texts, "for who may it is there"
        other.open(page.url_path, site.query_of(page))
        assert _is_closed(other.press(button), page)
    assert site.sql("SELECT name, settings FROM organizations ORDER BY id") == before


@pytest.mark.parametrize("role", ["admin", "manager", "owner", "Admin: everything", None])
@pytest.mark.parametrize("permissions", [[], ["audit.view"], ["Audit trail: read"], ["everything"]], ids=str)
def test_rights_that_were_not_offered_are_not_given(site: Site, role: str | None, permissions: list[str]) -> None:
    """By a member who may edit people, to themselves: neither a role nor a permission, by its name or by its label."""
    member, cookie = site.sign_in(f"member-{uuid4().hex[:8]}", role=Role.MEMBER)
    rights = '["users.view", "users.edit"]'
    site.sql("UPDATE users SET permissions = %s WHERE id = %s", rights, member.user_id)
    with visiting(site.url, cookie) as visitor:
        page = visitor.open(PERSON.url_path, f"person={member.user_id}")
        chosen = WidgetState(id=page.widget("multiselect", "Permissions beside the role").id)
        chosen.string_array_value.data.extend(["Users: see them", "Users: change roles and permissions", *permissions])
        widgets = [chosen, WidgetState(id=page.widget("button", "Save rights").id, trigger_value=True)]
        if role is not None:
            widgets.append(WidgetState(id=page.widget("selectbox", "Role").id, string_value=role))
        answer = visitor.send(widgets=widgets)
        assert not any("our fault" in text for text in answer.texts)
    [(kept, held)] = site.sql("SELECT role, permissions FROM users WHERE id = %s", member.user_id)
    assert kept in {"member", "viewer"}
    assert set(held) <= {"users.view", "users.edit"}


def _type(visitor: Visitor, page: Answer, button: str, typed: dict[str, str], *, kind: str = "text_input") -> Answer:
    """Fill in lines and press the button, in the part of the page where it stands."""
    pressed = page.widget("button", button)
    fields = {page.widget(kind, label).id: text for label, text in typed.items()}
    return visitor.press(pressed.id, fragment=page.fragment_of(pressed), **fields)


@pytest.mark.parametrize("name", [*REFUSED_NAMES, *PLAIN_NAMES], ids=ascii)
def test_nobody_calls_themselves_like_somebody_else(site: Site, name: str) -> None:
    actor, cookie = site.sign_in(f"somebody-{uuid4().hex[:8]}", role=Role.VIEWER)
    with visiting(site.url, cookie) as visitor:
        answer = _type(visitor, visitor.open(ACCOUNT.url_path), "Save profile", {"Name": name})
    kept = site.sql("SELECT full_name FROM users WHERE id = %s", actor.user_id)
    assert kept == [(PLAIN_NAMES.get(name, actor.full_name),)]
    assert any(REFUSED_NAMES.get(name, "Save profile") in text for text in answer.texts)


@pytest.mark.parametrize("name", [*REFUSED_NAMES, *PLAIN_NAMES], ids=ascii)
def test_nobody_joins_under_a_name_like_somebody_elses(site: Site, name: str) -> None:
    made, username = make_invitation(site.database, site.cast.alice), f"joined-{uuid4().hex[:8]}"
    typed = {"Full name": name, "User name": username, "Password": "a good long one", "Password again": ""}
    typed["Password again"] = typed["Password"]
    with visiting(site.url) as visitor:
        answer = _type(visitor, visitor.open("accept", f"token={made.secret}"), "Join", typed)
    joined = [found for (found,) in site.sql("SELECT full_name FROM users WHERE username = %s", username)]
    assert joined == [PLAIN_NAMES[name]] if name in PLAIN_NAMES else joined == []
    assert any(REFUSED_NAMES.get(name, "Sign in to begin") in text for text in answer.texts)


def _invite(visitor: Visitor, addresses: str) -> Answer:
    asked = visitor.press(visitor.open(USERS.url_path).widget("button", "Invite people").id)
    return _type(visitor, asked, "Invite", {"E-mail addresses": addresses}, kind="text_area")


@pytest.mark.parametrize("address", REFUSED_ADDRESSES, ids=ascii)
def test_address_like_somebody_elses_is_not_invited(site: Site, cookies: dict[Role, str], address: str) -> None:
    before = site.sql("SELECT count(*) FROM invitations")
    with visiting(site.url, cookies[Role.ADMIN]) as visitor:
        answer = _invite(visitor, address)
    assert any(REFUSED_ADDRESSES[address] in text for text in answer.texts)
    assert not answer.says("/accept?token=")
    assert site.sql("SELECT count(*) FROM invitations") == before


def test_address_in_wide_letters_is_the_plain_one(site: Site, cookies: dict[Role, str]) -> None:
    """So it is that of somebody who is here already."""
    with visiting(site.url, cookies[Role.ADMIN]) as visitor:
        answer = _invite(visitor, "\uff41lice@acme.example")
    assert any("Is one of your people already" in text for text in answer.texts)
    assert not answer.says("/accept?token=")


@pytest.fixture
def somebody(site: Site) -> tuple[Actor, str]:
    """An admin of A whom no other test knows, and their cookie."""
    return site.sign_in(f"somebody-{uuid4().hex[:8]}")


EACH_END = pytest.mark.parametrize(
    "end", ["deactivated_at = now()", "deleted_at = now()", "role = 'member'", "role = 'viewer'"], ids=str
)


def _invite_until(site: Site, somebody: tuple[Actor, str], address: str, *, end: str, held: str) -> Answer:
    """What the page answers that invites, and has asked who is there, when it waits for a table that an administrator
    holds, its person's right ends meanwhile, and it goes on.
    """
    actor, cookie = somebody
    answers: list[Answer] = []
    with visiting(site.url, cookie) as visitor, doors.admin(site.database) as administrator:
        asked = visitor.press(visitor.open(USERS.url_path).widget("button", "Invite people").id)
        administrator.execute(f"LOCK TABLE {held} IN EXCLUSIVE MODE".encode())
        typed = {"E-mail addresses": address}
        at_work = threading.Thread(
            target=lambda: answers.append(_type(visitor, asked, "Invite", typed, kind="text_area"))
        )
        at_work.start()
        waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        until(lambda: site.sql(waiting) != [], 30)
        administrator.execute(f"UPDATE users SET {end} WHERE id = %s".encode(), [actor.user_id])
        administrator.commit()
        at_work.join()
    return answers[0]


@EACH_END
def test_right_that_ends_while_the_page_is_at_work_is_gone(site: Site, somebody: tuple[Actor, str], end: str) -> None:
    address = f"{uuid4().hex}@company.example"
    answer = _invite_until(site, somebody, address, end=end, held="invitations")
    assert not answer.says("/accept?token=")
    assert not any("our fault" in text for text in answer.texts)
    assert site.sql("SELECT role FROM invitations WHERE email = %s", address) == []


@EACH_END
def test_link_that_was_under_way_when_its_makers_right_ended_opens_nothing(
    site: Site, somebody: tuple[Actor, str], end: str
) -> None:
    answer = _invite_until(site, somebody, f"{uuid4().hex}@company.example", end=end, held="user_tokens")
    [token] = {found for text in answer.texts for found in re.findall(r"accept\?token=([\w-]+)", text)}
    assert site.sql("SELECT count(*) FROM user_tokens WHERE token_hash = %s", hash_secret(token)) == [(1,)]
    with visiting(site.url) as visitor:
        assert "This link is no longer good" in visitor.open("accept", f"token={token}").texts
