"""Sessions: who a signed-in browser belongs to, until when, and how one is ended.

A session ends when nobody used it for as long as the organization's `session_timeout` says (an hour), 30 days after
its sign-in at the latest, when it is revoked, and when its person or organization is gone. One whose person lacks the
second factor that the organization requires opens nothing but its set-up, from the end of the time of grace on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, func, text, update
from sqlalchemy.orm import Session

from lib.access.actor import DEFAULT_LANDING_PAGE, Actor, Origin
from lib.access.permissions import Permission, Role
from lib.db.session import identity_session
from lib.errors import LinkExpired, NotFound
from lib.identity import queries, tokens
from lib.identity.policy import LONGEST_PENDING, LONGEST_SESSION
from lib.identity.queries import LivingSession
from lib.models.identity import UserSession


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSummary:
    """A session as its own person reads it."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ip_address: str | None
    user_agent: str | None
    #: The session that asks.
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrollee:
    """Somebody whose session opens nothing but the set-up of their second factor, and so is no Actor."""

    user_id: UUID
    session_id: UUID
    username: str
    email: str
    organization_name: str
    origin: Origin


class Ending(StrEnum):
    """Why a session is over whose secret a browser still holds."""

    #: Nobody used it for as long as the organization says, or its 30 days are over.
    BY_TIME = "time"
    #: Somebody ended it, or a new password did, or its person or organization is kept out.
    BY_SOMEBODY = "somebody"


#: Who may set up a second factor of their own.
Holder = Actor | Enrollee


def find_actor(session_token: str, *, origin: Origin, is_used: bool = True) -> Actor | None:
    """Who is behind a cookie's value, or None when the session has ended or never was.

    One statement, and once a minute a second one that writes down that the session was used; `is_used` is False for
    what a page does by itself, which keeps no session alive.
    """
    with identity_session(origin) as session:
        living = queries.find_session(session, session_token)
        if living is None or living.lacks_second_factor:
            return None
        unseen = living.asked_at - living.last_seen_at
        if unseen > living.policy.session_timeout:
            # the organization has shortened the time-out since `expires_at` was written
            _expire(session, living.session_id)
            return None
        if is_used and unseen > living.policy.touch_after:
            _touch(session, living.session_id, living.policy.session_timeout)
    return _actor(living, origin)


def find_enrollee(session_token: str, *, origin: Origin) -> Enrollee | None:
    """Who is behind the value of a cookie that opens nothing but the set-up of the second factor that is required.

    Asking keeps no session alive: it ends a time-out after the sign-in.
    """
    with identity_session(origin) as session:
        living = queries.find_session(session, session_token)
    if living is None or not living.lacks_second_factor:
        return None
    if living.asked_at - living.last_seen_at > living.policy.session_timeout:
        return None
    return Enrollee(
        user_id=living.user_id,
        session_id=living.session_id,
        username=living.username,
        email=living.email,
        organization_name=living.organization_name,
        origin=origin,
    )


def is_living(session_token: str, *, origin: Origin) -> bool:
    """Whether anybody is behind a cookie's value, be it to set up a second factor only."""
    return (find_actor(session_token, origin=origin) or find_enrollee(session_token, origin=origin)) is not None


def find_ending(session_token: str) -> Ending | None:
    """How the session behind a cookie's value has ended; None for one that lives, and where there never was one."""
    with identity_session(None) as session:
        if queries.find_session(session, session_token) is not None:
            return None
        is_expired = queries.find_is_expired(session, session_token)
    if is_expired is None:
        return None
    return Ending.BY_TIME if is_expired else Ending.BY_SOMEBODY


def open_pending(session: Session, user_id: UUID, *, origin: Origin) -> str:
    """Note that the person's password was right and the code is still to come; the secret is for whoever typed it."""
    secret, _ = _add(session, user_id, origin=origin, state="pending_second_factor", lasts=LONGEST_PENDING)
    return secret


def open_session(session: Session, user_id: UUID, *, origin: Origin) -> str:
    """Make a session and return the secret for the cookie. Raises LinkExpired when the person is gone by now."""
    secret, row = _add(session, user_id, origin=origin, state="active", lasts=LONGEST_SESSION)
    living = queries.find_session(session, secret)
    if living is None:
        raise LinkExpired("This sign-in is no longer good. Sign in again.")
    _touch(session, row.id, living.policy.session_timeout)
    return secret


