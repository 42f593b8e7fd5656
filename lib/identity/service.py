"""Signing in and out, and changing one's password.

Whoever asks from outside learns nothing about who has an account: an unknown name, a wrong password, a locked name and
a deactivated person get the same words, after the same work.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import case, func, or_, update
from sqlalchemy.orm import Session

from lib.access.actor import Actor, Origin
from lib.db.session import identity_session
from lib.errors import Conflict, InvalidInput, LinkExpired, NotSignedIn, SignInRefused
from lib.identity import passwords, queries, sessions, tokens
from lib.identity.fields import Field, is_text
from lib.identity.queries import Person
from lib.identity.tokens import TokenKind
from lib.models.identity import UserCredential, UserSession

MOST_WRONG_PASSWORDS: Final = 5
LOCKED_FOR: Final = timedelta(minutes=15)

_LONGEST_NAME: Final = 255
_RULE: Final = f"{MOST_WRONG_PASSWORDS} wrong passwords lock a name for {LOCKED_FOR.seconds // 60} minutes"
#: Says when to try again without telling whether this name is locked, or anybody's at all.
REFUSED: Final = f"This name and password do not match. Check both and try again; {_RULE}."


def authenticate(name: str, password: str, *, origin: Origin) -> UUID:
    """Whose e-mail address or user name and password these are. Raises SignInRefused, always with the same words.

    The attempt is counted before the password is looked at, so that many at once get no more than one after another;
    no transaction is open while the password is hashed.
    """
    person, password_hash = _take_attempt(name, origin=origin)
    is_right = passwords.is_right(password, password_hash)
    if person is None:
        raise SignInRefused(REFUSED)
    with identity_session(origin, user_id=person.user_id) as session:
        is_accepted = is_right and person.is_active and _forget_attempts(session, person.user_id, password_hash)
        sessions.record(session, person.user_id, "identity.sign_in" if is_accepted else "identity.sign_in_refused")
    if not is_accepted:
        raise SignInRefused(REFUSED)
    return person.user_id


def issue_ticket(user_id: UUID) -> str:
    """A secret for `redeem_ticket`, good once and for a minute, for a person who has just proved who they are."""
    with identity_session(None, user_id=user_id) as session:
        return tokens.issue(session, TokenKind.SIGN_IN, user_id=user_id)


def redeem_ticket(ticket: str, *, origin: Origin) -> str:
    """Open a session for the ticket's person and return its secret, a new one at every sign-in.

    Raises LinkExpired when the ticket is unknown, used or too old, or the person is gone by now.
    """
    with identity_session(origin) as session:
        redeemed = tokens.redeem(session, TokenKind.SIGN_IN, ticket)
        if redeemed is None or redeemed.user_id is None:
            raise LinkExpired("This sign-in took too long or was completed already. Sign in again.")
        return sessions.open_session(session, redeemed.user_id, origin=origin)


def sign_out(session_token: str, *, origin: Origin) -> None:
    """End the session behind a cookie's value. One that has ended, or never was, is no error."""
    with identity_session(origin) as session:
        for user_id in sessions.revoke(session, UserSession.token_hash == tokens.hash_secret(session_token)):
            sessions.record(session, user_id, "identity.sign_out")


def change_password(actor: Actor, *, current: str, new: str) -> None:
    """Set the person's password and end all their other sessions.

    Raises InvalidInput when `current` is wrong or `new` is too weak. Wrong ones count as they do at sign-in.
    """
    person, password_hash = _take_attempt(actor.username, origin=actor.origin)
    if person is None or not person.is_active:
        raise NotSignedIn
    if not passwords.is_right(current, password_hash):
        message = f"This is not your current password. Try again; {_RULE}."
        raise InvalidInput(message, field=Field.CURRENT_PASSWORD)
    with identity_session(actor.origin, user_id=actor.user_id) as session:
        _forget_attempts(session, actor.user_id, password_hash)
    names = (person.email, person.username, person.full_name or "", actor.organization_name)
    passwords.check_strength(new, min_length=person.policy.min_password_length, names=names)
    if passwords.is_right(new, password_hash):
        raise InvalidInput("This is your current password. Choose another one.", field=Field.PASSWORD)
    new_hash = passwords.hash_password(new)
    with identity_session(actor.origin, user_id=actor.user_id) as session:
        values = {"password_hash": new_hash, "password_changed_at": func.now()}
        if not _update_credential(session, actor.user_id, password_hash, values):
            raise Conflict("Your password was changed a moment ago, somewhere else. Sign in with the new one.")
        tokens.spend_persons(session, actor.user_id)
        sessions.end_others(session, actor)


def _take_attempt(name: str, *, origin: Origin) -> tuple[Person | None, str | None]:
    """Count one attempt and return whom the name belongs to and the hash to compare with.

    There is no hash for an unknown name, a locked one and a person without a password.
    """
    typed = name.strip().lower()
    if not typed or len(typed) > _LONGEST_NAME or not is_text(typed):
        return None, None
    with identity_session(origin) as session:
        person = queries.find_person(session, typed)
        if person is None:
            return None, None
        # a lock that is over starts the count anew
        attempts = case((UserCredential.locked_until.is_(None), UserCredential.failed_attempts + 1), else_=1)
        password_hash = session.scalar(
            update(UserCredential)
            .where(
                UserCredential.user_id == person.user_id,
                or_(UserCredential.locked_until.is_(None), UserCredential.locked_until <= func.now()),
            )
            .values(
                failed_attempts=attempts,
                locked_until=case((attempts >= MOST_WRONG_PASSWORDS, func.now() + LOCKED_FOR), else_=None),
            )
            .returning(UserCredential.password_hash)
        )
        return person, password_hash


def _forget_attempts(session: Session, user_id: UUID, password_hash: str | None) -> bool:
    return _update_credential(session, user_id, password_hash, {"failed_attempts": 0, "locked_until": None})


def _update_credential(session: Session, user_id: UUID, password_hash: str | None, values: Mapping[str, Any]) -> bool:
    """Whether the hash was still the one that was compared with; otherwise nothing is changed."""
    is_it = (UserCredential.user_id == user_id) & (UserCredential.password_hash == password_hash)
    changed = session.scalars(update(UserCredential).where(is_it).values(values).returning(UserCredential.user_id))
    return changed.one_or_none() is not None
