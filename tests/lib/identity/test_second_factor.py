from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from lib import clock
from lib.access.actor import Actor, Origin
from lib.db.session import identity_session
from lib.errors import (
    Conflict,
    InvalidInput,
    LinkExpired,
    NotFound,
    SecondFactorNeeded,
    SecretUnreadable,
    SignInRefused,
)
from lib.identity import second_factor, service, sessions, totp
from lib.identity.attempts import MOST_WRONG_FROM_ONE_ADDRESS
from lib.identity.service import authenticate, change_password, issue_ticket, redeem_ticket
from tests.cast import PASSWORD, Cast
from tests.factors import Factor, code_of, enrol
from tests.lib.identity.conftest import Look

NEW = "  a new one, with spaces  "
STORED = "SELECT totp_secret, totp_enabled_at, totp_last_step, recovery_codes FROM user_credentials WHERE user_id = %s"


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., datetime]:
    """`at(seconds)`: what time it is, counted from a noon."""
    noon = datetime(2026, 11, 27, 12, tzinfo=UTC)

    def set_clock(seconds: float = 0) -> datetime:
        moment = noon + timedelta(seconds=seconds)
        monkeypatch.setattr(clock, "now", lambda: moment)
        return moment

    set_clock()
    return set_clock


@pytest.fixture
def factor(cast: Cast, at: Callable[..., datetime]) -> Factor:
    """That of max."""
    return enrol(cast.max)


def _pending(origin: Origin, name: str = "max", password: str = PASSWORD) -> str:
    with pytest.raises(SecondFactorNeeded) as needed:
        authenticate(name, password, origin=origin)
    return needed.value.pending


def _is_let_in(pending: str, code: str, origin: Origin) -> bool:
    """Whether they are; every refusal must have the same words."""
    message = None
    try:
        second_factor.sign_in(pending, code, origin=origin)
    except SignInRefused as error:
        message = error.message
    assert message in {None, second_factor.CODE_REFUSED}
    return message is None


def _get_wrong(origin: Origin, *, times: int) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            authenticate("max", "wrong", origin=origin)


def _attempts(sql: Look, actor: Actor) -> tuple[int, bool]:
    [row] = sql(
        "SELECT failed_attempts, locked_until IS NOT NULL FROM user_credentials WHERE user_id = %s", actor.user_id
    )
    return row


def _stored(sql: Look, actor: Actor) -> Any:
    [row] = sql(STORED, actor.user_id)
    return row


def test_set_up_asks_for_the_password_and_counts_wrong_ones(cast: Cast, sql: Look) -> None:
    with pytest.raises(InvalidInput, match="not your current password"):
        second_factor.begin(cast.max, password="wrong")
    assert _attempts(sql, cast.max) == (1, False)
    assert _stored(sql, cast.max) == (None, None, None, None)


def test_it_is_off_until_its_first_code(cast: Cast, origin: Origin) -> None:
    second_factor.begin(cast.max, password=PASSWORD)
    assert second_factor.get_second_factor(cast.max).enabled_at is None
    assert authenticate("max", PASSWORD, origin=origin) == cast.max.user_id


def test_first_code_turns_it_on_and_gives_ten_recovery_codes(cast: Cast, origin: Origin, factor: Factor) -> None:
    held = second_factor.get_second_factor(cast.max)
    assert held.enabled_at
    assert (held.codes_left, len(set(factor.recovery_codes))) == (10, 10)
    assert _is_let_in(_pending(origin), factor.code(), origin)


@pytest.mark.parametrize("typed", ["", "123", "abcdef", "\ud800", "x" * 1_000_000])
def test_wrong_first_code_turns_nothing_on(cast: Cast, origin: Origin, typed: str) -> None:
    second_factor.begin(cast.max, password=PASSWORD)
    with pytest.raises(InvalidInput, match="Check your phone's time"):
        second_factor.confirm(cast.max, typed)
    assert authenticate("max", PASSWORD, origin=origin) == cast.max.user_id


def test_secret_that_was_begun_before_is_worthless(cast: Cast, at: Callable[..., datetime]) -> None:
    first = second_factor.begin(cast.max, password=PASSWORD).secret
    second = second_factor.begin(cast.max, password=PASSWORD).secret
    with pytest.raises(InvalidInput):
        second_factor.confirm(cast.max, code_of(first))
    assert len(second_factor.confirm(cast.max, code_of(second))) == 10


