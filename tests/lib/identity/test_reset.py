"""A way back in by mail, told to nobody else; every token once, for its person and its hour."""

import logging
from dataclasses import replace
from uuid import UUID

import pytest

from lib.access.actor import Origin
from lib.config import get_settings
from lib.errors import Conflict, InvalidInput, LinkExpired, SignInRefused
from lib.identity import reset, sessions
from lib.identity.attempts import MOST_WRONG_FROM_ONE_ADDRESS
from lib.identity.reset import check_reset, request_reset, reset_password, set_password
from lib.identity.service import authenticate, issue_ticket, redeem_ticket
from lib.mail.message import Message
from lib.samples.service import load_sample
from tests.cast import PASSWORD, Cast
from tests.lib.identity.conftest import Look, token_in
from tests.lib.identity.test_attempts import _is_let_in, _statements

pytestmark = pytest.mark.usefixtures("mail_server")

NEW = "another good password"


def outbox(sql: Look, kind: str = "password_reset") -> list[str]:
    rows = sql("SELECT recipient FROM mail_outbox WHERE kind = %s ORDER BY id", kind)
    return [recipient for (recipient,) in rows]


@pytest.mark.parametrize("name", ["max", " MAX@acme.example "])
def test_link_lets_its_person_set_a_password_once(
    cast: Cast, origin: Origin, sql: Look, written: list[Message], name: str
) -> None:
    request_reset(name, origin=origin)
    assert outbox(sql) == [cast.max.email]
    token = token_in(written[0])
    check_reset(token)
    assert reset_password(token, new=NEW, origin=origin) == cast.max.email
    assert authenticate("max", NEW, origin=origin) == cast.max.user_id
    with pytest.raises(SignInRefused):
        authenticate("max", PASSWORD, origin=origin)
    for again in (check_reset, lambda token: reset_password(token, new=NEW + "!", origin=origin)):
        with pytest.raises(LinkExpired, match="Forgot your password"):
            again(token)


def test_new_password_ends_every_session_ticket_and_lock_and_says_so(
    cast: Cast, origin: Origin, sql: Look, written: list[Message]
) -> None:
    ticket = issue_ticket(cast.max.user_id)
    sql("UPDATE user_credentials SET locked_until = now() + interval '15 minutes' WHERE user_id = %s", cast.max.user_id)
    request_reset("max", origin=origin)
    request_reset("max", origin=origin)
    reset_password(token_in(written[0]), new=NEW, origin=origin)
    assert sessions.find_actor(cast.secret_of(cast.max), origin=origin) is None
    assert sessions.find_actor(cast.secret_of(cast.vera), origin=origin)
    with pytest.raises(LinkExpired):
        redeem_ticket(ticket, origin=origin)
    with pytest.raises(LinkExpired):
        check_reset(token_in(written[1]))
    assert _is_let_in("max", origin, NEW)
    assert outbox(sql, "password_changed_notice") == [cast.max.email]
    [(values,)] = sql("SELECT values FROM mail_outbox WHERE kind = 'password_changed_notice'")
    assert (values["name"], values["where"]) == ("Max", "198.51.100.9")


def test_trail_says_who_asked_and_who_changed_what_without_the_value(
    cast: Cast, origin: Origin, sql: Look, written: list[Message]
) -> None:
    request_reset("max", origin=origin)
    reset_password(token_in(written[0]), new=NEW, origin=origin)
    trail = sql(
        "SELECT action, user_id, host(ip_address), new_values::text FROM audit_logs WHERE created_at >= "
        "(SELECT max(created_at) FROM mail_outbox WHERE kind = 'password_reset') ORDER BY id"
    )
    assert [row[:3] for row in trail] == [
        (action, cast.max.user_id, "198.51.100.9")
        for action in ("identity.ask_for_reset", "credentials.update", "identity.end_sessions")
    ]
    assert "$2b$" not in str(trail)


NOBODY = ["nobody", "", "max'--", "x" * 400, "\x00", "mona", "vera"]


@pytest.mark.parametrize("name", NOBODY)
def test_unknown_deactivated_and_passwordless_people_get_no_mail_and_nobody_is_told(
    cast: Cast, origin: Origin, sql: Look, name: str
) -> None:
    _part_with(sql, cast)
    request_reset(name, origin=origin)
    assert outbox(sql) == []
    assert sql("SELECT * FROM user_tokens WHERE kind = 'password_reset'") == []