def list_sessions(actor: Actor) -> list[SessionSummary]:
    """The person's own sessions, the last used first. They are few: each ends by itself."""
    with identity_session(actor.origin, user_id=actor.user_id) as session:
        return [
            SessionSummary(
                id=row.id,
                created_at=row.created_at,
                last_seen_at=row.last_seen_at,
                expires_at=row.expires_at,
                ip_address=row.ip_address,
                user_agent=row.user_agent,
                is_current=row.id == actor.session_id,
            )
            for row in queries.list_living_sessions(session, actor.user_id)
        ]


def end_session(actor: Actor, session_id: UUID) -> None:
    """End one of the person's own sessions. Raises NotFound for any other, and for one that has ended."""
    with identity_session(actor.origin, user_id=actor.user_id) as session:
        is_this = (UserSession.id == session_id) & (UserSession.user_id == actor.user_id)
        if not revoke(session, is_this):
            raise NotFound("session")
        record(session, actor.user_id, "identity.end_sessions")


def revoke_other_sessions(actor: Actor) -> int:
    """End all of the person's sessions but the one that asks, and return how many that were."""
    is_other = (UserSession.user_id == actor.user_id) & (UserSession.id != actor.session_id)
    with identity_session(actor.origin, user_id=actor.user_id) as session:
        ended = revoke(session, is_other)
        if ended:
            record(session, actor.user_id, "identity.end_sessions")
    return len(ended)


def end_all(session: Session, user_id: UUID) -> None:
    """End every session of a person, inside a transaction that does more."""
    if revoke(session, UserSession.user_id == user_id):
        record(session, user_id, "identity.end_sessions")


def revoke(session: Session, condition: ColumnElement[bool]) -> list[UUID]:
    """End the living sessions that the condition names, and return whose they were, one entry a session."""
    return list(
        session.scalars(
            update(UserSession)
            .where(condition, UserSession.revoked_at.is_(None), UserSession.expires_at > func.now())
            .values(revoked_at=func.now())
            .returning(UserSession.user_id)
        )
    )


def visit(session: Session, session_id: UUID, user_id: UUID | None) -> UUID | None:
    """Let a living session stand for a person of the sample workspace, or for its own person again (None).

    Returns its own person; None when it has ended by now. api.find_living_session believes no visit to anybody else.
    """
    own: UUID | None = session.scalar(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.revoked_at.is_(None), UserSession.expires_at > func.now())
        .values(visiting=user_id)
        .returning(UserSession.user_id)
    )
    return own


def record(session: Session, user_id: UUID, action: str) -> None:
    """Write an event of signing in or out to the audit trail, as that person."""
    session.execute(text("SELECT api.record_sign_in(:user_id, :action)"), {"user_id": user_id, "action": action})


def _expire(session: Session, session_id: UUID) -> None:
    """Have a session end by its time, and not by anybody's doing."""
    session.execute(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.expires_at > func.now())
        .values(expires_at=func.now())
        .execution_options(synchronize_session=False)
    )


def _touch(session: Session, session_id: UUID, timeout: timedelta) -> None:
    session.execute(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.revoked_at.is_(None))
        .values(
            last_seen_at=func.now(),
            expires_at=func.least(func.now() + timeout, UserSession.created_at + LONGEST_SESSION),
        )
        .execution_options(synchronize_session=False)
    )


def _add(session: Session, user_id: UUID, *, origin: Origin, state: str, lasts: timedelta) -> tuple[str, UserSession]:
    """A new row, and the secret that opens it."""
    secret = tokens.new_secret()
    row = UserSession(
        token_hash=tokens.hash_secret(secret),
        user_id=user_id,
        state=state,
        expires_at=func.now() + lasts,
        ip_address=origin.ip_address,
        user_agent=origin.user_agent,
    )
    session.add(row)
    session.flush()
    return secret, row


def _actor(living: LivingSession, origin: Origin) -> Actor:
    time_zone = living.preferences.get("time_zone")
    return Actor(
        user_id=living.user_id,
        organization_id=living.organization_id,
        session_id=living.session_id,
        role=Role(living.role),
        full_name=living.full_name or living.username,
        email=living.email,
        username=living.username,
        organization_name=living.organization_name,
        organization_slug=living.organization_slug,
        origin=origin,
        # a word that a newer version knows is not one that this version can grant
        extra_permissions=frozenset(permission for permission in Permission if permission in living.permissions),
        is_operator=living.is_operator,
        is_sample=living.is_sample,
        is_visiting=living.is_visiting,
        sees_own_only=living.sees_own_only,
        second_factor_due=living.second_factor_due,
        time_zone=time_zone if isinstance(time_zone, str) and time_zone else "UTC",
        landing_page=str(living.preferences.get("landing_page", DEFAULT_LANDING_PAGE)),
    )
