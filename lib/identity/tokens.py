"""Secrets that are given away once: links and tickets in `user_tokens`, and the secret of a session.

A secret is 256 random bits; the database holds its SHA-256 and can't give it back. Time is the database's own: several
machines need not agree on it.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, text, update
from sqlalchemy.orm import Session

from lib.models.identity import UserToken


class TokenKind(StrEnum):
    """What a secret is for; it opens nothing else."""

    #: The link that makes the first organization of an empty installation.
    SET_UP = "set_up"
    #: Carries a sign-in from the page, which can't set a cookie, to the route that can.
    SIGN_IN = "sign_in"
    #: The link in a mail by which whoever forgot the password sets a new one.
    PASSWORD_RESET = "password_reset"  # noqa: S105 a word
    #: The link in a mail by which somebody shows that an address is theirs.
    EMAIL_VERIFICATION = "email_verification"
    #: The link of an invitation. It is the database's to make and to use up: api.issue_invitation, for a week.
    INVITATION = "invitation"


LIFETIMES: Final[Mapping[TokenKind, timedelta]] = {
    TokenKind.SET_UP: timedelta(hours=24),
    TokenKind.SIGN_IN: timedelta(seconds=60),
    TokenKind.PASSWORD_RESET: timedelta(hours=1),
    TokenKind.EMAIL_VERIFICATION: timedelta(days=1),
}
_KEPT_AFTER_ITS_END: Final = timedelta(days=1)
_ISSUE: Final = text(
    "INSERT INTO user_tokens (kind, token_hash, user_id, email, expires_at) "
    "SELECT :kind, :token_hash, CAST(:user_id AS uuid), :email, now() + make_interval(secs => :seconds) WHERE :is_meant"
)


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A secret that was good, once. A set-up link belongs to nobody."""

    user_id: UUID | None
    #: The address that the link went to, where there is one.
    email: str | None = None


def new_secret() -> str:
    """256 random bits, for addresses and cookies."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> bytes:
    """What the database keeps of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def issue(
    session: Session,
    kind: TokenKind,
    *,
    user_id: UUID | None = None,
    email: str | None = None,
    is_meant: bool = True,
) -> str:
    """Make a secret, good for one use within its lifetime, and clear away those that ended long ago.

    `email` is the address that a link goes to. `is_meant` is False where the same work is to be done for nobody, so
    that time does not tell; the secret is then worth nothing.
    """
    session.execute(delete(UserToken).where(UserToken.expires_at < func.now() - _KEPT_AFTER_ITS_END))
    secret = new_secret()
    values = {
        "kind": kind.value,
        "token_hash": hash_secret(secret),
        "user_id": user_id,
        "email": email,
        "seconds": LIFETIMES[kind].total_seconds(),
        "is_meant": is_meant,
    }
    session.execute(_ISSUE, values)
    return secret


def redeem(session: Session, kind: TokenKind, secret: str) -> Redeemed | None:
    """Use the secret up; None when it is unknown, of another kind, too old or used.

    Two at once: the second waits for the first one's row and then finds it used.
    """
    row = session.execute(
        update(UserToken)
        .where(
            UserToken.token_hash == hash_secret(secret),
            UserToken.kind == kind,
            UserToken.used_at.is_(None),
            UserToken.expires_at > func.now(),
        )
        .values(used_at=func.now())
        .returning(UserToken.user_id, UserToken.email)
    ).one_or_none()
    return None if row is None else Redeemed(row.user_id, row.email)


def spend_kind(session: Session, kind: TokenKind) -> None:
    """Make every unused secret of a kind worthless."""
    _spend(session, UserToken.kind == kind)


def spend_persons(session: Session, user_id: UUID, *, kind: TokenKind | None = None) -> None:
    """Make every unused secret of a person worthless; of one kind, where it is given."""
    is_theirs = UserToken.user_id == user_id
    _spend(session, is_theirs if kind is None else is_theirs & (UserToken.kind == kind))


def _spend(session: Session, condition: ColumnElement[bool]) -> None:
    session.execute(update(UserToken).where(condition, UserToken.used_at.is_(None)).values(used_at=func.now()))
