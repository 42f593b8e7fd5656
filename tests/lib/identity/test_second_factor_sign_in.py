from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from lib.access.actor import Origin
from lib.errors import (
    Conflict,
    InvalidInput,
    LinkExpired,
    SignInRefused,
)
from lib.identity import second_factor, sessions, totp
from lib.identity.attempts import MOST_WRONG_FROM_ONE_ADDRESS
from lib.identity.service import authenticate, change_password, issue_ticket, redeem_ticket
from tests.cast import PASSWORD, Cast
from tests.factors import Factor, enrol
from tests.lib.identity.code_desk import (
    ask_for_code,
    at,
    attempts_of,
    factor,
    get_wrong,
    is_let_in,
)
from tests.lib.identity.conftest import Look

__all__ = ["at", "factor"]

NEW = "  a new one, with spaces  "


def test_right_password_is_half_of_the_proof(cast: Cast, origin: Origin, sql: Look, factor: Factor) -> None:
    pending = ask_for_code(origin)
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
    pending = ask_for_code(origin)
    assert not is_let_in(pending, "000000", origin)
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
    assert is_let_in(ask_for_code(origin), factor.code(steps=steps), origin) is is_taken


def test_code_is_taken_once(cast: Cast, origin: Origin, at: Callable[..., datetime], factor: Factor) -> None:
    code = factor.code()
    assert is_let_in(ask_for_code(origin), code, origin)
    assert not is_let_in(ask_for_code(origin), code, origin)
    at(30)
    assert not is_let_in(ask_for_code(origin), code, origin), "nor as the one before"
    assert is_let_in(ask_for_code(origin), factor.code(), origin)
    assert not is_let_in(ask_for_code(origin), factor.code(steps=-1), origin), "nor an earlier one that was never used"


def test_code_is_taken_once_of_many_at_once(cast: Cast, origin: Origin, factor: Factor) -> None:
    pendings = [ask_for_code(origin) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda pending: is_let_in(pending, factor.code(), origin), pendings))
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
        is_open = is_let_in(ask_for_code(origin), factor.code(steps=drift), origin)
        assert is_open == (abs(drift) <= totp.DRIFT_STEPS and step > last)
        last = step if is_open else last


def test_recovery_code_lets_in_once(cast: Cast, origin: Origin, sql: Look, factor: Factor) -> None:
    used, other, *_ = factor.recovery_codes
    assert is_let_in(ask_for_code(origin), f" {used.upper()} ", origin)
    assert second_factor.get_second_factor(cast.max).codes_left == 9
    assert not is_let_in(ask_for_code(origin), used, origin)
    assert is_let_in(ask_for_code(origin), other.replace("-", ""), origin)
    assert is_let_in(ask_for_code(origin), factor.code(), origin), "the app's codes go on"


def test_recovery_code_lets_in_one_of_many_at_once(cast: Cast, origin: Origin, factor: Factor) -> None:
    pendings = [ask_for_code(origin) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda pending: is_let_in(pending, factor.recovery_codes[0], origin), pendings))
    assert sorted(answers) == [False, False, False, True]
    assert second_factor.get_second_factor(cast.max).codes_left == 9


def test_last_recovery_code_is_used_up_and_the_app_still_lets_in(cast: Cast, origin: Origin, factor: Factor) -> None:
    for code in factor.recovery_codes:
        assert is_let_in(ask_for_code(origin), code, origin)
    held = second_factor.get_second_factor(cast.max)
    assert (held.codes_left, held.enabled_at is None) == (0, False)
    assert is_let_in(ask_for_code(origin), factor.code(), origin)


def test_codes_of_somebody_else_open_nothing(cast: Cast, origin: Origin, factor: Factor) -> None:
    theirs = enrol(cast.charlie)
    pending = ask_for_code(origin)
    assert not is_let_in(pending, theirs.code(), origin)
    assert not is_let_in(pending, theirs.recovery_codes[0], origin)
    assert second_factor.get_second_factor(cast.charlie).codes_left == 10


def test_pending_sign_in_lets_in_once(cast: Cast, origin: Origin, at: Callable[..., datetime], factor: Factor) -> None:
    pending = ask_for_code(origin)
    assert is_let_in(pending, factor.code(), origin)
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
    pending = ask_for_code(origin)
    sql(meanwhile)
    with pytest.raises(LinkExpired):
        second_factor.sign_in(pending, factor.code(), origin=origin)


def test_code_is_waited_for_five_minutes(cast: Cast, origin: Origin, sql: Look, factor: Factor) -> None:
    ask_for_code(origin)
    [(waits,)] = sql("SELECT expires_at - created_at FROM user_sessions WHERE state = 'pending_second_factor'")
    assert waits == timedelta(minutes=5)


def test_what_is_no_pending_sign_in_lets_nobody_in(cast: Cast, origin: Origin, factor: Factor) -> None:
    for made_up in ("", "made-up", "nul\0", "\ud800", cast.secret_of(cast.max), issue_ticket(cast.max.user_id)):
        with pytest.raises(LinkExpired):
            second_factor.sign_in(made_up, factor.code(), origin=origin)