def test_nothing_is_turned_on_that_was_not_begun(cast: Cast) -> None:
    with pytest.raises(Conflict, match="Begin again"):
        second_factor.confirm(cast.max, "123456")


def test_who_has_one_sets_up_no_other(cast: Cast, factor: Factor, sql: Look) -> None:
    before = _stored(sql, cast.max)
    with pytest.raises(Conflict, match="already"):
        second_factor.begin(cast.max, password=PASSWORD)
    with pytest.raises(Conflict, match="somewhere else"):
        second_factor.confirm(cast.max, factor.code())
    assert _stored(sql, cast.max) == before


def test_turning_it_on_ends_what_a_password_alone_has_opened(cast: Cast, origin: Origin) -> None:
    other, ticket = redeem_ticket(issue_ticket(cast.max.user_id), origin=origin), issue_ticket(cast.max.user_id)
    enrol(cast.max)
    assert sessions.find_actor(other, origin=origin) is None
    with pytest.raises(LinkExpired):
        redeem_ticket(ticket, origin=origin)
    assert sessions.find_actor(cast.secret_of(cast.max), origin=origin)
    assert sessions.find_actor(cast.secret_of(cast.vera), origin=origin)


def test_right_password_is_half_of_the_proof(cast: Cast, origin: Origin, sql: Look, factor: Factor) -> None:
    pending = _pending(origin)
    assert sessions.find_actor(pending, origin=origin) is None
    assert sessions.find_enrollee(pending, origin=origin) is None
    with pytest.raises(LinkExpired):
        redeem_ticket(pending, origin=origin)
    assert sql("SELECT last_login_at FROM users WHERE id = %s", cast.max.user_id) == [(None,)]
    assert sql("SELECT count(*) FROM audit_logs WHERE action LIKE 'identity.sign_in%%'") == [(0,)]
    assert [each.is_current for each in sessions.list_sessions(cast.max)] == [True], "it is no session of theirs"


def test_code_completes_the_sign_in_and_the_trail_says_both(
    cast: Cast, origin: Origin, sql: Look, factor: Factor
) -> None:
    pending = _pending(origin)
    assert not _is_let_in(pending, "000000", origin)
    assert second_factor.sign_in(pending, factor.code(), origin=origin) == cast.max.user_id
    trail = sql(
        "SELECT action, user_id, host(ip_address) FROM audit_logs WHERE action LIKE 'identity.%%' "
        "AND ip_address = '198.51.100.9' ORDER BY id"
    )
    assert trail == [
        ("identity.code_refused", cast.max.user_id, "198.51.100.9"),
        ("identity.sign_in", cast.max.user_id, "198.51.100.9"),
    ]
    assert sql("SELECT last_login_at IS NULL FROM users WHERE id = %s", cast.max.user_id) == [(False,)]