def test_every_wish_asks_as_many_statements_of_the_database(cast: Cast, origin: Origin, sql: Look) -> None:
    _part_with(sql, cast)
    request_reset("nobody", origin=origin)  # the first one from an address clears old ones away
    asked = set()
    for name in [*NOBODY, "max", "alice@acme.example", "charlie"]:
        with _statements() as heard:
            request_reset(name, origin=origin)
        # the last is the one that keeps it, in the trail or, where there is nobody, by address
        asked.add(tuple(statement.split("(")[0].split(None, 3)[0] for statement in heard[:-1]))
        assert len(heard) == len(next(iter(asked))) + 1
    assert len(asked) == 1


def test_link_opens_nobody_elses_account(cast: Cast, origin: Origin, sql: Look, written: list[Message]) -> None:
    """Of two organizations; each link is its person's."""
    for name in ("max", "charlie"):
        request_reset(name, origin=origin)
    assert reset_password(token_in(written[1]), new=NEW, origin=origin) == cast.charlie.email
    assert _is_let_in("max", origin)
    assert not _is_let_in("max", origin, NEW)


@pytest.mark.parametrize("token", ["", "forged", "A" * 43, "\ud800", "'; DROP TABLE users; --"])
def test_forged_token_is_good_for_nothing(cast: Cast, origin: Origin, compared: list[str], token: str) -> None:
    with pytest.raises(LinkExpired):
        check_reset(token)
    with pytest.raises(LinkExpired):
        reset_password(token, new=NEW, origin=origin)


def test_token_of_another_kind_is_good_for_nothing(cast: Cast, origin: Origin) -> None:
    with pytest.raises(LinkExpired):
        reset_password(issue_ticket(cast.max.user_id), new=NEW, origin=origin)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE user_tokens SET expires_at = now() - interval '1 second' WHERE user_id = %s",
        "UPDATE users SET deactivated_at = now() WHERE id = %s",
        "UPDATE users SET deleted_at = now() WHERE id = %s",
        "UPDATE users SET email = 'somebody@else.example' WHERE id = %s",
        "UPDATE organizations SET deleted_at = now() WHERE id = (SELECT organization_id FROM users WHERE id = %s)",
    ],
)
def test_link_ends_with_its_hour_and_with_what_it_was_sent_to(
    *, cast: Cast, origin: Origin, sql: Look, written: list[Message], change: str
) -> None:
    request_reset("max", origin=origin)
    sql("UPDATE user_tokens SET expires_at = now() + interval '59 minutes' WHERE kind = 'password_reset'")
    check_reset(token_in(written[0]))
    sql(change, cast.max.user_id)
    with pytest.raises(LinkExpired):
        reset_password(token_in(written[0]), new=NEW, origin=origin)


def test_link_is_good_for_an_hour(cast: Cast, origin: Origin, sql: Look, written: list[Message]) -> None:
    request_reset("max", origin=origin)
    assert sql("SELECT expires_at - created_at = interval '1 hour' FROM user_tokens WHERE kind = 'password_reset'") == [
        (True,)
    ]


@pytest.mark.parametrize("weak", ["short", "max@acme.example", "aaaaaaaaaaaaaaaa"])
def test_weak_password_is_said_and_leaves_the_link_good(
    cast: Cast, origin: Origin, written: list[Message], weak: str
) -> None:
    request_reset("max", origin=origin)
    with pytest.raises(InvalidInput):
        reset_password(token_in(written[0]), new=weak, origin=origin)
    assert _is_let_in("max", origin)
    reset_password(token_in(written[0]), new=NEW, origin=origin)


def test_mailbox_is_not_flooded(cast: Cast, origin: Origin, sql: Look) -> None:
    for number in range(6):
        request_reset("max", origin=replace(origin, ip_address=f"198.51.100.{number}"))
    assert outbox(sql) == [cast.max.email] * reset.MOST_LINKS_AN_HOUR
    sql("UPDATE user_tokens SET created_at = now() - interval '61 minutes'")
    request_reset("max", origin=origin)
    assert len(outbox(sql)) == reset.MOST_LINKS_AN_HOUR + 1


def test_wishes_count_for_their_address_as_wrong_passwords_do(cast: Cast, origin: Origin, sql: Look) -> None:
    for number in range(MOST_WRONG_FROM_ONE_ADDRESS):
        request_reset(f"guess-{number}", origin=origin)
    request_reset("max", origin=origin)
    assert outbox(sql) == []
    assert not _is_let_in("max", origin)
    request_reset("max", origin=replace(origin, ip_address="198.51.100.10"))
    assert outbox(sql) == [cast.max.email]


