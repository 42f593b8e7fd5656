import unicodedata

import pytest

from lib.errors import InvalidInput
from lib.identity.passwords import check_strength, hash_password, is_right

GOOD = "correct horse battery staple"


def _problems(password: str, *names: str, min_length: int = 12) -> tuple[str, ...]:
    with pytest.raises(InvalidInput) as refused:
        check_strength(password, min_length=min_length, names=names)
    assert refused.value.field == "Password"
    assert all(problem in refused.value.message for problem in refused.value.problems)
    return refused.value.problems


def test_right_password_is_right_and_any_other_is_not() -> None:
    password_hash = hash_password(GOOD)
    assert is_right(GOOD, password_hash)
    assert not is_right(GOOD + "r", password_hash)
    assert not is_right(GOOD.upper(), password_hash)
    assert not is_right("", password_hash)


def test_same_password_has_another_hash_each_time() -> None:
    assert hash_password(GOOD) != hash_password(GOOD)


@pytest.mark.parametrize("length", [71, 72, 73, 200, 1024])
def test_every_character_counts_however_long_the_password(length: int) -> None:
    password = ("0123456789" * 103)[:length]
    password_hash = hash_password(password)
    assert is_right(password, password_hash)
    assert not is_right(password[:-1], password_hash)
    assert not is_right(password[:-1] + "x", password_hash)


def test_letters_of_several_bytes_count_beyond_72_bytes() -> None:
    password = "ж" * 36 + "щ"  # 74 bytes
    assert not is_right("ж" * 37, hash_password(password))


def test_same_letters_typed_on_another_system_are_the_same_password() -> None:
    composed = "Crème brûlée 한국 ﬁnale"
    assert is_right(unicodedata.normalize("NFD", composed), hash_password(composed))


def test_spaces_count_also_at_the_ends() -> None:
    password_hash = hash_password("  two spaces  ")
    assert is_right("  two spaces  ", password_hash)
    assert not is_right("two spaces", password_hash)


def test_zero_byte_does_not_end_the_password() -> None:
    assert not is_right("before\0after", hash_password("before\0AFTER"))


def test_half_a_character_is_just_wrong() -> None:
    assert not is_right("\ud800", hash_password(GOOD))


def test_hash_of_another_service_is_no_password_here() -> None:
    import base64
    import hashlib

    leaked = base64.b64encode(hashlib.sha256(GOOD.encode()).digest()).decode()
    assert not is_right(leaked, hash_password(GOOD))


def test_without_a_hash_the_answer_is_no_after_the_same_work(compared: list[str]) -> None:
    assert not is_right(GOOD, None)
    assert not is_right("nobody", None)
    assert not is_right(GOOD, hash_password("something else"))
    assert [password_hash[:7] for password_hash in compared] == ["$2b$04$"] * 3


def test_endless_password_is_refused_without_being_normalised() -> None:
    endless = "a" + "\u0301\u0323" * 2_000_000
    assert not is_right(endless, hash_password(endless[:1024]))
    assert _problems(endless) == ("is longer than 1024 characters",)


def test_strong_password_is_taken() -> None:
    check_strength(GOOD, min_length=12, names=["alice", "alice@acme.example", ""])


def test_short_password_is_told_how_much_is_missing() -> None:
    assert _problems("short") == ("has 5 characters and needs at least 12",)
    assert _problems(GOOD, min_length=40) == ("has 28 characters and needs at least 40",)


def test_characters_are_counted_and_not_bytes() -> None:
    check_strength("пароль очень", min_length=12)
    assert _problems("пароль") == ("has 6 characters and needs at least 12",)


@pytest.mark.parametrize("password", ["aaaaaaaaaaaa", "abababababab", "            "])
def test_same_few_characters_are_too_weak(password: str) -> None:
    assert _problems(password) == ("repeats the same few characters",)


@pytest.mark.parametrize("password", ["alice.larsen@acme.example", "Alice.Larsen", " ALICE LARSEN ", "Acme Research"])
def test_ones_own_names_are_too_weak(password: str) -> None:
    names = ("alice.larsen@acme.example", "alice", "Alice Larsen", "Acme Research")
    assert _problems(password, *names, min_length=8) == (
        "is one of your names, which is the first thing that others try",
    )


def test_every_reason_is_told() -> None:
    assert len(_problems("alice", "alice")) == 2
