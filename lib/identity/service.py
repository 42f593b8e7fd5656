"""Signing in and out, and changing one's password.

Whoever asks from outside learns nothing about who has an account: an unknown name, a wrong password, a locked name and
a deactivated person get the same words, after the same work.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from lib.access.actor import Actor, Origin
from lib.db.session import identity_session
from lib.errors import (
    Conflict,
    InvalidInput,
    LinkExpired,
    NotSignedIn,
    OrganizationSuspended,
    SecondFactorNeeded,
    SignInRefused,
)
from lib.identity import attempts, notices, passwords, sessions, tokens
from lib.identity.attempts import LOCKED_FOR, MOST_WRONG_FROM_ONE_ADDRESS, MOST_WRONG_PASSWORDS, Held
from lib.identity.fields import Field
from lib.identity.queries import Person
from lib.identity.sessions import Holder
from lib.identity.tokens import TokenKind
from lib.models.identity import UserCredential, UserSession

_RULE: Final = f"{MOST_WRONG_PASSWORDS} wrong passwords lock a name for {LOCKED_FOR.seconds // 60} minutes"
#: Says when to try again without telling whether this name is locked, or anybody's at all.
REFUSED: Final = (
    f"This name and password do not match. Check both and try again; {_RULE}, "
    f"{MOST_WRONG_FROM_ONE_ADDRESS} the address that they come from."
)


def authenticate(name: str, password: str, *, origin: Origin) -> UUID:
    """Whose e-mail address or user name and password these are. Raises SignInRefused, always with the same words.

    Raises SecondFactorNeeded where they are right and the person has a second factor: `second_factor.sign_in` takes the
    code. To nobody but who knows the password of somebody in a suspended organization OrganizationSuspended says why.
    No transaction is open while the password is hashed.
    """
    with identity_session(origin) as session:
        attempt = attempts.take(session, name, ip_address=origin.ip_address)
    person, held = attempt.person, attempt.held
    is_right = passwords.is_right(password, held.password_hash if held else None)
    if attempt.is_address_locked:
        raise SignInRefused(REFUSED)
    is_accepted = person is not None and person.is_active and is_right
    is_suspended = person is not None and is_right and person.suspension_reason is not None
    pending = None
    with identity_session(origin, user_id=person.user_id if person else None) as session:
        if person is None:
            attempts.note_unknown(session, attempt, name)
        else:
            if (is_accepted or is_suspended) and held:
                attempts.forgive_address(session, attempt.network)  # before the account, as `take` locks them
                is_accepted = attempts.forgive_account(session, person.user_id, held) and is_accepted
            if is_accepted and held and held.has_second_factor:
                pending = sessions.open_pending(session, person.user_id, origin=origin)
            else:
                done = "identity.sign_in" if is_accepted else "identity.sign_in_refused"
                sessions.record(session, person.user_id, done)
                if held and held.is_last and not (is_accepted or is_suspended):
                    sessions.record(session, person.user_id, "identity.lock_out")
    if person is not None and is_suspended:
        raise OrganizationSuspended(person.suspension_reason or "")
    if person is None or not is_accepted:
        raise SignInRefused(REFUSED)
    if pending is not None:
        raise SecondFactorNeeded(pending)
    return person.user_id


def issue_ticket(user_id: UUID) -> str:
    """A secret for `redeem_ticket`, good once and for a minute, for a person who has just proved who they are."""
    with identity_session(None, user_id=user_id) as session:
        return tokens.issue(session, TokenKind.SIGN_IN, user_id=user_id)


def redeem_ticket(ticket: str, *, origin: Origin, replaced: str | None = None) -> str:
    """Open a session for the ticket's person and return its secret, a new one at every sign-in.

    `replaced` is the secret that the browser held until now; whoever's session it opened, it opens none any more.
    Raises LinkExpired when the ticket is unknown, used or too old, or the person is gone by now.
    """
    with identity_session(origin) as session:
        redeemed = tokens.redeem(session, TokenKind.SIGN_IN, ticket)
        if redeemed is None or redeemed.user_id is None:
            raise LinkExpired("This sign-in took too long or was completed already. Sign in again.")
        if replaced is not None:
            _end(session, replaced)
        return sessions.open_session(session, redeemed.user_id, origin=origin)


def sign_out(session_token: str, *, origin: Origin) -> None:
    """End the session behind a cookie's value. One that has ended, or never was, is no error."""
    with identity_session(origin) as session:
        _end(session, session_token)


def change_password(actor: Actor, *, current: str, new: str) -> None:
    """Set the person's password, end all their sessions, the one that asks among them, and tell them by mail.

    Raises InvalidInput when `current` is wrong or `new` is too weak. Wrong ones count as they do at sign-in.
    """
    person, held = require_password(actor, current)
    names = (person.email, person.username, person.full_name or "", actor.organization_name)
    passwords.check_strength(new, min_length=person.policy.min_password_length, names=names)
    if passwords.is_right(new, held.password_hash):
        raise InvalidInput("This is your current password. Choose another one.", field=Field.PASSWORD)
    new_hash = passwords.hash_password(new)
    with identity_session(actor.origin, user_id=actor.user_id) as session:
        # not over one that was set since the old one was compared with
        is_it = (UserCredential.user_id == actor.user_id) & (UserCredential.password_hash == held.password_hash)
        values = {"password_hash": new_hash, "password_changed_at": func.now()}
        changed = session.scalars(update(UserCredential).where(is_it).values(values).returning(UserCredential.user_id))
        if changed.one_or_none() is None:
            raise Conflict("Your password was changed a moment ago, somewhere else. Sign in with the new one.")
        tokens.spend_persons(session, actor.user_id)
        sessions.end_all(session, actor.user_id)
        notices.tell_password_changed(session, person, where=actor.origin.ip_address)


def require_password(who: Holder, password: str) -> tuple[Person, Held]:
    """Raise InvalidInput unless this is the password of somebody who is signed in. Wrong ones count as at sign-in."""
    with identity_session(who.origin, user_id=who.user_id) as session:
        person, held = attempts.take_for_account(session, who.username)
    if person is None or not person.is_active:
        raise NotSignedIn
    if held is None:  # to who is signed in it may be said
        message = f"Your name is locked, because somebody typed wrong passwords for it. Try again later; {_RULE}."
        raise InvalidInput(message, field=Field.CURRENT_PASSWORD)
    if not passwords.is_right(password, held.password_hash):
        _note_wrong(who, held)
        message = f"This is not your current password. Try again; {_RULE}."
        raise InvalidInput(message, field=Field.CURRENT_PASSWORD)
    with identity_session(who.origin, user_id=who.user_id) as session:
        attempts.forgive_account(session, who.user_id, held)
    return person, held


def _note_wrong(who: Holder, held: Held) -> None:
    with identity_session(who.origin, user_id=who.user_id) as session:
        sessions.record(session, who.user_id, "identity.password_refused")
        if held.is_last:
            sessions.record(session, who.user_id, "identity.lock_out")


def _end(session: Session, secret: str) -> None:
    for user_id in sessions.revoke(session, UserSession.token_hash == tokens.hash_secret(secret)):
        sessions.record(session, user_id, "identity.sign_out")
