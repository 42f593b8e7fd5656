"""The second factor: a code of an authenticator app beside the password, and recovery codes for when the app is lost.

A code is taken once: the time step of the last one is kept, and no code of it or of an earlier one is taken again. A
recovery code is gone with its use. Wrong codes count as wrong passwords do, and every refusal has the same words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, update
from sqlalchemy.orm import Session

from lib import clock
from lib.access.actor import Actor, Origin, command_line
from lib.db.session import identity_session
from lib.errors import Conflict, InvalidInput, LinkExpired, NotFound, NotSignedIn, SignInRefused
from lib.identity import attempts, notices, passwords, queries, recovery_codes, service, sessions, tokens, totp
from lib.identity.attempts import LOCKED_FOR, MOST_WRONG_PASSWORDS, Held
from lib.identity.fields import Field
from lib.identity.sessions import Holder
from lib.models.identity import UserCredential, UserSession
from lib.secrets import vault

_RULE: Final = f"{MOST_WRONG_PASSWORDS} wrong ones lock a name for {LOCKED_FOR.seconds // 60} minutes"
#: The same for a wrong code, a used one, a locked name and a locked address.
CODE_REFUSED: Final = f"This code is not right, or was used before. Wait for the next one and enter that; {_RULE}."
_PROOF_REFUSED: Final = f"Password and code are not both right, or the code was used before. Try again; {_RULE}."
_NOT_ON: Final = "You have no second factor any more: it was turned off somewhere else. Reload this page."
_TOO_LATE: Final = "The code came too late: it is waited for five minutes. Sign in again."

#: What the app's secret is sealed for.
PURPOSE: Final = "second_factor"
#: So many recovery codes there are at most.
MOST_CODES: Final = recovery_codes.HOW_MANY
#: What of a credential belongs to the factor, where there is none.
OFF: Final[Mapping[str, Any]] = {
    "totp_secret": None,
    "totp_enabled_at": None,
    "totp_last_step": None,
    "recovery_codes": None,
}


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A secret for an authenticator app, which waits for the app's first code."""

    #: To be typed where no picture can be read.
    secret: str = field(repr=False)
    #: What the picture says.
    link: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """What a person sees of their own."""

    #: None without one.
    enabled_at: datetime | None
    codes_left: int


def get_second_factor(actor: Actor) -> SecondFactor:
    """Since when the person has a second factor, and how many recovery codes are left."""
    with identity_session(actor.origin, user_id=actor.user_id) as session:
        stored = queries.find_second_factor(session, actor.user_id)
    return SecondFactor(stored.enabled_at, stored.codes_left)


def begin(who: Holder, *, password: str) -> Enrolment:
    """Make a secret for the person's app; one made before, which still waits, is worthless from now on.

    Raises InvalidInput for a wrong password, Conflict for who has a second factor.
    """
    service.require_password(who, password)
    secret = totp.new_secret()
    with identity_session(who.origin, user_id=who.user_id) as session:
        is_off = UserCredential.totp_enabled_at.is_(None)
        if not _change(session, who.user_id, is_off, {"totp_secret": _seal(secret, who.user_id)}):
            raise Conflict("You have a second factor already. Turn it off before you set up another one.")
    return Enrolment(secret, totp.app_link(secret, name=who.email))


def confirm(who: Holder, code: str) -> tuple[str, ...]:
    """Turn the second factor on by its first code, and return the recovery codes, which nobody can read again.

    Ends all other sessions of the person, which a password alone has opened. Raises InvalidInput for a wrong code,
    Conflict where no secret waits for one.
    """
    with identity_session(who.origin, user_id=who.user_id) as session:
        waiting = queries.find_second_factor(session, who.user_id).totp_secret
        if waiting is None:
            raise Conflict("There is nothing to turn on. Begin again.")
        step = _find_step(waiting, code, user_id=who.user_id)
        if step is None:
            message = "This is not the code that belongs to this secret now. Check your phone's time, and try the next."
            raise InvalidInput(message, field=Field.CODE)
        codes = recovery_codes.make()
        values = {
            "totp_enabled_at": func.now(),
            "totp_last_step": step,
            "recovery_codes": recovery_codes.hash_all(codes, user_id=who.user_id),
        }
        is_it = (UserCredential.totp_secret == waiting) & UserCredential.totp_enabled_at.is_(None)
        if not _change(session, who.user_id, is_it, values):
            raise Conflict("This was begun anew, or done, somewhere else. Begin again.")
        tokens.spend_persons(session, who.user_id)
        is_other = (UserSession.user_id == who.user_id) & (UserSession.id != who.session_id)
        if sessions.revoke(session, is_other):
            sessions.record(session, who.user_id, "identity.end_sessions")
        if person := queries.find_person(session, who.email):
            notices.tell_second_factor(session, person, change="turned on", where=who.origin.ip_address)
    return codes


def turn_off(actor: Actor, *, password: str, code: str) -> None:
    """Sign in by the password alone from now on. Raises InvalidInput unless both are right."""
    _prove(actor, password, code, values=OFF)


