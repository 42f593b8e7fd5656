"""From the change of a password to the next sign-in, as people do it: what they type is what counts."""

import unicodedata

import pytest

from lib.access.actor import Origin
from lib.errors import SignInRefused
from lib.identity.service import authenticate, change_password
from tests.cast import PASSWORD, Cast

_ALPHABET = "correct horse battery staple "


def _signs_in(password: str, origin: Origin) -> bool:
    try:
        authenticate("max", password, origin=origin)
    except SignInRefused:
        return False
    return True


@pytest.mark.parametrize("length", [72, 73, 200])
def test_every_character_of_a_long_password_is_asked_for(cast: Cast, origin: Origin, length: int) -> None:
    password = (_ALPHABET * 8)[:length]
    change_password(cast.max, current=PASSWORD, new=password)

    assert not _signs_in(password[:-1], origin)
    assert not _signs_in(password[:-1] + "X", origin)
    assert not _signs_in(password + "X", origin)
    assert _signs_in(password, origin)


def test_passwords_that_are_the_same_for_72_bytes_are_two(cast: Cast, origin: Origin) -> None:
    common = "ж" * 30 + "password 12 "  # bcrypt alone would read no further
    assert len(common.encode()) == 72
    change_password(cast.max, current=PASSWORD, new=common + "A")
    assert not _signs_in(common + "B", origin)
    assert not _signs_in(common, origin)
    assert _signs_in(common + "A", origin)


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_composed_and_decomposed_letters_sign_in_alike(cast: Cast, origin: Origin, form: str) -> None:
    typed = "Ünïcödé ﬁrst Å 한국어"
    change_password(cast.max, current=PASSWORD, new=typed)
    assert _signs_in(unicodedata.normalize(form, typed), origin)  # type: ignore[arg-type] # one of the four


def test_spaces_at_the_ends_are_part_of_the_password(cast: Cast, origin: Origin) -> None:
    typed = "  two  spaces  each  "
    change_password(cast.max, current=PASSWORD, new=typed)
    assert not _signs_in(typed.strip(), origin)
    assert not _signs_in(" ".join(typed.split()), origin)
    assert _signs_in(typed, origin)
