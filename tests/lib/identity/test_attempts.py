import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import Engine, event

from lib.access.actor import Origin
from lib.errors import InvalidInput, SignInRefused
from lib.identity.attempts import MOST_WRONG_FROM_ONE_ADDRESS, find_network
from lib.identity.service import authenticate, change_password
from tests.cast import PASSWORD, Cast
from tests.lib.identity.conftest import Look


def _is_let_in(name: str, origin: Origin, password: str = PASSWORD) -> bool:
    try:
        authenticate(name, password, origin=origin)
    except SignInRefused:
        return False
    return True


def _guess(origin: Origin, *, times: int) -> None:
    """Wrong every time, under ever other names."""
    for number in range(times):
        assert not _is_let_in(f"guess-{number}", origin)


def _count(sql: Look, network: str) -> int:
    [(attempts,)] = sql("SELECT attempts FROM sign_in_networks WHERE network = %s::cidr", network)
    return int(attempts)


@contextmanager
def _statements() -> Iterator[list[str]]:
    heard: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        heard.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.9", "198.51.100.9/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        (None, "0.0.0.0/32"),
    ],
)
def test_address_is_one_of_ipv4_and_a_subscribers_network_of_ipv6(address: str | None, network: str) -> None:
    assert find_network(address) == network


def test_address_that_tries_many_names_is_locked(cast: Cast, origin: Origin, compared: list[str]) -> None:
    _guess(origin, times=MOST_WRONG_FROM_ONE_ADDRESS)
    compared.clear()

    assert not _is_let_in("max", origin)
    assert len(compared) == 1, "as much work as ever"
    assert _is_let_in("max", replace(origin, ip_address="198.51.100.10"))


def test_one_wrong_password_less_locks_nobody_out(cast: Cast, origin: Origin) -> None:
    _guess(origin, times=MOST_WRONG_FROM_ONE_ADDRESS - 1)
    assert _is_let_in("max", origin)


def test_lock_of_an_address_ends_by_time(cast: Cast, origin: Origin, sql: Look) -> None:
    _guess(origin, times=MOST_WRONG_FROM_ONE_ADDRESS)
    sql("UPDATE sign_in_networks SET began_at = now() - interval '14 minutes 30 seconds'")
    assert not _is_let_in("max", origin)
    sql("UPDATE sign_in_networks SET began_at = now() - interval '15 minutes'")
    assert _is_let_in("max", origin)
    assert _count(sql, "198.51.100.9") == 0


def test_locked_address_locks_no_accounts(cast: Cast, origin: Origin, sql: Look) -> None:
    _guess(origin, times=MOST_WRONG_FROM_ONE_ADDRESS)
    for _ in range(6):
        assert not _is_let_in("max", origin, "wrong")
    assert sql("SELECT max(failed_attempts) FROM user_credentials") == [(0,)]


def test_right_password_counts_for_nothing_and_buys_no_guesses(cast: Cast, origin: Origin, sql: Look) -> None:
    _guess(origin, times=3)
    for _ in range(2):
        assert _is_let_in("max", origin)
    assert _count(sql, "198.51.100.9") == 3


def test_whole_network_of_an_ipv6_subscriber_is_one_address(cast: Cast, origin: Origin) -> None:
    for number in range(MOST_WRONG_FROM_ONE_ADDRESS):
        _guess(replace(origin, ip_address=f"2001:db8:1:2::{number + 1:x}"), times=1)
    assert not _is_let_in("max", replace(origin, ip_address="2001:db8:1:2:ffff::1"))
    assert _is_let_in("max", replace(origin, ip_address="2001:db8:1:3::1"))