def renew_codes(actor: Actor, *, password: str, code: str) -> tuple[str, ...]:
    """New recovery codes in place of the old ones. Raises InvalidInput unless both are right."""
    codes = recovery_codes.make()
    _prove(actor, password, code, values={"recovery_codes": recovery_codes.hash_all(codes, user_id=actor.user_id)})
    return codes


def sign_in(pending: str, code: str, *, origin: Origin) -> UUID:
    """Whose pending sign-in this is, once the code is right; the sign-in is then used up.

    Raises SignInRefused, always with the same words, and LinkExpired when the password was typed too long ago.
    """
    with identity_session(origin) as session:
        user_id = queries.find_pending(session, pending)
    if user_id is None:
        raise LinkExpired(_TOO_LATE)
    network = attempts.find_network(origin.ip_address)
    with identity_session(origin, user_id=user_id) as session:
        is_open = attempts.take_for_address(session, network)
        held = attempts.take_for_person(session, user_id) if is_open else None
        is_right = held is not None and _use(session, user_id, held, code)
        if is_right:
            is_it = (UserSession.token_hash == tokens.hash_secret(pending)) & (UserSession.user_id == user_id)
            is_right = bool(sessions.revoke(session, is_it))
        if is_right:
            attempts.forgive_address(session, network)
        if is_open:
            sessions.record(session, user_id, "identity.sign_in" if is_right else "identity.code_refused")
        if held and held.is_last and not is_right:
            sessions.record(session, user_id, "identity.lock_out")
    if not is_right:
        raise SignInRefused(CODE_REFUSED)
    return user_id


def reset(email: str) -> str:
    """Take somebody's second factor away and end their sessions, for the command line; their name.

    Raises NotFound for an unknown address, Conflict for who has none.
    """
    origin = command_line("users reset-second-factor")
    with identity_session(origin) as session:
        person = queries.find_person(session, email)
        if person is None:
            raise NotFound("person")
        if not _change(session, person.user_id, UserCredential.totp_enabled_at.is_not(None), OFF):
            raise Conflict(f"{person.email} has no second factor. There is nothing to reset.")
        sessions.end_all(session, person.user_id)
        notices.tell_second_factor(session, person, change="turned off", where=None)
    return person.name


def _prove(actor: Actor, password: str, code: str, *, values: Mapping[str, Any]) -> None:
    """Write the values if password and code are both right. The two are one attempt, and one refusal."""
    with identity_session(actor.origin, user_id=actor.user_id) as session:
        person, held = attempts.take_for_account(session, actor.username)
    if person is None or not person.is_active:
        raise NotSignedIn
    is_right = passwords.is_right(password, held.password_hash if held else None)
    if held is not None and not held.has_second_factor:
        raise Conflict(_NOT_ON)
    with identity_session(actor.origin, user_id=actor.user_id) as session:
        if not (is_right and held and _use(session, actor.user_id, held, code, values=values)):
            raise InvalidInput(_PROOF_REFUSED, field=Field.CODE)
        if values is OFF:
            notices.tell_second_factor(session, person, change="turned off", where=actor.origin.ip_address)


def _use(session: Session, user_id: UUID, held: Held, typed: str, *, values: Mapping[str, Any] | None = None) -> bool:
    """Use a code up, and write the values with it; False when it is none of this person's, or was used.

    Two at once: the second waits for the first one's row, and then finds the step taken or the code gone.
    """
    if held.totp_secret is None:
        return False
    cleaned = totp.clean(typed)
    forget: Mapping[str, Any] = {"failed_attempts": 0, "locked_until": None}
    is_it = (UserCredential.totp_secret == held.totp_secret) & (UserCredential.password_hash == held.password_hash)
    if totp.is_code(cleaned):
        step = _find_step(held.totp_secret, cleaned, user_id=user_id)
        if step is None:
            return False
        is_new = or_(UserCredential.totp_last_step.is_(None), UserCredential.totp_last_step < step)
        return _change(session, user_id, is_it & is_new, {"totp_last_step": step, **forget, **(values or {})})
    code_hash = recovery_codes.hash_code(cleaned, user_id=user_id)
    left = func.array_remove(UserCredential.recovery_codes, code_hash)
    is_left = UserCredential.recovery_codes.contains([code_hash])
    return _change(session, user_id, is_it & is_left, {"recovery_codes": left, **forget, **(values or {})})


def _change(session: Session, user_id: UUID, condition: ColumnElement[bool], values: Mapping[str, Any]) -> bool:
    """Whether the person's credential was as the condition says; otherwise nothing is changed."""
    is_it = (UserCredential.user_id == user_id) & condition
    changed = session.scalars(update(UserCredential).where(is_it).values(values).returning(UserCredential.user_id))
    return changed.one_or_none() is not None


def _find_step(sealed: bytes, typed: str, *, user_id: UUID) -> int | None:
    secret = vault.unseal(sealed, organization_id=user_id, purpose=PURPOSE)
    return totp.find_step(secret, totp.clean(typed), now=clock.now())


def _seal(secret: str, user_id: UUID) -> bytes:
    """Sealed for the person, which is narrower than for the organization: in another row it does not open."""
    return vault.seal(secret, organization_id=user_id, purpose=PURPOSE)
