"""Accepting an invitation: whoever holds its link becomes one of the organization's people.

The e-mail address is the invitation's and nobody's to change. Whether somebody has it already, in whatever
organization, is looked at here for the first time, by the database's own key.
"""

from collections.abc import Callable, Mapping
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lib.access.actor import Origin
from lib.db.constraints import constraint_of
from lib.db.session import identity_session
from lib.errors import Conflict, LinkExpired
from lib.identity import fields, passwords, queries, registration
from lib.identity.fields import Field
from lib.identity.queries import Invited
from lib.identity.tokens import hash_secret
from lib.models.identity import UserCredential

#: Who invites the first admin of an organization, as they are told; which operator it was is not theirs to know.
INVITING_OPERATOR: Final = "The installation's operator"

#: One page for a link that was made up, used, replaced, revoked or is too old: nobody learns which.
_NOT_GOOD: Final = (
    "This invitation was used, replaced or taken back, or it is older than a week. If you have accepted it, sign in; "
    "otherwise ask whoever invited you for a new link."
)
_ADDRESS_TAKEN: Final = (
    "No new account can be made for this e-mail address. Ask whoever invited you to invite another address of yours."
)
_NO_ROOM: Final = (
    "{} has no room for another person, so no account was made. Ask whoever invited you to make room; your invitation "
    "stays good until it is a week old."
)
_EMAIL_KEY: Final = "users_email_key"
#: Of api.accept_invitation: the tier's seats are taken.
_SEATS: Final = "users_seats"


def check_invitation(token: str) -> Invited:
    """What `accept_invitation` would make of this token now. Raises LinkExpired."""
    with identity_session(None) as session:
        return _get(session, token)


def find_faults(invited: Invited, *, full_name: str, username: str, password: str) -> Mapping[str, str]:
    """Every field of the form that can't be taken, with what is wrong; empty when all is well."""
    names = (invited.organization_name, invited.email, full_name, username)
    checks: tuple[Callable[[], object], ...] = (
        lambda: fields.clean_name(full_name, field=Field.FULL_NAME),
        lambda: fields.clean_username(username),
        lambda: passwords.check_strength(password, min_length=invited.policy.min_password_length, names=names),
    )
    return fields.collect_faults(checks)


def accept_invitation(token: str, *, full_name: str, username: str, password: str, origin: Origin) -> Invited:
    """Make the person, with their password, and use the link up; nothing is made by halves.

    Raises LinkExpired; InvalidInput with the first of `find_faults`; AlreadyTaken for the user name; Conflict where the
    address belongs to an account already, whosever, and where the organization has no room, after which the link is
    good still.
    """
    invited = check_invitation(token)  # before the work of hashing, which strangers shall not be able to ask for
    faults = find_faults(invited, full_name=full_name, username=username, password=password)
    fields.refuse_faults(faults)
    values = {
        "token_hash": hash_secret(token),
        "username": fields.clean_username(username),
        "full_name": fields.clean_name(full_name, field=Field.FULL_NAME),
    }
    password_hash = passwords.hash_password(password)
    try:
        with identity_session(origin) as session:
            made = text("SELECT api.accept_invitation(:token_hash, :username, :full_name)")
            user_id = session.execute(made, values).scalar_one()
            if user_id is None:
                raise LinkExpired(_NOT_GOOD)
            session.add(UserCredential(user_id=user_id, password_hash=password_hash))
    except IntegrityError as error:
        if constraint_of(error) == _EMAIL_KEY:
            raise Conflict(_ADDRESS_TAKEN) from error
        if constraint_of(error) == _SEATS:
            raise Conflict(_NO_ROOM.format(invited.organization_name)) from error
        raise registration.in_words(error) from error
    return invited


def _get(session: Session, token: str) -> Invited:
    invited = queries.find_invitation(session, token)
    if invited is None:
        raise LinkExpired(_NOT_GOOD)
    return invited
