"""Handing one mail to the mail server, by the standard library's smtplib. Knows nothing of where mails come from."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses
from threading import Timer
from typing import Final
from uuid import UUID

from lib.errors import ConfigurationError
from lib.mail.message import check_recipient
from lib.mail.rendering import Rendered
from lib.mail.server import SmtpServer

#: For each step of the conversation, and for all of them: a server that sends a byte now and then takes no longer.
STEP_SECONDS: Final = 20.0
TOTAL_SECONDS: Final = 90.0
_LONGEST_REASON: Final = 300
_READY: Final = 220
_PERMANENT: Final = 500


class MailFailed(Exception):
    """A mail that was not handed in. `reason` says why, and never what stood in the mail.

    `is_final`: the server will never take this mail for this recipient, so another try is worth nothing. `is_down`: it
    could not be reached, or lets nobody in; the next mail would fare no better.
    """

    def __init__(self, reason: str, *, is_final: bool = False, is_down: bool = False) -> None:
        line = " ".join("".join(letter if letter.isprintable() else " " for letter in reason).split())
        self.reason = line[:_LONGEST_REASON]
        self.is_final = is_final
        self.is_down = is_down
        super().__init__(self.reason)


def compose(rendered: Rendered, *, mail_id: UUID, sender: str, recipient: str, written_at: datetime) -> EmailMessage:
    """The mail as it travels. The same id gives the same Message-ID, by which receivers tell a second copy.

    Raises ConfigurationError for a sender, ValueError for a recipient, that is not one address.
    """
    author = read_sender(sender)
    message = EmailMessage(policy=SMTP)
    message["From"] = author
    message["To"] = _address(recipient)
    message["Subject"] = rendered.subject
    message["Date"] = format_datetime(written_at)
    message["Message-ID"] = f"<{mail_id}@{author.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office note answers it
    message.set_content(rendered.text)
    message.add_alternative(rendered.html, subtype="html")
    return message


def read_sender(sender: str) -> Address:
    """ORCHESTRATOR_MAIL_FROM as name and address. Raises ConfigurationError."""
    found = getaddresses([sender])
    try:
        if len(found) != 1 or not sender.isprintable():
            raise ValueError
        return _address(found[0][1], name=found[0][0])
    except ValueError:
        message = "ORCHESTRATOR_MAIL_FROM must look like “AI Orchestrator <orchestrator@example.com>”."
        raise ConfigurationError(message) from None


def send(message: EmailMessage, server: SmtpServer) -> None:
    """Hand the mail in. Raises MailFailed; ends within `TOTAL_SECONDS` and a step, whatever the server does."""
    try:
        with _conversation(server, name=message["From"].addresses[0].domain) as smtp:
            smtp.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()), (0, b""))
        raise MailFailed(f"{code} {_decoded(said)}", is_final=code >= _PERMANENT) from None
    except smtplib.SMTPNotSupportedError as error:
        raise MailFailed(str(error), is_final="SMTPUTF8" in str(error), is_down="SMTPUTF8" not in str(error)) from None
    except smtplib.SMTPDataError as error:
        raise MailFailed(
            f"{error.smtp_code} {_decoded(error.smtp_error)}", is_final=error.smtp_code >= _PERMANENT
        ) from None
    except smtplib.SMTPResponseException as error:  # it lets nobody in, or not this sender
        raise MailFailed(f"{error.smtp_code} {_decoded(error.smtp_error)}", is_down=True) from None
    except (smtplib.SMTPException, OSError) as error:
        raise MailFailed(str(error) or type(error).__name__, is_down=True) from None


def _address(address: str, *, name: str = "") -> Address:
    check_recipient(address)
    user, _, domain = address.partition("@")
    return Address(display_name=name, username=user, domain=domain)


@contextmanager
def _conversation(server: SmtpServer, *, name: str) -> Iterator[smtplib.SMTP]:
    """A session with the server, signed in; hung up when it takes too long as a whole. `name` says who calls."""
    context = ssl.create_default_context()
    smtp = (
        smtplib.SMTP_SSL(local_hostname=name, timeout=STEP_SECONDS, context=context)
        if server.is_tls
        else smtplib.SMTP(local_hostname=name, timeout=STEP_SECONDS)
    )
    # starttls checks the certificate for this name, which only the constructor would set, and that connects
    smtp._host = server.host  # type: ignore[attr-defined]  # no public way
    limit = Timer(TOTAL_SECONDS, _hang_up, [smtp])
    limit.daemon = True
    limit.start()
    try:
        code, said = smtp.connect(server.host, server.port)
        if code != _READY:
            raise smtplib.SMTPConnectError(code, said)
        smtp.ehlo_or_helo_if_needed()
        if server.wants_starttls and smtp.has_extn("starttls"):
            smtp.starttls(context=context)
            smtp.ehlo()
        elif server.needs_starttls:
            raise smtplib.SMTPNotSupportedError("The server offers no STARTTLS, and a password would go in the open.")
        if server.user is not None and server.password is not None:
            smtp.login(server.user, server.password.get_secret_value())
        yield smtp
        with suppress(smtplib.SMTPException, OSError):  # it has the mail by now
            smtp.quit()
    finally:
        limit.cancel()
        smtp.close()


def _hang_up(smtp: smtplib.SMTP) -> None:
    with suppress(OSError, AttributeError):
        assert smtp.sock is not None  # noqa: S101 for the types: whoever waits has one
        smtp.sock.shutdown(socket.SHUT_RDWR)


def _decoded(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