@pytest.mark.parametrize(("steps", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_of_drift_is_forgiven_either_way(
    *, cast: Cast, origin: Origin, at: Callable[..., datetime], factor: Factor, steps: int, is_taken: bool
) -> None:
    at(600)
    assert _is_let_in(_pending(origin), factor.code(steps=steps), origin) is is_taken


def test_code_is_taken_once(cast: Cast, origin: Origin, at: Callable[..., datetime], factor: Factor) -> None:
    code = factor.code()
    assert _is_let_in(_pending(origin), code, origin)
    assert not _is_let_in(_pending(origin), code, origin)
    at(30)
    assert not _is_let_in(_pending(origin), code, origin), "nor as the one before"
    assert _is_let_in(_pending(origin), factor.code(), origin)
    assert not _is_let_in(_pending(origin), factor.code(steps=-1), origin), "nor an earlier one that was never used"


def test_code_is_taken_once_of_many_at_once(cast: Cast, origin: Origin, factor: Factor) -> None:
    pendings = [_pending(origin) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda pending: _is_let_in(pending, factor.code(), origin), pendings))
    assert sorted(answers) == [False, False, False, True]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(tried=st.lists(st.tuples(st.integers(0, 3), st.integers(-2, 2)), min_size=1, max_size=8))
def test_no_order_of_codes_opens_twice_by_one_step(
    *, cast: Cast, origin: Origin, sql: Look, at: Callable[..., datetime], factor: Factor, tried: list[tuple[int, int]]
) -> None:
    """Each entry lets so many steps pass and tries a code so many steps away from then."""
    sql("UPDATE user_credentials SET totp_last_step = 0 WHERE totp_enabled_at IS NOT NULL")
    now, last = 1000, 0
    for passed, drift in tried:
        now += passed
        moment = at(now * totp.STEP_SECONDS)
        sql("UPDATE user_credentials SET failed_attempts = 0, locked_until = NULL")
        sql("DELETE FROM sign_in_networks")
        step = int(moment.timestamp()) // totp.STEP_SECONDS + drift
        is_let_in = _is_let_in(_pending(origin), factor.code(steps=drift), origin)
        assert is_let_in == (abs(drift) <= totp.DRIFT_STEPS and step > last)
        last = step if is_let_in else last


def test_recovery_code_lets_in_once(cast: Cast, origin: Origin, sql: Look, factor: Factor) -> None:
    used, other, *_ = factor.recovery_codes
    assert _is_let_in(_pending(origin), f" {used.upper()} ", origin)
    assert second_factor.get_second_factor(cast.max).codes_left == 9
    assert not _is_let_in(_pending(origin), used, origin)
    assert _is_let_in(_pending(origin), other.replace("-", ""), origin)
    assert _is_let_in(_pending(origin), factor.code(), origin), "the app's codes go on"


def test_recovery_code_lets_in_one_of_many_at_once(cast: Cast, origin: Origin, factor: Factor) -> None:
    pendings = [_pending(origin) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda pending: _is_let_in(pending, factor.recovery_codes[0], origin), pendings))
    assert sorted(answers) == [False, False, False, True]
    assert second_factor.get_second_factor(cast.max).codes_left == 9


def test_last_recovery_code_is_used_up_and_the_app_still_lets_in(cast: Cast, origin: Origin, factor: Factor) -> None:
    for code in factor.recovery_codes:
        assert _is_let_in(_pending(origin), code, origin)
    held = second_factor.get_second_factor(cast.max)
    assert (held.codes_left, held.enabled_at is None) == (0, False)
    assert _is_let_in(_pending(origin), factor.code(), origin)


def test_codes_of_somebody_else_open_nothing(cast: Cast, origin: Origin, factor: Factor) -> None:
    theirs = enrol(cast.charlie)
    pending = _pending(origin)
    assert not _is_let_in(pending, theirs.code(), origin)
    assert not _is_let_in(pending, theirs.recovery_codes[0], origin)
    assert second_factor.get_second_factor(cast.charlie).codes_left == 10


def test_pending_sign_in_lets_in_once(cast: Cast, origin: Origin, at: Callable[..., datetime], factor: Factor) -> None:
    pending = _pending(origin)
    assert _is_let_in(pending, factor.code(), origin)
    at(30)
    with pytest.raises(LinkExpired, match="Sign in again"):
        second_factor.sign_in(pending, factor.code(), origin=origin)


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE user_sessions SET expires_at = now()",
        "UPDATE user_sessions SET revoked_at = now()",
        "UPDATE user_sessions SET state = 'active'",
    ],
)
def test_pending_sign_in_is_worthless_after(
    cast: Cast, origin: Origin, sql: Look, factor: Factor, meanwhile: str
) -> None:
    pending = _pending(origin)
    sql(meanwhile)
    with pytest.raises(LinkExpired):
        second_factor.sign_in(pending, factor.code(), origin=origin)


def test_code_is_waited_for_five_minutes(cast: Cast, origin: Origin, sql: Look, factor: Factor) -> None:
    _pending(origin)
    [(waits,)] = sql("SELECT expires_at - created_at FROM user_sessions WHERE state = 'pending_second_factor'")
    assert waits == timedelta(minutes=5)


def test_what_is_no_pending_sign_in_lets_nobody_in(cast: Cast, origin: Origin, factor: Factor) -> None:
    for made_up in ("", "made-up", "nul\0", "\ud800", cast.secret_of(cast.max), issue_ticket(cast.max.user_id)):
        with pytest.raises(LinkExpired):
            second_factor.sign_in(made_up, factor.code(), origin=origin)


