"""Another address for oneself, true once it was shown to be one's own."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.access.actor import Origin
from lib.config import get_settings
from lib.errors import AlreadyTaken, Conflict, InvalidInput, LinkExpired, NotSignedIn
from lib.identity import email_change, sessions
from lib.identity.email_change import confirm_email, find_new_email, request_email_change
from lib.identity.reset import check_reset, request_reset
from lib.mail.message import Message
from tests.cast import PASSWORD, Cast
from tests.lib.identity.conftest import Look, token_in
from tests.lib.identity.test_attempts import _is_let_in

pytestmark = pytest.mark.usefixtures("mail_server")

NEW = "max@home.example"


def email_of(sql: Look, cast: Cast) -> tuple[str, bool]:
    [found] = sql("SELECT email, email_verified_at IS NOT NULL FROM users WHERE id = %s", cast.max.user_id)
    return tuple(found)


def test_address_is_changed_once_its_link_is_opened(
    cast: Cast, origin: Origin, sql: Look, written: list[Message]
) -> None:
    assert request_email_change(cast.max, new_email=" Max@Home.Example ", password=PASSWORD) == NEW
    assert email_of(sql, cast) == (cast.max.email, False)
    assert (written[0].recipient, written[0].values) == (NEW, {"name": "Max"})
    token = token_in(written[0])
    assert find_new_email(token) == NEW
    assert confirm_email(token, origin=origin) == NEW
    assert email_of(sql, cast) == (NEW, True)
    assert _is_let_in(NEW, origin)
    assert not _is_let_in(cast.max.email, origin)
    assert sessions.find_actor(cast.secret_of(cast.max), origin=origin)
    with pytest.raises(LinkExpired):
        confirm_email(token, origin=origin)


def test_address_before_is_told_and_the_trail_says_who(
    cast: Cast, origin: Origin, sql: Look, written: list[Message]
) -> None:
    request_email_change(cast.max, new_email=NEW, password=PASSWORD)
    confirm_email(token_in(written[0]), origin=origin)
    [(recipient, values)] = sql("SELECT recipient, values FROM mail_outbox WHERE kind = 'email_changed_notice'")
    assert recipient == cast.max.email
    assert (values["name"], values["new_email"]) == ("Max", NEW)
    [(user_id, old, new)] = sql(
        "SELECT user_id, old_values, new_values FROM audit_logs WHERE action = 'users.update' AND resource_id = %s",
        cast.max.user_id,
    )
    assert user_id == cast.max.user_id
    assert old == {"email": cast.max.email, "email_verified_at": None}
    assert new["email"] == NEW
    assert new["email_verified_at"]


@pytest.mark.parametrize("taken", ["vera@acme.example", "Charlie@borealis.example"])
def test_taken_address_gets_the_same_answer_and_its_confirmation_fails_kindly(
    *, cast: Cast, origin: Origin, sql: Look, written: list[Message], taken: str
) -> None:
    assert request_email_change(cast.max, new_email=taken, password=PASSWORD) == taken.lower()
    assert written[0].recipient == taken.lower()
    with pytest.raises(AlreadyTaken, match="belongs to another account already"):
        confirm_email(token_in(written[0]), origin=origin)
    assert email_of(sql, cast) == (cast.max.email, False)


def test_address_taken_meanwhile_is_the_first_ones(
    cast: Cast, origin: Origin, sql: Look, written: list[Message]
) -> None:
    for actor in (cast.max, cast.charlie):
        request_email_change(actor, new_email=NEW, password=PASSWORD)

    def confirm(mail: Message) -> str:
        try:
            return confirm_email(token_in(mail), origin=origin)
        except AlreadyTaken:
            return "taken"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(confirm, written[:2])) == [NEW, "taken"]


def test_wrong_password_changes_nothing_and_counts(cast: Cast, sql: Look, written: list[Message]) -> None:
    for _ in range(5):
        with pytest.raises(InvalidInput, match="not your current password"):
            request_email_change(cast.max, new_email=NEW, password="wrong")
    with pytest.raises(InvalidInput, match="Your name is locked"):
        request_email_change(cast.max, new_email=NEW, password=PASSWORD)
    assert written == []


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("", "no e-mail address"),
        ("max", "no e-mail address"),
        ("max@home.example\r\nBcc: all@evil.example", "no e-mail address"),
        ("a@b.example, c@d.example", "no e-mail address"),
        ("Max@Acme.Example", "your e-mail address already"),
    ],
)
def test_address_that_is_none_or_is_ones_own_is_said(
    cast: Cast, sql: Look, written: list[Message], email: str, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        request_email_change(cast.max, new_email=email, password=PASSWORD)
    assert written == []


def test_only_the_last_link_is_good(cast: Cast, origin: Origin, sql: Look, written: list[Message]) -> None:
    for email in ("first@home.example", NEW):
        request_email_change(cast.max, new_email=email, password=PASSWORD)
    with pytest.raises(LinkExpired):
        confirm_email(token_in(written[0]), origin=origin)
    assert confirm_email(token_in(written[1]), origin=origin) == NEW


def test_link_to_the_address_before_opens_nothing_any_more(
    cast: Cast, origin: Origin, sql: Look, written: list[Message]
) -> None:
    request_reset("max", origin=origin)
    request_email_change(cast.max, new_email=NEW, password=PASSWORD)
    confirm_email(token_in(written[1]), origin=origin)
    with pytest.raises(LinkExpired):
        check_reset(token_in(written[0]))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE user_tokens SET expires_at = now() - interval '1 second' WHERE user_id = %s",
        "UPDATE users SET deactivated_at = now() WHERE id = %s",
        "UPDATE organizations SET deleted_at = now() WHERE id = (SELECT organization_id FROM users WHERE id = %s)",
    ],
)
def test_link_ends_with_its_day_and_its_person(
    *, cast: Cast, origin: Origin, sql: Look, written: list[Message], change: str
) -> None:
    request_email_change(cast.max, new_email=NEW, password=PASSWORD)
    sql(change, cast.max.user_id)
    with pytest.raises(LinkExpired):
        confirm_email(token_in(written[0]), origin=origin)
    assert email_of(sql, cast) == (cast.max.email, False)


@pytest.mark.parametrize("token", ["", "forged", "\ud800"])
def test_forged_token_is_good_for_nothing(cast: Cast, origin: Origin, token: str) -> None:
    for use in (find_new_email, lambda token: confirm_email(token, origin=origin)):
        with pytest.raises(LinkExpired):
            use(token)


def test_person_who_is_gone_asks_for_nothing(cast: Cast, sql: Look, written: list[Message]) -> None:
    sql("UPDATE users SET deactivated_at = now() WHERE id = %s", cast.max.user_id)
    with pytest.raises(NotSignedIn):
        request_email_change(cast.max, new_email=NEW, password=PASSWORD)
    assert written == []


def test_account_is_no_way_to_write_to_strangers(cast: Cast, sql: Look, written: list[Message]) -> None:
    for number in range(email_change.MOST_LINKS_AN_HOUR):
        request_email_change(cast.max, new_email=f"n{number}@home.example", password=PASSWORD)
    with pytest.raises(InvalidInput, match="wait a while"):
        request_email_change(cast.max, new_email=NEW, password=PASSWORD)
    assert len(written) == email_change.MOST_LINKS_AN_HOUR


def test_without_a_mail_server_it_is_said(cast: Cast, sql: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORCHESTRATOR_MAIL_FROM")
    get_settings.cache_clear()
    with pytest.raises(Conflict, match="sends no mail"):
        request_email_change(cast.max, new_email=NEW, password=PASSWORD)


def test_address_of_a_domain_that_the_organization_does_not_take_is_refused(
    cast: Cast, sql: Look, written: list[Message]
) -> None:
    settings = '{"security_settings": {"email_domains": ["acme.example"]}}'
    sql("UPDATE organizations SET settings = %s WHERE id = %s", settings, cast.organization_a)
    with pytest.raises(InvalidInput, match=r"addresses of acme\.example only"):
        request_email_change(cast.max, new_email=NEW, password=PASSWORD)
    assert written == []
    assert request_email_change(cast.max, new_email="max.okafor@acme.example", password=PASSWORD)