def test_wishes_keep_nobody_out_of_their_account(cast: Cast, origin: Origin) -> None:
    for _ in range(10):
        request_reset("max", origin=origin)
    assert _is_let_in("max", origin)


def test_operator_can_see_names_that_nobody_has(
    cast: Cast, origin: Origin, sql: Look, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "lib.identity.attempts"):
        request_reset("root@acme.example", origin=origin)
    assert "The wish for a new password from 198.51.100.9/32 was refused: nobody is called 'root@" in caplog.text
    assert sql("SELECT unknown_names FROM sign_in_networks") == [(1,)]


def test_invented_people_of_the_sample_workspace_get_no_mail(cast: Cast, origin: Origin, sql: Look) -> None:
    load_sample()
    sql(
        "INSERT INTO user_credentials (user_id, password_hash) SELECT u.id, 'x' FROM users u "
        "JOIN organizations o ON o.id = u.organization_id WHERE o.sample_made_at IS NOT NULL"
    )
    [(email,)] = sql(
        "SELECT email FROM users u WHERE u.organization_id NOT IN (%s, %s) ORDER BY id LIMIT 1", *_real(cast)
    )
    request_reset(email, origin=origin)
    assert len(sql("SELECT 1 FROM user_tokens WHERE kind = 'password_reset'")) == 1, "it is an account like any"
    assert outbox(sql) == []


def test_without_a_mail_server_it_is_said_and_nothing_is_done(
    cast: Cast, origin: Origin, sql: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ORCHESTRATOR_SMTP_URL")
    get_settings.cache_clear()
    for name in ("max", "nobody"):
        with pytest.raises(Conflict, match=r"sends no mail.*Ask an admin of your organization"):
            request_reset(name, origin=origin)
    assert outbox(sql) == []


def test_password_from_the_command_line_ends_sessions_and_names_the_command_line(
    cast: Cast, origin: Origin, sql: Look
) -> None:
    assert set_password(" Alice@acme.example ", NEW) == "Alice"
    assert _is_let_in("alice", origin, NEW)
    assert sessions.find_actor(cast.secret_of(cast.alice), origin=origin) is None
    assert sessions.find_actor(cast.secret_of(cast.max), origin=origin)
    [(user_id, agent, address)] = sql(
        "SELECT user_id, user_agent, ip_address FROM audit_logs WHERE action = 'credentials.update' "
        "AND user_agent IS NOT NULL"
    )
    assert (user_id, agent, address) == (None, "orchestrator users password", None)
    assert outbox(sql, "password_changed_notice") == [cast.alice.email]


def test_password_from_the_command_line_opens_a_locked_name_and_gives_a_first_one(
    cast: Cast, origin: Origin, sql: Look
) -> None:
    sql("UPDATE user_credentials SET locked_until = now() + interval '1 hour', failed_attempts = 5")
    sql("DELETE FROM user_credentials WHERE user_id = %s", cast.vera.user_id)
    for person in (cast.alice, cast.vera):
        set_password(person.email, NEW)
        assert _is_let_in(person.username, origin, NEW)


@pytest.mark.parametrize("email", ["nobody@acme.example", "alice", ""])
def test_command_line_names_one_person_by_address(cast: Cast, origin: Origin, email: str) -> None:
    with pytest.raises(InvalidInput, match="Nobody has the e-mail address"):
        set_password(email, NEW)
    assert _is_let_in("alice", origin)


def test_command_line_sets_no_weak_password_and_none_of_who_is_gone(cast: Cast, origin: Origin, sql: Look) -> None:
    with pytest.raises(InvalidInput, match="needs at least 12"):
        set_password(cast.alice.email, "short")
    sql("UPDATE users SET deactivated_at = now() WHERE id = %s", cast.mona.user_id)
    with pytest.raises(InvalidInput, match="deactivated"):
        set_password(cast.mona.email, NEW)
    assert _is_let_in("alice", origin)


def _part_with(sql: Look, cast: Cast) -> None:
    """Mona is deactivated, vera has no password."""
    sql("UPDATE users SET deactivated_at = now() WHERE id = %s", cast.mona.user_id)
    sql("DELETE FROM user_credentials WHERE user_id = %s", cast.vera.user_id)


def _real(cast: Cast) -> tuple[UUID, UUID]:
    return cast.organization_a, cast.organization_b
