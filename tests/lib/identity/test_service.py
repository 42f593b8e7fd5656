from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from psycopg.types.json import Jsonb

from lib.access.actor import Actor, Origin
from lib.errors import InvalidInput, LinkExpired, NotSignedIn, OrganizationSuspended, SignInRefused
from lib.identity import service, sessions
from lib.identity.service import authenticate, change_password, issue_ticket, redeem_ticket, sign_out
from tests.cast import PASSWORD, Cast
from tests.lib.identity.conftest import Look

NEW = "  a new one, with spaces  "


def _is_let_in(name: str, password: str, origin: Origin) -> bool:
    """Whether they are; every refusal must have the same words."""
    message = None
    try:
        authenticate(name, password, origin=origin)
    except SignInRefused as error:
        message = error.message
    assert message in {None, service.REFUSED}
    return message is None


def _get_wrong(name: str, origin: Origin, *, times: int) -> None:
    for _ in range(times):
        assert not _is_let_in(name, "wrong", origin)


def _attempts(sql: Look, actor: Actor) -> tuple[int, bool]:
    statement = "SELECT failed_attempts, locked_until IS NOT NULL FROM user_credentials WHERE user_id = %s"
    [row] = sql(statement, actor.user_id)
    return row


def _trail(sql: Look) -> list[tuple[str, object, str, str]]:
    return sql(
        "SELECT action, user_id, host(ip_address), user_agent FROM audit_logs WHERE action LIKE 'identity.%%'"
        " ORDER BY created_at, id"
    )


def test_person_signs_in_by_either_name_in_any_case(cast: Cast, origin: Origin) -> None:
    for name in ("max", "MAX", " Max ", "max@acme.example", "Max@Acme.Example\t"):
        assert authenticate(name, PASSWORD, origin=origin) == cast.max.user_id


def test_any_other_password_is_refused(cast: Cast, origin: Origin) -> None:
    for password in ("", " ", PASSWORD.upper(), f" {PASSWORD}", f"{PASSWORD} ", PASSWORD[:-1]):
        assert not _is_let_in("max", password, origin)
        assert _is_let_in("max", PASSWORD, origin)


def test_unknown_name_is_refused(cast: Cast, origin: Origin) -> None:
    for name in ("", " ", "nobody", "nobody@acme.example", "m%", "max'--", "x" * 100_000, "max\0", "\ud800"):
        assert not _is_let_in(name, PASSWORD, origin)


def test_every_refusal_has_the_same_words_after_the_same_work(
    cast: Cast, origin: Origin, sql: Look, compared: list[str]
) -> None:
    sql("UPDATE users SET deactivated_at = now() WHERE username = 'mona'")
    sql("DELETE FROM user_credentials WHERE user_id = %s", cast.vera.user_id)
    sql("UPDATE user_credentials SET locked_until = now() + interval '1 minute' WHERE user_id = %s", cast.alice.user_id)
    refused = [("max", "wrong"), ("nobody", PASSWORD), ("", PASSWORD), ("mona", PASSWORD), ("vera", PASSWORD)]
    for name, password in [*refused, ("alice", PASSWORD), ("alice", "wrong")]:
        compared.clear()
        assert not _is_let_in(name, password, origin)
        assert len(compared) == 1, name
        assert compared[0].startswith("$2b$04$")


def test_deleted_organization_lets_nobody_in(cast: Cast, origin: Origin, sql: Look) -> None:
    sql("UPDATE organizations SET deleted_at = now() WHERE slug = 'acme'")
    assert not _is_let_in("alice", PASSWORD, origin)
    assert _is_let_in("charlie", PASSWORD, origin)


def test_suspended_organization_says_why_to_who_knows_the_password_and_to_nobody_else(
    cast: Cast, origin: Origin, sql: Look, compared: list[str]
) -> None:
    sql("UPDATE organizations SET suspended_at = now(), suspension_reason = 'Not paid' WHERE slug = 'acme'")
    sql("UPDATE users SET deactivated_at = now() WHERE username = 'mona'")
    for name, password in (("alice", "wrong"), ("mona", PASSWORD), ("nobody", PASSWORD)):
        compared.clear()
        assert not _is_let_in(name, password, origin)
        assert len(compared) == 1, "the same work"
    for _ in range(6):
        with pytest.raises(OrganizationSuspended, match=r"is suspended: Not paid\. Nothing is deleted"):
            authenticate("alice", PASSWORD, origin=origin)
    assert _attempts(sql, cast.alice) == (0, False), "a right password locks nobody"
    assert _is_let_in("charlie", PASSWORD, origin)


def test_ticket_from_before_a_suspension_opens_nothing(cast: Cast, origin: Origin, sql: Look) -> None:
    ticket = issue_ticket(cast.alice.user_id)
    sql("UPDATE organizations SET suspended_at = now(), suspension_reason = 'Not paid' WHERE slug = 'acme'")
    with pytest.raises(LinkExpired):
        redeem_ticket(ticket, origin=origin)


