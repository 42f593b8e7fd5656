"""A way back in that one person gives another: a link for a new password, good once and for an hour.

It is the link that `lib.identity.reset` mails to whoever asks for it; here somebody who may edit people asks for them.
Where mail is sent it goes to the person alone, for whoever holds it can become them; where none is, it is shown once.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.session import tenant_session
from lib.errors import BeyondOwnRights, Conflict, NotFound
from lib.identity import tokens
from lib.mail import outbox
from lib.mail import service as mail
from lib.mail.message import MailKind, Message
from lib.users import queries
from lib.users.rights import Rights, beyond
from lib.users.views import PasswordLink

_OWN: Final = "You can't make one for yourself. Change your password under Account."
_OPERATORS: Final = (
    "This person runs the installation, so nobody but another operator gives them a way in. On the installation's "
    "machine, “orchestrator users password” sets a new password."
)
_DEACTIVATED: Final = "This person is deactivated, and could not sign in with any password. Reactivate them first."
_IN_THE_SAMPLE: Final = "The people of the sample workspace are made up, and nobody signs in as one of them."
_NO_PASSWORD: Final = "This person has no password, so there is none to set anew."  # noqa: S105  words


def make_password_link(actor: Actor, user_id: UUID) -> PasswordLink:
    """Make a link by which that person sets a new password; the ones before are worthless. The trail has it.

    Raises `NotFound`, `NotPermitted` without `users.edit` and for who may do more, and `Conflict` for oneself, for an
    operator unless one asks, for who is deactivated, and in the sample workspace.
    """
    actor.require(Permission.USERS_EDIT)
    if actor.is_sample:
        raise Conflict(_IN_THE_SAMPLE)
    if user_id == actor.user_id:
        raise Conflict(_OWN)
    secret = tokens.new_secret()
    with tenant_session(actor) as session:
        row = queries.find_person(session, actor.organization_id, user_id)
        if row is None:
            raise NotFound("person")
        if any(beyond(actor, Rights.read(row.role, row.permissions))):
            raise BeyondOwnRights(Permission.USERS_EDIT, who=actor)
        if row.is_operator and not actor.is_operator:
            raise Conflict(_OPERATORS)
        if row.deactivated_at is not None:
            raise Conflict(_DEACTIVATED)
        made = select(func.api.issue_password_link(user_id, tokens.hash_secret(secret)))
        expires_at = session.execute(made).scalar_one()
        if expires_at is None:
            raise Conflict(_NO_PASSWORD)
        path = f"/reset?token={secret}"
        if is_mailed := mail.can_send():
            message = Message(
                kind=MailKind.PASSWORD_RESET,
                recipient=row.email,
                organization_id=actor.organization_id,
                values={"name": row.name},
                secret_path=path,
            )
            outbox.enqueue(session, message)
    return PasswordLink(email=row.email, secret_path="" if is_mailed else path, expires_at=expires_at)
