"""Mails that tell a person what happened to their account, so that whoever did it can't hide it from them."""

from sqlalchemy.orm import Session

from lib import clock
from lib.identity.queries import Person
from lib.mail.outbox import MailKind, Message, enqueue


def tell_password_changed(session: Session, person: Person, *, where: str | None) -> None:
    """That the password was changed, from an address or by the command line."""
    values = {"when": _now(), **({"where": where} if where else {})}
    _tell(session, person, MailKind.PASSWORD_CHANGED_NOTICE, values)


def tell_email_changed(session: Session, person: Person, *, before: str) -> None:
    """To the address before: that it is another one now."""
    values = {"when": _now(), "new_email": person.email}
    _tell(session, person, MailKind.EMAIL_CHANGED_NOTICE, values, recipient=before)


def tell_second_factor(session: Session, person: Person, *, change: str, where: str | None) -> None:
    """That the second factor was "turned on" or "turned off", from an address or by the command line."""
    values = {"change": change, "when": _now(), **({"where": where} if where else {})}
    _tell(session, person, MailKind.SECOND_FACTOR_NOTICE, values)


def _tell(
    session: Session, person: Person, kind: MailKind, values: dict[str, str], *, recipient: str | None = None
) -> None:
    message = Message(
        kind=kind,
        recipient=recipient or person.email,
        organization_id=person.organization_id,
        values={"name": person.name, **values},
    )
    enqueue(session, message)


def _now() -> str:
    now = clock.now()
    return f"{now.day} {now:%B %Y, %H:%M} UTC"
