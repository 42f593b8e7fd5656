"""What the identity login asks of the database: its own four tables, and `api` functions for people behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import TextClause, exists, func, select, text
from sqlalchemy.orm import Session

from lib.identity.policy import SecurityPolicy, read_policy
from lib.identity.tokens import TokenKind, hash_secret
from lib.models.identity import SignInNetwork, UserCredential, UserSession, UserToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom a name belongs to, as far as sign-in needs to know."""

    user_id: UUID
    organization_id: UUID
    email: str
    username: str
    full_name: str | None
    #: Neither deactivated nor deleted, and of an organization that is there and not suspended.
    is_active: bool
    #: Why their organization is suspended; None where it is not, or they are gone themselves.
    suspension_reason: str | None
    policy: SecurityPolicy

    @property
    def name(self) -> str:
        """What to call them."""
        return self.full_name or self.username


@dataclass(frozen=True, slots=True, kw_only=True)
class LivingSession:
    """A session that the database holds for valid, with the person behind it as stored."""

    #: The database's time, which the two below are to be compared with.
    asked_at: datetime
    session_id: UUID
    last_seen_at: datetime
    expires_at: datetime
    user_id: UUID
    organization_id: UUID
    role: str
    permissions: list[Any]
    is_operator: bool
    full_name: str | None
    email: str
    username: str
    preferences: dict[str, Any]
    organization_name: str
    organization_slug: str
    is_sample: bool
    is_visiting: bool
    sees_own_only: bool
    #: From then on it opens nothing but the set-up of a second factor; None where none is lacking.
    second_factor_due: datetime | None
    policy: SecurityPolicy

    @property
    def lacks_second_factor(self) -> bool:
        """Whether the time of grace is over."""
        return self.second_factor_due is not None and self.second_factor_due <= self.asked_at


@dataclass(frozen=True, slots=True)
class StoredFactor:
    """A second factor, or one that waits for its first code."""

    #: Sealed.
    totp_secret: bytes | None
    enabled_at: datetime | None
    codes_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """What the link of an invitation invites to, as whoever holds it reads it."""

    organization_name: str
    email: str
    role: str
    #: Who made the link; None is the installation's operator.
    invited_by: str | None
    policy: SecurityPolicy


_Found = TypeVar("_Found", Person, LivingSession, Invited)


def find_person(session: Session, name: str) -> Person | None:
    """Whom an e-mail address or a user name belongs to, whatever its case."""
    statement = text(
        "SELECT user_id, organization_id, email, username, full_name, is_active, security_settings, suspension_reason "
        "FROM api.find_sign_in(:name)"
    )
    return _find_one(session, Person, statement, name=name)


def find_pending(session: Session, secret: str) -> UUID | None:
    """Whose password was right a moment ago, and whose code is still to come."""
    return session.scalar(
        select(UserSession.user_id).where(
            UserSession.token_hash == hash_secret(secret),
            UserSession.state == "pending_second_factor",
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > func.now(),
        )
    )


def find_session(session: Session, secret: str) -> LivingSession | None:
    """The living session behind a cookie's value."""
    statement = text("SELECT now() AS asked_at, * FROM api.find_living_session(:token_hash)")
    return _find_one(session, LivingSession, statement, token_hash=hash_secret(secret))


def find_is_expired(session: Session, secret: str) -> bool | None:
    """Whether a session has come to the end of its time and nobody ended it before; None where it never was one."""
    is_expired = UserSession.revoked_at.is_(None) & (UserSession.expires_at <= func.now())
    return session.scalar(
        select(is_expired).where(UserSession.token_hash == hash_secret(secret), UserSession.state == "active")
    )


def list_living_sessions(session: Session, user_id: UUID) -> Sequence[UserSession]:
    """A person's sessions that have not ended, the last used first."""
    return session.scalars(
        select(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.state == "active",
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > func.now(),
        )
        .order_by(UserSession.last_seen_at.desc(), UserSession.id)
    ).all()


def find_second_factor(session: Session, user_id: UUID) -> StoredFactor:
    """A person's second factor as stored."""
    row = session.execute(
        select(
            UserCredential.totp_secret,
            UserCredential.totp_enabled_at,
            func.coalesce(func.cardinality(UserCredential.recovery_codes), 0),
        ).where(UserCredential.user_id == user_id)
    ).one_or_none()
    return StoredFactor(None, None, 0) if row is None else StoredFactor(*row)


def list_old_networks(session: Session, *, older_than: timedelta) -> Sequence[str]:
    """Counts of addresses to be cleared away, held for it; without those that somebody else holds."""
    is_old = SignInNetwork.began_at < func.now() - older_than
    return session.scalars(select(SignInNetwork.network).where(is_old).with_for_update(skip_locked=True)).all()


def is_empty(session: Session) -> bool:
    """Whether the installation has no organization yet."""
    return bool(session.scalar(text("SELECT api.is_empty()")))


def find_token(session: Session, kind: TokenKind, secret: str) -> UserToken | None:
    """The token that a secret would use up, if it would be good now."""
    return session.scalar(
        select(UserToken).where(
            UserToken.token_hash == hash_secret(secret),
            UserToken.kind == kind,
            UserToken.used_at.is_(None),
            UserToken.expires_at > func.now(),
        )
    )


def count_tokens(session: Session, kind: TokenKind, user_id: UUID, *, within: timedelta) -> int:
    """How many a person was given lately, used ones too. One statement, also for who is nobody."""
    lately = UserToken.created_at > func.now() - within
    found = select(func.count()).where(UserToken.user_id == user_id, UserToken.kind == kind, lately)
    return session.scalar(found) or 0


def has_password(session: Session, user_id: UUID) -> bool:
    """Whether a person can sign in with a password at all."""
    return bool(session.scalar(select(exists().where(UserCredential.user_id == user_id))))


def find_organization(session: Session, slug: str) -> UUID | None:
    """The organization behind a slug."""
    organization_id: UUID | None = session.scalar(text("SELECT api.find_organization(:slug)"), {"slug": slug})
    return organization_id


def find_invitation(session: Session, secret: str) -> Invited | None:
    """What a link invites to; None where it is not good any more."""
    statement = text(
        "SELECT organization_name, email, role, invited_by, security_settings FROM api.find_invitation(:token_hash)"
    )
    return _find_one(session, Invited, statement, token_hash=hash_secret(secret))


def _find_one(session: Session, kind: type[_Found], statement: TextClause, **asked: object) -> _Found | None:
    """The one row, with the policy that its organization's settings make."""
    row = session.execute(statement, asked).mappings().one_or_none()
    if row is None:
        return None
    values = dict(row)
    return kind(policy=read_policy(values.pop("security_settings")), **values)