def test_new_password_ends_a_pending_sign_in(cast: Cast, origin: Origin, factor: Factor) -> None:
    pending = ask_for_code(origin)
    change_password(cast.max, current=PASSWORD, new=NEW)
    with pytest.raises(LinkExpired):
        second_factor.sign_in(pending, factor.code(), origin=origin)
    assert is_let_in(ask_for_code(origin, password=NEW), factor.code(), origin), "the second factor stays"


def test_whoever_is_gone_meanwhile_gets_no_session(cast: Cast, origin: Origin, sql: Look, factor: Factor) -> None:
    pending = ask_for_code(origin)
    sql("UPDATE users SET deactivated_at = now() WHERE id = %s", cast.max.user_id)
    with pytest.raises(LinkExpired):  # the half of a sign-in has ended with the person
        second_factor.sign_in(pending, factor.code(), origin=origin)


def test_wrong_codes_and_wrong_passwords_are_one_count(cast: Cast, origin: Origin, sql: Look, factor: Factor) -> None:
    get_wrong(origin, times=2)
    pending = ask_for_code(origin)
    assert attempts_of(sql, cast.max) == (2, False), "a right password takes back its own attempt and no other"
    for _ in range(3):
        assert not is_let_in(pending, "000000", origin)
    assert attempts_of(sql, cast.max) == (5, True)
    assert not is_let_in(pending, factor.code(), origin)
    assert not is_let_in(pending, factor.recovery_codes[0], origin)
    with pytest.raises(SignInRefused):
        authenticate("max", PASSWORD, origin=origin)
    assert authenticate("vera", PASSWORD, origin=origin) == cast.vera.user_id


def test_right_password_buys_no_guesses(cast: Cast, origin: Origin, sql: Look, factor: Factor) -> None:
    for number in range(1, 5):
        assert not is_let_in(ask_for_code(origin), "000000", origin)
        assert attempts_of(sql, cast.max) == (number, False)
    with pytest.raises(InvalidInput):
        change_password(cast.max, current=PASSWORD, new="short")
    with pytest.raises(Conflict):
        second_factor.begin(cast.max, password=PASSWORD)
    assert attempts_of(sql, cast.max) == (4, False)
    pending = ask_for_code(origin)
    assert not is_let_in(pending, "000000", origin)
    assert attempts_of(sql, cast.max) == (5, True)


def test_right_code_forgets_the_wrong_ones(cast: Cast, origin: Origin, sql: Look, factor: Factor) -> None:
    get_wrong(origin, times=2)
    pending = ask_for_code(origin)
    assert not is_let_in(pending, "000000", origin)
    assert is_let_in(pending, factor.code(), origin)
    assert attempts_of(sql, cast.max) == (0, False)


def test_right_password_that_is_the_fifth_attempt_locks_nobody(
    cast: Cast, origin: Origin, sql: Look, factor: Factor
) -> None:
    get_wrong(origin, times=4)
    pending = ask_for_code(origin)
    assert attempts_of(sql, cast.max) == (4, False)
    assert is_let_in(pending, factor.code(), origin)


def test_many_guesses_at_once_are_no_more_than_five(
    cast: Cast, origin: Origin, factor: Factor, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    find = totp.find_step

    def look(secret: str, code: str, *, now: datetime) -> int | None:
        looked.append(code)
        return find(secret, code, now=now)

    monkeypatch.setattr(totp, "find_step", look)
    pending = ask_for_code(origin)
    wrong = [f"{number:06}" for number in range(24) if f"{number:06}" not in {factor.code(steps=s) for s in (-1, 0, 1)}]
    with ThreadPoolExecutor(8) as pool:
        assert not any(pool.map(lambda code: is_let_in(pending, code, origin), wrong))
    assert len(looked) == 5


def test_address_that_guessed_too_often_tries_no_codes(cast: Cast, origin: Origin, sql: Look, factor: Factor) -> None:
    pending = ask_for_code(origin)
    for number in range(MOST_WRONG_FROM_ONE_ADDRESS):
        with pytest.raises(SignInRefused):
            authenticate(f"guess-{number}", PASSWORD, origin=origin)
    assert not is_let_in(pending, factor.code(), origin)
    assert attempts_of(sql, cast.max) == (0, False)
    assert is_let_in(pending, factor.code(), replace(origin, ip_address="203.0.113.5"))


def test_codes_that_were_right_count_for_nothing_at_the_address(
    cast: Cast, origin: Origin, sql: Look, factor: Factor
) -> None:
    assert is_let_in(ask_for_code(origin), factor.code(), origin)
    assert sql("SELECT attempts FROM sign_in_networks") == [(0,)]


@pytest.mark.parametrize(
    "typed", ["", " ", "000000", "0" * 1_000_000, "abcd-efgh-jkmn-pqrs", "\ud800", "nul\0", "' --"]
)
def test_what_is_no_code_is_refused_in_the_same_words(cast: Cast, origin: Origin, factor: Factor, typed: str) -> None:
    assert not is_let_in(ask_for_code(origin), typed, origin)


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
