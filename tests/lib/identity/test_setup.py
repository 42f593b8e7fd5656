from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from lib.access.actor import Origin
from lib.access.permissions import Role
from lib.errors import InvalidInput, LinkExpired
from lib.identity import sessions
from lib.identity.service import authenticate, issue_ticket, redeem_ticket
from lib.identity.setup import check_setup, find_faults, is_set_up, make_setup_link, set_up
from tests.factories import make_new_organization
from tests.lib.identity.conftest import Look

pytestmark = pytest.mark.usefixtures("installation")

ENTERED = {
    "organization_name": "Northwind Research",
    "slug": "northwind-research",
    "full_name": "Alice Larsen",
    "email": "Alice@Northwind.Example",
    "username": "Alice",
    "password": "  correct horse battery  ",
}


def _token() -> str:
    link = make_setup_link("https://orchestrator.example.com/")
    assert link
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "orchestrator.example.com", "/set-up")
    return parse_qs(parts.query)["token"][0]


def test_first_person_is_admin_and_operator_of_the_first_organization(origin: Origin) -> None:
    assert not is_set_up()
    token = _token()
    check_setup(token)
    user_id = set_up(token, **ENTERED, origin=origin)
    assert is_set_up()
    assert authenticate("alice", ENTERED["password"], origin=origin) == user_id
    actor = sessions.find_actor(redeem_ticket(issue_ticket(user_id), origin=origin), origin=origin)
    assert actor
    assert (actor.role, actor.is_operator) == (Role.ADMIN, True)
    assert (actor.full_name, actor.email, actor.username) == ("Alice Larsen", "alice@northwind.example", "alice")
    assert (actor.organization_name, actor.organization_slug) == ("Northwind Research", "northwind-research")


def test_link_is_good_once(origin: Origin, sql: Look) -> None:
    token = _token()
    set_up(token, **ENTERED, origin=origin)
    for attempt in (lambda: check_setup(token), lambda: set_up(token, **ENTERED, origin=origin)):
        with pytest.raises(LinkExpired, match="set up already"):
            attempt()
    assert sql("SELECT count(*) FROM organizations") == [(1,)]


def test_newer_link_replaces_the_older_one() -> None:
    older, newer = _token(), _token()
    with pytest.raises(LinkExpired, match="newest"):
        check_setup(older)
    check_setup(newer)


def test_link_expires_and_says_what_to_do(origin: Origin, sql: Look) -> None:
    token = _token()
    sql("UPDATE user_tokens SET expires_at = now()")
    for attempt in (lambda: check_setup(token), lambda: set_up(token, **ENTERED, origin=origin)):
        with pytest.raises(LinkExpired, match="orchestrator up"):
            attempt()
    assert not is_set_up()


def test_made_up_link_takes_nothing(origin: Origin) -> None:
    _token()
    for token in ("", "made-up", "nul\0"):
        with pytest.raises(LinkExpired):
            set_up(token, **ENTERED, origin=origin)
    assert not is_set_up()


def test_no_link_is_made_where_there_is_an_organization() -> None:
    token = _token()
    make_new_organization("acme", name="Acme")
    assert make_setup_link("https://orchestrator.example.com") is None
    with pytest.raises(LinkExpired, match="set up already"):
        check_setup(token)


def test_deleted_organization_does_not_open_the_installation_again(sql: Look) -> None:
    make_new_organization("acme", name="Acme")
    sql("UPDATE organizations SET deleted_at = now()")
    assert make_setup_link("https://orchestrator.example.com") is None


def test_of_two_at_once_one_wins_and_the_other_is_told(origin: Origin, sql: Look) -> None:
    token, start = _token(), Barrier(2)

    def attempt(slug: str) -> UUID | LinkExpired:
        start.wait()
        try:
            return set_up(token, **ENTERED | {"slug": slug}, origin=origin)
        except LinkExpired as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(attempt, ["one", "two"]))
    [loser] = [answer for answer in answers if isinstance(answer, LinkExpired)]
    assert "set up already" in loser.message
    assert "ask whoever set it up" in loser.message
    assert sql("SELECT count(*) FROM organizations") == [(1,)]
    assert sql("SELECT count(*) FROM users") == [(1,)]


def test_nothing_is_made_by_halves(origin: Origin, sql: Look) -> None:
    token = _token()
    sql("ALTER TABLE user_credentials ADD CONSTRAINT never CHECK (false)")
    with pytest.raises(Exception, match="never"):
        set_up(token, **ENTERED, origin=origin)
    assert not is_set_up()
    sql("ALTER TABLE user_credentials DROP CONSTRAINT never")
    assert set_up(token, **ENTERED, origin=origin)


def test_field_that_cannot_be_taken_is_named_and_the_link_stays_good(origin: Origin) -> None:
    token = _token()
    for changed, label in (
        ({"organization_name": " "}, "Organization name"),
        ({"organization_name": "x" * 300}, "Organization name"),
        ({"slug": "Northwind!"}, "Short name"),
        ({"full_name": "Alice\x07"}, "Full name"),
        ({"email": "alice"}, "E-mail"),
        ({"username": "alice@northwind.example"}, "User name"),
        ({"password": "short"}, "Password"),
        ({"password": "Northwind Research"}, "Password"),
        ({"password": "alice@northwind.example"}, "Password"),
    ):
        with pytest.raises(InvalidInput) as refused:
            set_up(token, **ENTERED | changed, origin=origin)
        assert refused.value.field == label
    assert not is_set_up()
    assert set_up(token, **ENTERED, origin=origin)


def test_every_fault_of_the_form_is_found_at_once() -> None:
    wrong: dict[str, Any] = dict.fromkeys(ENTERED, "")
    labels = ["Organization name", "Short name", "Full name", "E-mail", "User name", "Password"]
    assert list(find_faults(**wrong)) == labels
    assert not find_faults(**ENTERED)


def test_markup_in_names_is_kept_as_text(origin: Origin, sql: Look) -> None:
    set_up(_token(), **ENTERED | {"organization_name": "<script>alert(1)</script>"}, origin=origin)
    assert sql("SELECT name FROM organizations") == [("<script>alert(1)</script>",)]


def test_trail_begins_with_the_set_up(origin: Origin, sql: Look) -> None:
    set_up(_token(), **ENTERED, origin=origin)
    trail = sql("SELECT action, host(ip_address) FROM audit_logs ORDER BY id")
    assert trail == [(f"{table}.create", "198.51.100.9") for table in ("organizations", "users", "credentials")]
