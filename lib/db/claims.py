"""Who asks, announced so that SQL alone can't make it up.

A transaction of the web login says whose it is (`request.jwt.claims`) and signs that with a key that the login can't
read. PostgreSQL compares the signature before a policy shows a row, so SQL that is injected into a page stays the
person's whose page it is. The signature is HMAC-SHA256 (RFC 2104); PostgreSQL has SHA-256 but no HMAC, so the table
holds the two padded keys that RFC 2104 begins with.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Final

import psycopg
from psycopg import sql

from lib.data_folder import secret_key

#: After the upgrade that brings the first key: long enough to start every web process anew, one after the other.
GRACE: Final = timedelta(minutes=15)

_BLOCK_BYTES: Final = 64
_PURPOSE: Final = b"ai-orchestrator claims"


def sign(claims: str) -> str:
    """The signature of announced claims, as hexadecimal digits. Raises ConfigurationError where there is no key."""
    return hmac.new(_derive(secret_key()), claims.encode(), hashlib.sha256).hexdigest()


def install_keys(owner_url: str, secrets: Sequence[str]) -> None:
    """Let the database know the keys that come from these secrets, the present one and those before, and no others.

    Where it knew none and is in use, web processes of a version that signs nothing go on for `GRACE`.
    """
    pads = [(_pad(_derive(secret), 0x36), _pad(_derive(secret), 0x5C)) for secret in dict.fromkeys(secrets)]
    with psycopg.connect(owner_url) as connection:
        known = connection.execute("SELECT inner_pad, outer_pad FROM claim_keys").fetchall()
        if sorted(known) == sorted(pads):
            return
        row = connection.execute("SELECT EXISTS (SELECT FROM organizations)").fetchone()
        grace = GRACE if not known and row is not None and row[0] else timedelta(0)
        connection.execute("DELETE FROM claim_keys")
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO claim_keys (inner_pad, outer_pad, required_from) VALUES (%s, %s, now() + %s)",
                [(*pad, grace) for pad in pads],
            )


def is_key_known(connection: psycopg.Connection) -> bool:
    """Whether the database of this connection, the web login's, takes what this process signs."""
    row = connection.execute(
        sql.SQL("SELECT api.is_signed({}, {})").format(sql.Literal("{}"), sql.Literal(sign("{}")))
    ).fetchone()
    return row is not None and bool(row[0])


@lru_cache(maxsize=4)
def _derive(secret: str) -> bytes:
    """A key for this purpose only: what signs claims opens nothing else."""
    return hmac.new(secret.encode(), _PURPOSE, hashlib.sha256).digest()


def _pad(key: bytes, value: int) -> bytes:
    return bytes(byte ^ value for byte in key.ljust(_BLOCK_BYTES, b"\0"))
