"""Putting mails into the outbox, from where a worker sends them.

A mail is part of the transaction that has something to say: rolled back, it was never written. Nobody reads the outbox
but the workers, through functions of the database; the one-time link in a mail is sealed (`lib.secrets.vault`), so that
a dump of the database opens nothing.
"""

import json
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from lib.mail.message import MailKind, Message
from lib.secrets.vault import seal

__all__ = ["PURPOSE", "MailKind", "Message", "enqueue"]

#: What links are sealed for.
PURPOSE: Final = "mail"

_ENQUEUE: Final = text(
    "SELECT api.enqueue_mail(:kind, :recipient, :organization_id, CAST(:values AS jsonb), :secret) WHERE :is_meant"
)


def enqueue(session: Session, message: Message, *, is_meant: bool = True) -> None:
    """Have a mail sent once the transaction of this session is committed; of the web or the identity door.

    It waits for up to a week where nothing can be sent (`lib.mail.service.can_send`). `is_meant` is False where the
    same work is to be done for nobody, so that time does not tell.
    """
    link = message.secret_path
    secret = seal(link, organization_id=message.organization_id, purpose=PURPOSE) if link else None
    values = {
        "kind": message.kind.value,
        "recipient": message.recipient,
        "organization_id": message.organization_id,
        "values": json.dumps(dict(message.values)),
        "secret": secret,
        "is_meant": is_meant,
    }
    session.execute(_ENQUEUE, values)