def test_many_at_once_get_no_more_than_one_after_another(
    cast: Cast, origin: Origin, sql: Look, compared: list[str]
) -> None:
    names = [actor.username for actor in cast.of_a] * 12
    own = {hash_ for (hash_,) in sql("SELECT password_hash FROM user_credentials")}
    sql("UPDATE user_credentials SET failed_attempts = -100")  # what is asked here is the address's count
    with ThreadPoolExecutor(8) as pool:
        assert not any(pool.map(lambda name: _is_let_in(name, origin, "wrong"), names))
    assert len([hash_ for hash_ in compared if hash_ in own]) == MOST_WRONG_FROM_ONE_ADDRESS


def test_sign_ins_of_one_account_from_one_address_at_once_all_come_in(cast: Cast, origin: Origin) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(lambda _: _is_let_in("max", origin), range(4)))


def test_wrong_current_password_is_no_matter_of_the_address(cast: Cast, sql: Look) -> None:
    with pytest.raises(InvalidInput):
        change_password(cast.max, current="wrong", new="another good password")
    assert sql("SELECT * FROM sign_in_networks") == []


def test_addresses_are_forgotten_a_day_later(cast: Cast, origin: Origin, sql: Look) -> None:
    _guess(origin, times=2)
    sql("UPDATE sign_in_networks SET began_at = now() - interval '25 hours'")
    _guess(replace(origin, ip_address="203.0.113.5"), times=1)
    assert sql("SELECT host(network) FROM sign_in_networks") == [("203.0.113.5",)]


def test_every_refusal_asks_as_many_statements_of_the_database(cast: Cast, origin: Origin, sql: Look) -> None:
    sql("UPDATE users SET deactivated_at = now() WHERE username = 'mona'")
    sql("DELETE FROM user_credentials WHERE user_id = %s", cast.vera.user_id)
    sql("UPDATE user_credentials SET locked_until = now() + interval '1 minute' WHERE user_id = %s", cast.alice.user_id)
    assert not _is_let_in("nobody", origin)  # the first one from an address clears old ones away
    asked = {}
    for name, password in [
        ("max", "wrong"),
        ("nobody", "x"),
        ("", "x"),
        ("mona", PASSWORD),
        ("vera", "x"),
        ("alice", "x"),
    ]:
        with _statements() as heard:
            assert not _is_let_in(name, origin, password)
        asked[name] = [statement.split(None, 1)[0] for statement in heard]
    # the last is the one that keeps it, in the trail or, where there is nobody, by address
    assert {tuple(verbs[:-1]) for verbs in asked.values()} == {("SELECT", "INSERT", "SELECT", "UPDATE", "SELECT")}
    assert {len(verbs) for verbs in asked.values()} == {6}


def test_operator_can_see_names_that_nobody_has(
    cast: Cast, origin: Origin, sql: Look, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "lib.identity.attempts"):
        assert not _is_let_in("Root@Acme.Example", origin, "a password")
        assert not _is_let_in("my secret password", origin, "a password")
        assert not _is_let_in("evil@x\u202egnp.exe", origin, "a password")
        assert not _is_let_in("two\nlines@acme.example", origin, "a password")
    assert sql("SELECT unknown_names FROM sign_in_networks") == [(4,)]
    assert [record.getMessage() for record in caplog.records] == [
        "A sign-in from 198.51.100.9/32 was refused: nobody is called 'root@acme.example'.",
        "A sign-in from 198.51.100.9/32 was refused: nobody is called 'my'….",
        "A sign-in from 198.51.100.9/32 was refused: nobody is called 'evil@x\\u202egnp.exe'.",
        "A sign-in from 198.51.100.9/32 was refused: nobody is called ''….",
    ]
    assert "password" not in caplog.text


def test_lock_of_an_address_is_said_once_in_the_log(
    cast: Cast, origin: Origin, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "lib.identity.attempts"):
        _guess(origin, times=MOST_WRONG_FROM_ONE_ADDRESS + 3)
    assert [record.getMessage() for record in caplog.records if "locked" in record.getMessage()] == [
        f"198.51.100.9/32 is locked: {MOST_WRONG_FROM_ONE_ADDRESS} sign-ins from there were refused."
    ]