def test_new_password_ends_a_pending_sign_in(cast: Cast, origin: Origin, factor: Factor) -> None:
    pending = _pending(origin)
    change_password(cast.max, current=PASSWORD, new=NEW)
    with pytest.raises(LinkExpired):
        second_factor.sign_in(pending, factor.code(), origin=origin)
    assert _is_let_in(_pending(origin, password=NEW), factor.code(), origin), "the second factor stays"


def test_whoever_is_gone_meanwhile_gets_no_session(cast: Cast, origin: Origin, sql: Look, factor: Factor) -> None:
    pending = _pending(origin)
    sql("UPDATE users SET deactivated_at = now() WHERE id = %s", cast.max.user_id)
    with pytest.raises(LinkExpired):  # the half of a sign-in has ended with the person
        second_factor.sign_in(pending, factor.code(), origin=origin)


def test_wrong_codes_and_wrong_passwords_are_one_count(cast: Cast, origin: Origin, sql: Look, factor: Factor) -> None:
    _get_wrong(origin, times=2)
    pending = _pending(origin)
    assert _attempts(sql, cast.max) == (2, False), "a right password takes back its own attempt and no other"
    for _ in range(3):
        assert not _is_let_in(pending, "000000", origin)
    assert _attempts(sql, cast.max) == (5, True)
    assert not _is_let_in(pending, factor.code(), origin)
    assert not _is_let_in(pending, factor.recovery_codes[0], origin)
    with pytest.raises(SignInRefused):
        authenticate("max", PASSWORD, origin=origin)
    assert authenticate("vera", PASSWORD, origin=origin) == cast.vera.user_id


def test_right_password_buys_no_guesses(cast: Cast, origin: Origin, sql: Look, factor: Factor) -> None:
    for number in range(1, 5):
        assert not _is_let_in(_pending(origin), "000000", origin)
        assert _attempts(sql, cast.max) == (number, False)
    with pytest.raises(InvalidInput):
        change_password(cast.max, current=PASSWORD, new="short")
    with pytest.raises(Conflict):
        second_factor.begin(cast.max, password=PASSWORD)
    assert _attempts(sql, cast.max) == (4, False)
    pending = _pending(origin)
    assert not _is_let_in(pending, "000000", origin)
    assert _attempts(sql, cast.max) == (5, True)


def test_right_code_forgets_the_wrong_ones(cast: Cast, origin: Origin, sql: Look, factor: Factor) -> None:
    _get_wrong(origin, times=2)
    pending = _pending(origin)
    assert not _is_let_in(pending, "000000", origin)
    assert _is_let_in(pending, factor.code(), origin)
    assert _attempts(sql, cast.max) == (0, False)


def test_right_password_that_is_the_fifth_attempt_locks_nobody(
    cast: Cast, origin: Origin, sql: Look, factor: Factor
) -> None:
    _get_wrong(origin, times=4)
    pending = _pending(origin)
    assert _attempts(sql, cast.max) == (4, False)
    assert _is_let_in(pending, factor.code(), origin)


