"""The link of an invitation, once the database knows its hash."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from lib.mail import outbox
from lib.mail import service as mail
from lib.mail.message import MailKind, Message
from lib.users.views import InviteOutcome

#: As the database gives a link, and takes it.
LINK_DAYS: Final = 7


def hand_out(
    session: Session,
    secret: str,
    *,
    email: str,
    role: str,
    organization_id: UUID,
    organization_name: str,
    inviter: str,
    expires_at: datetime,
    by_mail: bool = True,
) -> InviteOutcome:
    """Have the link mailed where this installation sends mail; else whoever made it reads it once.

    A link that was mailed is for its reader alone. Where a mail does not arrive, a new one can be had not `by_mail`.
    """
    path = f"/accept?token={secret}"
    if is_mailed := by_mail and mail.can_send():
        message = Message(
            kind=MailKind.INVITATION,
            recipient=email,
            organization_id=organization_id,
            values={"organization": organization_name, "inviter": inviter, "role": role, "days": str(LINK_DAYS)},
            secret_path=path,
        )
        outbox.enqueue(session, message)
    return InviteOutcome(email=email, secret_path="" if is_mailed else path, expires_at=expires_at, is_mailed=is_mailed)
