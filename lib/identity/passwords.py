"""Passwords: kept as bcrypt hashes, of any length and in any script.

bcrypt reads 72 bytes at most, so every password, short or long, is normalised (NFKC: the same letters typed on two
systems are the same password), hashed by SHA-256 and written as base64: 44 bytes. The word in front keeps a hash that
leaked from somewhere else from being of use here. Spaces count, also at the ends.
https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#pre-hashing-passwords-with-bcrypt
"""

import base64
import hashlib
import unicodedata
from collections.abc import Iterable
from typing import Final

import bcrypt

from lib.errors import InvalidInput
from lib.identity.fields import Field

#: bcrypt's work, as a power of two; a third of a second. Tests lower it.
COST = 12

_LONGEST: Final = 1024  # normalising takes time that grows with the square of what is typed
_FEWEST_DIFFERENT: Final = 4


def hash_password(password: str) -> str:
    """What is kept instead of the password."""
    return bcrypt.hashpw(_digest(password), bcrypt.gensalt(COST)).decode()


def is_right(password: str, password_hash: str | None) -> bool:
    """Whether this is the password behind the hash. Without a hash it takes as long and says no."""
    is_match = bcrypt.checkpw(_digest(password[:_LONGEST]), (password_hash or _nobodys_hash()).encode())
    return is_match and password_hash is not None and len(password) <= _LONGEST


def check_strength(password: str, *, min_length: int, names: Iterable[str] = ()) -> None:
    """Raise InvalidInput with each reason why the password is too weak; `names` are what it must not be."""
    problems = list(_weaknesses(password, min_length, names))
    if problems:
        raise InvalidInput(f"This password {' and '.join(problems)}.", field=Field.PASSWORD, problems=problems)


def _weaknesses(password: str, min_length: int, names: Iterable[str]) -> Iterable[str]:
    if len(password) > _LONGEST:
        yield f"is longer than {_LONGEST} characters"
        return
    typed = unicodedata.normalize("NFKC", password)
    if len(typed) < min_length:
        yield f"has {len(typed)} characters and needs at least {min_length}"
    elif len(set(typed)) < _FEWEST_DIFFERENT:
        yield "repeats the same few characters"
    known = {unicodedata.normalize("NFKC", name).strip().casefold() for name in names}
    if typed.strip().casefold() in (known | {name.partition("@")[0] for name in known}) - {""}:
        yield "is one of your names, which is the first thing that others try"


def _digest(password: str) -> bytes:
    text = unicodedata.normalize("NFKC", password)
    return base64.b64encode(hashlib.sha256(b"ai-orchestrator " + text.encode("utf-8", "surrogatepass")).digest())


def _nobodys_hash() -> str:
    """As much work as anybody's. Put together and not computed, or the first unknown name would take twice as long."""
    return f"$2b${COST:02}${'.' * 53}"
