"""Another e-mail address for oneself: asked for with the password, and true once a link that went there was opened.

An address that is somebody else's gets the same answer and the same mail; only who opens the link there is told, and
they may know.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from lib.access.actor import Actor, Origin
from lib.db.session import identity_session
from lib.errors import AlreadyTaken, Conflict, InvalidInput, LinkExpired
from lib.identity import fields, notices, queries, service, tokens
from lib.identity.fields import Field
from lib.identity.tokens import TokenKind
from lib.mail.outbox import MailKind, Message, enqueue
from lib.mail.service import can_send

#: Or an account would be a way to write to strangers.
MOST_LINKS_AN_HOUR: Final = 5
NO_MAIL: Final = (
    "This installation sends no mail, so a new address can't be confirmed. Ask whoever runs it to set a mail server up."
)
_EXPIRED: Final = (
    "This link was used, replaced by a newer one, or is older than a day. Ask for another one under Account."
)
_TAKEN: Final = (
    "This address belongs to another account already, so it can't become yours, and you keep the one that you had. "
    "Sign in to the other account, or choose another address."
)
_CHANGE: Final = text("SELECT api.change_email(:user_id, :email)")


def request_email_change(actor: Actor, *, new_email: str, password: str) -> str:
    """Mail a link to the new address, and return it as it will be kept. Until it is opened nothing changes.

    Raises InvalidInput for an address that is none, and for a wrong password, which counts as it does at sign-in;
    Conflict where no mail can be sent.
    """
    if not can_send():
        raise Conflict(NO_MAIL)
    email = fields.clean_email(new_email)
    if email == actor.email:
        raise InvalidInput("This is your e-mail address already. Enter another one.", field=Field.EMAIL)
    person, _ = service.require_password(actor, password)
    fields.check_domain(email, person.policy.email_domains)
    with identity_session(actor.origin, user_id=actor.user_id) as session:
        lately = queries.count_tokens(session, TokenKind.EMAIL_VERIFICATION, actor.user_id, within=timedelta(hours=1))
        if lately >= MOST_LINKS_AN_HOUR:
            message = f"You asked for {MOST_LINKS_AN_HOUR} links within an hour. Open the last one, or wait a while."
            raise InvalidInput(message, field=Field.EMAIL)
        tokens.spend_persons(session, actor.user_id, kind=TokenKind.EMAIL_VERIFICATION)
        secret = tokens.issue(session, TokenKind.EMAIL_VERIFICATION, user_id=actor.user_id, email=email)
        enqueue(
            session,
            Message(
                kind=MailKind.EMAIL_CHANGE,
                recipient=email,
                organization_id=actor.organization_id,
                values={"name": person.name},
                secret_path=f"/confirm?token={secret}",
            ),
        )
    return email


def find_new_email(token: str) -> str:
    """The address that `confirm_email` would make the person's. Raises LinkExpired, saying what to do."""
    with identity_session(None) as session:
        found = queries.find_token(session, TokenKind.EMAIL_VERIFICATION, token)
    if found is None or found.email is None:
        raise LinkExpired(_EXPIRED)
    return found.email


def confirm_email(token: str, *, origin: Origin) -> str:
    """Make the link's address the person's, confirmed; tell the address before; return the new one.

    Links that went to the address before are worth nothing any more; sessions go on. Raises LinkExpired, and
    AlreadyTaken where the address is another account's.
    """
    with identity_session(origin) as session:
        found = queries.find_token(session, TokenKind.EMAIL_VERIFICATION, token)
    if found is None or found.email is None or found.user_id is None:
        raise LinkExpired(_EXPIRED)
    try:
        with identity_session(origin, user_id=found.user_id) as session:
            redeemed = tokens.redeem(session, TokenKind.EMAIL_VERIFICATION, token)
            before = redeemed and session.scalar(_CHANGE, {"user_id": found.user_id, "email": found.email})
            if not before:
                raise LinkExpired(_EXPIRED)
            tokens.spend_persons(session, found.user_id)
            person = queries.find_person(session, found.email)
            assert person is not None  # noqa: S101 it was given the address a moment ago
            notices.tell_email_changed(session, person, before=before)
    except IntegrityError as error:
        raise AlreadyTaken(_TAKEN, field=Field.EMAIL) from error
    return found.email
