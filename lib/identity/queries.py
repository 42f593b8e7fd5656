"""What the identity login asks of the database: its own four tables, and `api` functions for people behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select, text
from sqlalchemy.orm import Session

from lib.identity.policy import SecurityPolicy, read_policy
from lib.identity.tokens import TokenKind, hash_secret
from lib.models.identity import SignInNetwork, UserSession, UserToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom a name belongs to, as far as sign-in needs to know."""

    user_id: UUID
    email: str
    username: str
    full_name: str | None
    #: Neither deactivated nor deleted, and of an organization that is there and not suspended.
    is_active: bool
    #: Why their organization is suspended; None where it is not, or they are gone themselves.
    suspension_reason: str | None
    policy: SecurityPolicy


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
    policy: SecurityPolicy


def find_person(session: Session, name: str) -> Person | None:
    """Whom an e-mail address or a user name belongs to, whatever its case."""
    row = (
        session.execute(
            text(
                "SELECT user_id, email, username, full_name, is_active, security_settings, suspension_reason "
                "FROM api.find_sign_in(:name)"
            ),
            {"name": name},
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    values = dict(row)
    return Person(policy=read_policy(values.pop("security_settings")), **values)


def find_session(session: Session, secret: str) -> LivingSession | None:
    """The living session behind a cookie's value."""
    row = (
        session.execute(
            text("SELECT now() AS asked_at, * FROM api.find_actor(:token_hash)"), {"token_hash": hash_secret(secret)}
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    values = dict(row)
    return LivingSession(policy=read_policy(values.pop("security_settings")), **values)


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


def list_old_networks(session: Session, *, older_than: timedelta) -> Sequence[str]:
    """Counts of addresses to be cleared away, held for it; without those that somebody else holds."""
    is_old = SignInNetwork.began_at < func.now() - older_than
    return session.scalars(select(SignInNetwork.network).where(is_old).with_for_update(skip_locked=True)).all()


def is_empty(session: Session) -> bool:
    """Whether the installation has no organization yet."""
    return bool(session.scalar(text("SELECT api.is_empty()")))


def has_token(session: Session, kind: TokenKind, secret: str) -> bool:
    """Whether a secret would be good, without using it up."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    UserToken.token_hash == hash_secret(secret),
                    UserToken.kind == kind,
                    UserToken.used_at.is_(None),
                    UserToken.expires_at > func.now(),
                )
            )
        )
    )


def find_organization(session: Session, slug: str) -> UUID | None:
    """The organization behind a slug."""
    organization_id: UUID | None = session.scalar(text("SELECT api.find_organization(:slug)"), {"slug": slug})
    return organization_id