def test_fifth_wrong_password_locks_for_15_minutes(cast: Cast, origin: Origin, sql: Look) -> None:
    _get_wrong("max", origin, times=4)
    assert _attempts(sql, cast.max) == (4, False)
    _get_wrong("max@acme.example", origin, times=1)
    assert _attempts(sql, cast.max) == (5, True)

    assert not _is_let_in("max", PASSWORD, origin)
    assert _is_let_in("vera", PASSWORD, origin)
    [(minutes,)] = sql(
        "SELECT round(extract(epoch FROM locked_until - now()) / 60) FROM user_credentials WHERE user_id = %s",
        cast.max.user_id,
    )
    assert minutes == 15


def test_refusals_while_locked_do_not_prolong_the_lock(cast: Cast, origin: Origin, sql: Look) -> None:
    _get_wrong("max", origin, times=5)
    [before] = sql("SELECT locked_until FROM user_credentials WHERE user_id = %s", cast.max.user_id)
    _get_wrong("max", origin, times=2)
    [after] = sql("SELECT locked_until FROM user_credentials WHERE user_id = %s", cast.max.user_id)
    assert before == after


def test_lock_that_is_over_starts_the_count_anew(cast: Cast, origin: Origin, sql: Look) -> None:
    _get_wrong("max", origin, times=5)
    sql("UPDATE user_credentials SET locked_until = now()")
    _get_wrong("max", origin, times=1)
    assert _attempts(sql, cast.max) == (1, False)
    assert _is_let_in("max", PASSWORD, origin)


def test_right_password_forgets_the_wrong_ones(cast: Cast, origin: Origin, sql: Look) -> None:
    for _ in range(2):
        _get_wrong("max", origin, times=4)
        assert _is_let_in("max", PASSWORD, origin)
        assert _attempts(sql, cast.max) == (0, False)


def test_many_guesses_at_once_are_no_more_than_five(cast: Cast, origin: Origin, sql: Look, compared: list[str]) -> None:
    [(own_hash,)] = sql("SELECT password_hash FROM user_credentials WHERE user_id = %s", cast.max.user_id)
    compared.clear()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: _is_let_in("max", f"guess {number}", origin), range(24)))
    assert not any(answers)
    assert len(compared) == 24
    assert Counter(compared)[own_hash] == 5


def test_sign_ins_are_in_the_trail_with_person_and_address(cast: Cast, origin: Origin, sql: Look) -> None:
    _get_wrong("max", origin, times=1)
    authenticate("max", PASSWORD, origin=origin)
    _get_wrong("nobody", origin, times=1)
    assert _trail(sql) == [
        ("identity.sign_in_refused", cast.max.user_id, "198.51.100.9", "Firefox"),
        ("identity.sign_in", cast.max.user_id, "198.51.100.9", "Firefox"),
    ]
    [(organization, request)] = sql(
        "SELECT organization_id, request_id FROM audit_logs WHERE action = 'identity.sign_in'"
    )
    assert (organization, request) == (cast.organization_a, origin.request_id)


def test_last_sign_in_is_noted_and_a_refused_one_is_not(cast: Cast, origin: Origin, sql: Look) -> None:
    _get_wrong("vera", origin, times=1)
    authenticate("max", PASSWORD, origin=origin)
    assert sql("SELECT username FROM users WHERE last_login_at IS NOT NULL") == [("max",)]


def test_password_that_is_changed_meanwhile_lets_nobody_in(
    cast: Cast, origin: Origin, sql: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    import bcrypt

    compare = bcrypt.checkpw

    def compare_slowly(password: bytes, password_hash: bytes) -> bool:
        sql("UPDATE user_credentials SET password_hash = password_hash || ' '")
        return compare(password, password_hash)

    monkeypatch.setattr(bcrypt, "checkpw", compare_slowly)
    assert not _is_let_in("max", PASSWORD, origin)


def test_ticket_opens_a_session(cast: Cast, origin: Origin) -> None:
    secret = redeem_ticket(issue_ticket(cast.max.user_id), origin=origin)
    actor = sessions.find_actor(secret, origin=origin)
    assert actor
    assert actor.user_id == cast.max.user_id
    assert actor.session_id != cast.max.session_id


def test_every_sign_in_has_a_session_of_its_own(cast: Cast, origin: Origin) -> None:
    secrets = {redeem_ticket(issue_ticket(cast.max.user_id), origin=origin) for _ in range(3)}
    assert len(secrets) == 3
    assert len(sessions.list_sessions(cast.max)) == 4


def test_ticket_cannot_be_replayed(cast: Cast, origin: Origin) -> None:
    ticket = issue_ticket(cast.max.user_id)
    redeem_ticket(ticket, origin=origin)
    with pytest.raises(LinkExpired):
        redeem_ticket(ticket, origin=origin)
    assert len(sessions.list_sessions(cast.max)) == 2


def test_made_up_ticket_is_refused(cast: Cast, origin: Origin) -> None:
    for ticket in ("", "made-up", "nul\0"):
        with pytest.raises(LinkExpired):
            redeem_ticket(ticket, origin=origin)


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE user_tokens SET expires_at = now()",
        "UPDATE users SET deactivated_at = now()",
        "UPDATE organizations SET deleted_at = now()",
    ],
)
def test_ticket_is_worthless_after(cast: Cast, origin: Origin, sql: Look, meanwhile: str) -> None:
    ticket = issue_ticket(cast.max.user_id)
    sql(meanwhile)
    with pytest.raises(LinkExpired):
        redeem_ticket(ticket, origin=origin)
    assert sql("SELECT count(*) FROM user_sessions WHERE user_id = %s", cast.max.user_id) == [(1,)]


