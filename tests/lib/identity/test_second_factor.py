from collections.abc import Callable
from datetime import datetime

import pytest

from lib.access.actor import Origin
from lib.db.session import identity_session
from lib.errors import (
    Conflict,
    InvalidInput,
    LinkExpired,
    NotFound,
    SecretUnreadable,
)
from lib.identity import second_factor, service, sessions
from lib.identity.service import authenticate, issue_ticket, redeem_ticket
from tests.cast import PASSWORD, Cast
from tests.factors import Factor, code_of, enrol
from tests.lib.identity.code_desk import (
    ask_for_code,
    at,
    attempts_of,
    factor,
    is_let_in,
    stored_factor,
)
from tests.lib.identity.conftest import Look

__all__ = ["at", "factor"]


def test_set_up_asks_for_the_password_and_counts_wrong_ones(cast: Cast, sql: Look) -> None:
    with pytest.raises(InvalidInput, match="not your current password"):
        second_factor.begin(cast.max, password="wrong")
    assert attempts_of(sql, cast.max) == (1, False)
    assert stored_factor(sql, cast.max) == (None, None, None, None)


def test_it_is_off_until_its_first_code(cast: Cast, origin: Origin) -> None:
    second_factor.begin(cast.max, password=PASSWORD)
    assert second_factor.get_second_factor(cast.max).enabled_at is None
    assert authenticate("max", PASSWORD, origin=origin) == cast.max.user_id


def test_first_code_turns_it_on_and_gives_ten_recovery_codes(cast: Cast, origin: Origin, factor: Factor) -> None:
    held = second_factor.get_second_factor(cast.max)
    assert held.enabled_at
    assert (held.codes_left, len(set(factor.recovery_codes))) == (10, 10)
    assert is_let_in(ask_for_code(origin), factor.code(), origin)


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
    before = stored_factor(sql, cast.max)
    with pytest.raises(Conflict, match="already"):
        second_factor.begin(cast.max, password=PASSWORD)
    with pytest.raises(Conflict, match="somewhere else"):
        second_factor.confirm(cast.max, factor.code())
    assert stored_factor(sql, cast.max) == before


def test_turning_it_on_ends_what_a_password_alone_has_opened(cast: Cast, origin: Origin) -> None:
    other, ticket = redeem_ticket(issue_ticket(cast.max.user_id), origin=origin), issue_ticket(cast.max.user_id)
    enrol(cast.max)
    assert sessions.find_actor(other, origin=origin) is None
    with pytest.raises(LinkExpired):
        redeem_ticket(ticket, origin=origin)
    assert sessions.find_actor(cast.secret_of(cast.max), origin=origin)
    assert sessions.find_actor(cast.secret_of(cast.vera), origin=origin)


def test_turning_it_off_takes_password_and_code(cast: Cast, origin: Origin, sql: Look, factor: Factor) -> None:
    for password, code in (("wrong", factor.code()), (PASSWORD, "000000"), (PASSWORD, factor.code(steps=-1))):
        with pytest.raises(InvalidInput, match="not both right"):
            second_factor.turn_off(cast.max, password=password, code=code)
    assert attempts_of(sql, cast.max) == (3, False)
    second_factor.turn_off(cast.max, password=PASSWORD, code=factor.code())
    assert stored_factor(sql, cast.max) == (None, None, None, None)
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
    assert not is_let_in(ask_for_code(origin), factor.recovery_codes[1], origin)
    assert is_let_in(ask_for_code(origin), fresh[0], origin)
    assert is_let_in(ask_for_code(origin), factor.code(), origin)


def test_trail_and_log_have_the_fact_and_never_the_value(
    *, cast: Cast, origin: Origin, sql: Look, factor: Factor, caplog: pytest.LogCaptureFixture
) -> None:
    sealed, _, _, hashes = stored_factor(sql, cast.max)
    is_let_in(ask_for_code(origin), "000000", origin)
    is_let_in(ask_for_code(origin), factor.recovery_codes[0], origin)
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
    sealed, _, _, hashes = stored_factor(sql, cast.max)
    assert factor.secret.encode() not in bytes(sealed)
    assert not {code.encode() for code in factor.recovery_codes} & {bytes(each) for each in hashes}
    enrol(cast.charlie)
    sql("UPDATE user_credentials SET totp_secret = %s WHERE user_id = %s", sealed, cast.charlie.user_id)
    with pytest.raises(SecretUnreadable):
        second_factor.sign_in(ask_for_code(origin, "charlie"), factor.code(), origin=origin)


def test_reset_lets_in_by_the_password_alone_and_the_trail_says_by_whom(
    cast: Cast, origin: Origin, sql: Look, factor: Factor
) -> None:
    pending = ask_for_code(origin)
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
    assert (user_id, agent) == (None, "orchestrator users reset-second-factor")
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
