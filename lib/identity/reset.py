"""A way back in for whoever forgot the password: a link by mail, good once and for an hour; or the command line.

The same link is what an admin makes for somebody: `lib.users.password_links`.

Whoever asks for a link learns nothing about who has an account: there is one answer, after the same work, for unknown
names, deactivated people, those without a password and everybody else.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lib.access.actor import Origin, command_line
from lib.db.session import identity_session
from lib.errors import Conflict, InvalidInput, LinkExpired
from lib.identity import attempts, notices, passwords, queries, sessions, tokens
from lib.identity.fields import Field
from lib.identity.queries import Person
from lib.identity.tokens import LIFETIMES, TokenKind
from lib.mail.outbox import MailKind, Message, enqueue
from lib.mail.service import can_send
from lib.models.identity import UserCredential, UserSession

#: To one person, however often somebody asks: their mailbox is not to be flooded.
MOST_LINKS_AN_HOUR: Final = 3
#: The same for every name.
ASKED: Final = (
    "If this is somebody's name, a link is on its way to their e-mail address. It is good once, for an hour. If "
    "nothing comes, look among the junk mail, and whether the name is right."
)
NO_MAIL: Final = (
    "This installation sends no mail, so it can't send you a link. Ask an admin of your organization for one: “Reset "
    "password” on your page under Users makes it. Where there is no other admin, whoever runs the installation sets a "
    "new password: “orchestrator users password” does it."
)
_EXPIRED: Final = (
    "This link was used, replaced by another one or by a change of your account, or is older than an hour. Ask for "
    "another one by “Forgot your password?” on the sign-in form, or ask whoever gave it to you."
)
_NOBODY: Final = UUID(int=0)
#: Goes nowhere: stands for the address of who is nobody.
_NOWHERE: Final = "nobody@invalid.invalid"


def request_reset(name: str, *, origin: Origin) -> None:
    """Mail a link to whom the name belongs to, if that is anybody who may sign in. Says nothing about it either way.

    Raises Conflict where no mail can be sent.
    """
    if not can_send():
        raise Conflict(NO_MAIL)
    with identity_session(origin) as session:
        attempt = attempts.take_for_link(session, name, ip_address=origin.ip_address)
        if attempt.is_address_locked:
            return
        _send_link(session, attempt.person)
        if attempt.person is None:
            attempts.note_unknown(session, attempt, name, what="The wish for a new password")
        else:
            sessions.record(session, attempt.person.user_id, "identity.ask_for_reset")


def check_reset(token: str) -> None:
    """Raise LinkExpired, saying what to do, unless `reset_password` would take this token now."""
    with identity_session(None) as session:
        _find_person(session, token)


def reset_password(token: str, *, new: str, origin: Origin) -> str:
    """Set the password of the link's person, end all their sessions, tell them, and return their e-mail address.

    Raises LinkExpired, and InvalidInput for a weak password, which leaves the link good.
    """
    with identity_session(origin) as session:
        person = _find_person(session, token)
    check_new_password(person, new)
    new_hash = passwords.hash_password(new)  # after the token: strangers shall not be able to ask for this work
    with identity_session(origin, user_id=person.user_id) as session:
        person = _find_person(session, token)
        if tokens.redeem(session, TokenKind.PASSWORD_RESET, token) is None:
            raise LinkExpired(_EXPIRED)
        session.execute(
            update(UserCredential).where(UserCredential.user_id == person.user_id).values(_renewed(new_hash))
        )
        tokens.spend_persons(session, person.user_id)
        sessions.end_all(session, person.user_id)
        notices.tell_password_changed(session, person, where=origin.ip_address)
    return person.email


def set_password(email: str, new: str) -> str:
    """Set somebody's password from the command line, end all their sessions and tell them; returns their name.

    The audit trail names the command line, and nobody. Raises InvalidInput.
    """
    with identity_session(None) as session:
        person = queries.find_person(session, email.strip())
    if person is None or person.email != email.strip().lower():
        raise InvalidInput(f"Nobody has the e-mail address “{email}”.", field=Field.EMAIL)
    if not person.is_active:
        raise InvalidInput("This person is deactivated, and could not sign in with any password.", field=Field.EMAIL)
    check_new_password(person, new)
    made = insert(UserCredential).values(user_id=person.user_id, password_hash=passwords.hash_password(new))
    with identity_session(command_line("users password")) as session:
        session.execute(
            made.on_conflict_do_update(index_elements=["user_id"], set_=_renewed(made.excluded.password_hash))
        )
        tokens.spend_persons(session, person.user_id)
        sessions.revoke(session, UserSession.user_id == person.user_id)
        notices.tell_password_changed(session, person, where="the command line")
    return person.name


def check_new_password(person: Person, new: str) -> None:
    """Raise InvalidInput when the password is too weak for the person's organization."""
    names = (person.email, person.username, person.full_name or "")
    passwords.check_strength(new, min_length=person.policy.min_password_length, names=names)


def _send_link(session: Session, person: Person | None) -> None:
    """Make a link and mail it; for nobody, and for who is to get none, the same work and nothing of it stays."""
    user_id = person.user_id if person else _NOBODY
    has_password = queries.has_password(session, user_id)
    sent = queries.count_tokens(session, TokenKind.PASSWORD_RESET, user_id, within=LIFETIMES[TokenKind.PASSWORD_RESET])
    is_meant = person is not None and person.is_active and has_password and sent < MOST_LINKS_AN_HOUR
    email = person.email if person else _NOWHERE
    secret = tokens.issue(session, TokenKind.PASSWORD_RESET, user_id=user_id, email=email, is_meant=is_meant)
    message = Message(
        kind=MailKind.PASSWORD_RESET,
        recipient=email,
        organization_id=person.organization_id if person else None,
        values={"name": person.name if person else ""},
        secret_path=f"/reset?token={secret}",
    )
    enqueue(session, message, is_meant=is_meant)


def _find_person(session: Session, token: str) -> Person:
    """Whose link this is. Raises LinkExpired; also when the address it went to is no longer theirs."""
    found = queries.find_token(session, TokenKind.PASSWORD_RESET, token)
    person = queries.find_person(session, found.email) if found and found.email else None
    if found is None or person is None or person.user_id != found.user_id or not person.is_active:
        raise LinkExpired(_EXPIRED)
    return person


def _renewed(password_hash: object) -> dict[str, object]:
    return {
        "password_hash": password_hash,
        "password_changed_at": func.now(),
        "failed_attempts": 0,
        "locked_until": None,
    }