def test_session_is_no_ticket_and_a_ticket_no_session(cast: Cast, origin: Origin) -> None:
    with pytest.raises(LinkExpired):
        redeem_ticket(cast.secret_of(cast.max), origin=origin)
    assert sessions.find_actor(issue_ticket(cast.max.user_id), origin=origin) is None


def test_sign_out_ends_this_session_and_no_other(cast: Cast, origin: Origin, sql: Look) -> None:
    secret = redeem_ticket(issue_ticket(cast.max.user_id), origin=origin)
    sign_out(secret, origin=origin)
    assert sessions.find_actor(secret, origin=origin) is None
    assert sessions.find_actor(cast.secret_of(cast.max), origin=origin)
    assert _trail(sql) == [("identity.sign_out", cast.max.user_id, "198.51.100.9", "Firefox")]


def test_signing_out_twice_or_with_nonsense_is_no_error_and_no_event(cast: Cast, origin: Origin, sql: Look) -> None:
    for secret in (cast.secret_of(cast.max), cast.secret_of(cast.max), "nonsense", ""):
        sign_out(secret, origin=origin)
    assert len(_trail(sql)) == 1


def test_new_password_replaces_the_old_one(cast: Cast, origin: Origin) -> None:
    change_password(cast.max, current=PASSWORD, new=NEW)
    assert not _is_let_in("max", PASSWORD, origin)
    assert not _is_let_in("max", NEW.strip(), origin)
    assert _is_let_in("max", NEW, origin)
    assert _is_let_in("vera", PASSWORD, origin)


def test_new_password_ends_all_sessions_and_tickets(cast: Cast, origin: Origin) -> None:
    other = redeem_ticket(issue_ticket(cast.max.user_id), origin=origin)
    ticket = issue_ticket(cast.max.user_id)
    tickets_of_others = issue_ticket(cast.vera.user_id)
    change_password(cast.max, current=PASSWORD, new=NEW)
    assert sessions.find_actor(other, origin=origin) is None
    assert sessions.find_actor(cast.secret_of(cast.max), origin=origin) is None
    assert sessions.find_actor(cast.secret_of(cast.vera), origin=origin)
    with pytest.raises(LinkExpired):
        redeem_ticket(ticket, origin=origin)
    assert redeem_ticket(tickets_of_others, origin=origin)


def test_trail_has_the_change_of_a_password_and_not_its_hash(cast: Cast, sql: Look) -> None:
    change_password(cast.max, current=PASSWORD, new=NEW)
    trail = sql(
        "SELECT user_id, new_values FROM audit_logs WHERE action = 'credentials.update' AND user_id IS NOT NULL"
    )
    [(user_id, values)] = trail
    assert user_id == cast.max.user_id
    assert values["password_hash"] == "(secret)"


def test_wrong_current_password_changes_nothing_and_counts(cast: Cast, origin: Origin, sql: Look) -> None:
    for _ in range(5):
        with pytest.raises(InvalidInput) as refused:
            change_password(cast.max, current="wrong", new=NEW)
        assert refused.value.field == "Current password"
    assert _attempts(sql, cast.max) == (5, True)
    with pytest.raises(InvalidInput, match=r"is locked.* 15 minutes"):
        change_password(cast.max, current=PASSWORD, new=NEW)
    sql("UPDATE user_credentials SET locked_until = now()")
    assert _is_let_in("max", PASSWORD, origin)


@pytest.mark.parametrize("new", ["short", "max@acme.example", "Acme Research", PASSWORD, "x" * 2000])
def test_new_password_must_be_strong_and_new(cast: Cast, origin: Origin, sql: Look, new: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        change_password(cast.max, current=PASSWORD, new=new)
    assert refused.value.field == "Password"
    assert _attempts(sql, cast.max) == (0, False)
    assert _is_let_in("max", PASSWORD, origin)


def test_organization_says_how_long_a_password_must_be(cast: Cast, sql: Look) -> None:
    sql("UPDATE organizations SET settings = %s", Jsonb({"security_settings": {"min_password_length": 30}}))
    with pytest.raises(InvalidInput, match="needs at least 30"):
        change_password(cast.max, current=PASSWORD, new=NEW)
    change_password(cast.max, current=PASSWORD, new=NEW + NEW)


def test_deactivated_person_changes_no_password(cast: Cast, sql: Look) -> None:
    sql("UPDATE users SET deactivated_at = now()")
    with pytest.raises(NotSignedIn):
        change_password(cast.max, current=PASSWORD, new=NEW)
