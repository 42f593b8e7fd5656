"""Recovery codes: the way in when the phone is lost, each good once. The database holds their hashes.

16 letters and digits hold 79 random bits, which nobody guesses, not even from the hash.
"""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Final
from uuid import UUID

HOW_MANY: Final = 10
#: Without those that are taken for one another: 0 and o, 1, i and l.
_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"
_LENGTH: Final = 16
_GROUP: Final = 4


def make() -> tuple[str, ...]:
    """Ten new ones, in groups of four: "k7mq-x9p2-…"."""
    return tuple(_make() for _ in range(HOW_MANY))


def hash_code(code: str, *, user_id: UUID) -> bytes:
    """What is kept of a code, as `lib.identity.totp.clean` leaves it; the same code of somebody else is another."""
    return hashlib.sha256(f"{user_id}:{code.replace('-', '')}".encode("utf-8", "surrogatepass")).digest()


def hash_all(codes: Sequence[str], *, user_id: UUID) -> list[bytes]:
    """What is kept of them all."""
    return [hash_code(code, user_id=user_id) for code in codes]


def _make() -> str:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    return "-".join(letters[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))