def test_many_guesses_at_once_are_no_more_than_five(
    cast: Cast, origin: Origin, factor: Factor, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    find = totp.find_step

    def look(secret: str, code: str, *, now: datetime) -> int | None:
        looked.append(code)
        return find(secret, code, now=now)

    monkeypatch.setattr(totp, "find_step", look)
    pending = _pending(origin)
    wrong = [f"{number:06}" for number in range(24) if f"{number:06}" not in {factor.code(steps=s) for s in (-1, 0, 1)}]
    with ThreadPoolExecutor(8) as pool:
        assert not any(pool.map(lambda code: _is_let_in(pending, code, origin), wrong))
    assert len(looked) == 5


def test_address_that_guessed_too_often_tries_no_codes(cast: Cast, origin: Origin, sql: Look, factor: Factor) -> None:
    pending = _pending(origin)
    for number in range(MOST_WRONG_FROM_ONE_ADDRESS):
        with pytest.raises(SignInRefused):
            authenticate(f"guess-{number}", PASSWORD, origin=origin)
    assert not _is_let_in(pending, factor.code(), origin)
    assert _attempts(sql, cast.max) == (0, False)
    assert _is_let_in(pending, factor.code(), replace(origin, ip_address="203.0.113.5"))


def test_codes_that_were_right_count_for_nothing_at_the_address(
    cast: Cast, origin: Origin, sql: Look, factor: Factor
) -> None:
    assert _is_let_in(_pending(origin), factor.code(), origin)
    assert sql("SELECT attempts FROM sign_in_networks") == [(0,)]


@pytest.mark.parametrize(
    "typed", ["", " ", "000000", "0" * 1_000_000, "abcd-efgh-jkmn-pqrs", "\ud800", "nul\0", "' --"]
)
def test_what_is_no_code_is_refused_in_the_same_words(cast: Cast, origin: Origin, factor: Factor, typed: str) -> None:
    assert not _is_let_in(_pending(origin), typed, origin)


def test_nobody_learns_before_the_right_password_who_has_one(cast: Cast, origin: Origin, factor: Factor) -> None:
    """The same words after the same statements, and the same work."""

    def refuse(name: str) -> list[str]:
        heard: list[str] = []

        def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            heard.append(statement)

        event.listen(Engine, "before_cursor_execute", hear)
        try:
            with pytest.raises(SignInRefused) as refused:
                authenticate(name, "wrong", origin=origin)
        finally:
            event.remove(Engine, "before_cursor_execute", hear)
        return [refused.value.message, *heard]

    refuse("vera")  # the first one from an address clears old ones away
    assert refuse("max") == refuse("mona")


def test_turning_it_off_takes_password_and_code(cast: Cast, origin: Origin, sql: Look, factor: Factor) -> None:
    for password, code in (("wrong", factor.code()), (PASSWORD, "000000"), (PASSWORD, factor.code(steps=-1))):
        with pytest.raises(InvalidInput, match="not both right"):
            second_factor.turn_off(cast.max, password=password, code=code)
    assert _attempts(sql, cast.max) == (3, False)
    second_factor.turn_off(cast.max, password=PASSWORD, code=factor.code())
    assert _stored(sql, cast.max) == (None, None, None, None)
    assert authenticate("max", PASSWORD, origin=origin) == cast.max.user_id
    with pytest.raises(Conflict, match="turned off"):
        second_factor.turn_off(cast.max, password=PASSWORD, code=factor.code(steps=1))


def test_code_that_came_with_a_wrong_password_is_still_good(cast: Cast, factor: Factor) -> None:
    with pytest.raises(InvalidInput):
        second_factor.turn_off(cast.max, password="wrong", code=factor.recovery_codes[0])
    second_factor.turn_off(cast.max, password=PASSWORD, code=factor.recovery_codes[0])


def test_lock_holds_for_turning_it_off_too(cast: Cast, factor: Factor) -> None:
    for _ in range(5):
        with pytest.raises(InvalidInput):
            second_factor.turn_off(cast.max, password=PASSWORD, code="000000")
    with pytest.raises(InvalidInput, match="not both right"):
        second_factor.turn_off(cast.max, password=PASSWORD, code=factor.code())
    assert second_factor.get_second_factor(cast.max).enabled_at


def test_new_recovery_codes_replace_the_old_ones(cast: Cast, origin: Origin, factor: Factor) -> None:
    with pytest.raises(InvalidInput):
        second_factor.renew_codes(cast.max, password=PASSWORD, code="000000")
    fresh = second_factor.renew_codes(cast.max, password=PASSWORD, code=factor.recovery_codes[0])
    assert set(fresh).isdisjoint(factor.recovery_codes)
    assert second_factor.get_second_factor(cast.max).codes_left == 10
    assert not _is_let_in(_pending(origin), factor.recovery_codes[1], origin)
    assert _is_let_in(_pending(origin), fresh[0], origin)
    assert _is_let_in(_pending(origin), factor.code(), origin)


def test_trail_and_log_have_the_fact_and_never_the_value(
    *, cast: Cast, origin: Origin, sql: Look, factor: Factor, caplog: pytest.LogCaptureFixture
) -> None:
    sealed, _, _, hashes = _stored(sql, cast.max)
    _is_let_in(_pending(origin), "000000", origin)
    _is_let_in(_pending(origin), factor.recovery_codes[0], origin)
    second_factor.turn_off(cast.max, password=PASSWORD, code=factor.code())
    changes = sql(
        "SELECT old_values, new_values FROM audit_logs WHERE action = 'credentials.update' AND user_id = %s "
        "ORDER BY id",
        cast.max.user_id,
    )
    assert [set(new) for _, new in changes] == [
        {"totp_secret"},
        {"totp_enabled_at", "recovery_codes"},
        {"recovery_codes"},
        {"totp_secret", "totp_enabled_at", "recovery_codes"},
    ]
    assert changes[0] == ({"totp_secret": None}, {"totp_secret": "(secret)"})
    assert changes[2] == ({"recovery_codes": "(secret)"}, {"recovery_codes": "(secret)"})
    [(written,)] = sql("SELECT string_agg(l::text, ' ') FROM audit_logs l")
    for value in (factor.secret, *factor.recovery_codes, sealed.hex(), *(each.hex() for each in hashes)):
        assert value not in written
        assert value not in caplog.text


def test_database_cannot_read_the_secret_and_nobody_elses_row_opens_it(
    cast: Cast, origin: Origin, sql: Look, factor: Factor
) -> None:
    sealed, _, _, hashes = _stored(sql, cast.max)
    assert factor.secret.encode() not in bytes(sealed)
    assert not {code.encode() for code in factor.recovery_codes} & {bytes(each) for each in hashes}
    enrol(cast.charlie)
    sql("UPDATE user_credentials SET totp_secret = %s WHERE user_id = %s", sealed, cast.charlie.user_id)
    with pytest.raises(SecretUnreadable):
        second_factor.sign_in(_pending(origin, "charlie"), factor.code(), origin=origin)


def test_reset_lets_in_by_the_password_alone_and_the_trail_says_by_whom(
    cast: Cast, origin: Origin, sql: Look, factor: Factor
) -> None:
    pending = _pending(origin)
    assert second_factor.reset("Max@Acme.example") == "Max"
    assert sessions.find_actor(cast.secret_of(cast.max), origin=origin) is None
    with pytest.raises(LinkExpired):
        second_factor.sign_in(pending, factor.code(), origin=origin)
    assert authenticate("max", PASSWORD, origin=origin) == cast.max.user_id
    [(user_id, agent, new)] = sql(
        "SELECT user_id, user_agent, new_values FROM audit_logs WHERE action = 'credentials.update' "
        "AND resource_id = %s ORDER BY id DESC LIMIT 1",
        cast.max.user_id,
    )
    assert (user_id, agent) == (None, "command line")
    assert new == {"totp_secret": None, "totp_enabled_at": None, "recovery_codes": None}


def test_reset_of_nobody_and_of_nothing_says_so(cast: Cast) -> None:
    with pytest.raises(NotFound):
        second_factor.reset("nobody@acme.example")
    with pytest.raises(Conflict, match="nothing to reset"):
        second_factor.reset("vera@acme.example")


def test_person_with_one_writes_none_of_it_through_a_use_case_of_another(cast: Cast, factor: Factor) -> None:
    """Everybody's is their own: no use case names another person."""
    assert second_factor.get_second_factor(cast.alice).enabled_at is None
    assert second_factor.get_second_factor(cast.charlie).enabled_at is None
    with pytest.raises(Conflict):
        second_factor.turn_off(cast.alice, password=PASSWORD, code=factor.code())
    assert second_factor.get_second_factor(cast.max).enabled_at


def test_open_pending_is_ended_by_signing_out_everywhere(cast: Cast, origin: Origin) -> None:
    with identity_session(origin) as session:
        pending = sessions.open_pending(session, cast.max.user_id, origin=origin)
    sessions.revoke_other_sessions(cast.max)
    with pytest.raises(LinkExpired):
        second_factor.sign_in(pending, "000000", origin=origin)


def test_words_name_the_rule(cast: Cast) -> None:
    assert "5 wrong ones lock a name for 15 minutes" in second_factor.CODE_REFUSED
    assert service.REFUSED != second_factor.CODE_REFUSED
