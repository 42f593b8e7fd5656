"""A real mail server on a free port of this machine, which keeps what it gets or behaves as badly as a test asks."""

import asyncio
import email
import email.policy
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lib.config import get_settings
from tests.workers import until

SENDER = "AI Orchestrator <orchestrator@dashboard.example>"
NAME, PASSWORD = "orchestrator@dashboard.example", "s3cret/@pass"
TAKEN = "250 OK"

Hear = Callable[[str], Any]


@dataclass(slots=True)
class Mailbox:
    """What came, and what is answered; aiosmtpd's handler."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    #: Who each came from and went to, as SMTP says it.
    envelopes: list[tuple[str | None, tuple[str, ...]]] = field(default_factory=list)
    #: Whether each came over STARTTLS, and whether from somebody who had signed in.
    were_tls: list[bool] = field(default_factory=list)
    were_signed_in: list[bool] = field(default_factory=list)
    #: What is answered to a recipient and to a mail; a mail is kept in any case.
    to_recipient: str = TAKEN
    to_mail: str = TAKEN
    #: Before a mail is answered.
    pause: Callable[[], Any] | None = None

    async def handle_RCPT(  # noqa: N802 aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.to_recipient == TAKEN:
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 likewise
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        mail = email.message_from_bytes(content, policy=email.policy.SMTPUTF8)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.envelopes.append((envelope.mail_from, tuple(envelope.rcpt_tos)))
        self.were_tls.append(session.ssl is not None)
        self.were_signed_in.append(bool(session.authenticated))
        if self.pause is not None:
            await asyncio.get_running_loop().run_in_executor(None, self.pause)
        return self.to_mail

    def wait(self, number: int = 1, *, seconds: float = 30) -> EmailMessage:
        """The mail of that number, once it has come."""
        until(lambda: len(self.mails) >= number, seconds)
        return self.mails[number - 1]


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """One of its two bodies."""
    body = mail.get_body(preferencelist=(kind,))
    assert body is not None
    return str(body.get_content())


def link_in(mail: EmailMessage) -> str:
    """The one link of a mail."""
    (link,) = re.findall(r"https?://\S+", text_of(mail))
    return str(link)


@contextmanager
def serving(mailbox: Mailbox, *, tls: ssl.SSLContext | None = None, **options: Any) -> Iterator[Mailbox]:
    """The server in a thread of its own; with `tls` from the first byte, or `tls_context` for STARTTLS."""
    is_ready, loops = threading.Event(), []
    is_over = asyncio.Event()

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        loops.append(loop)

        def make() -> SMTP:
            return SMTP(mailbox, hostname="mail.example", loop=loop, timeout=60, **options)

        async with await loop.create_server(make, "127.0.0.1", 0, ssl=tls) as server:
            mailbox.port = server.sockets[0].getsockname()[1]
            is_ready.set()
            await is_over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert is_ready.wait(10)
    try:
        yield mailbox
    finally:
        loops[0].call_soon_threadsafe(is_over.set)
        thread.join(10)


def let_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    """Lets in who knows name and password."""
    is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (NAME.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=is_right)


def certificate(folder: Path, *, host: str = "localhost") -> tuple[Path, ssl.SSLContext]:
    """A certificate of our own, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path, key_path = folder / "certificate.pem", folder / "key.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key_path)
    return path, context


def configure(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    """Settings that lead to a server on this machine."""
    monkeypatch.setenv("ORCHESTRATOR_SMTP_URL", f"smtp://127.0.0.1:{port}")
    monkeypatch.setenv("ORCHESTRATOR_MAIL_FROM", SENDER)
    get_settings.cache_clear()


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch, _no_settings_of_this_machine: None) -> Iterator[Mailbox]:
    """A mail server, and settings that lead to it."""
    with serving(Mailbox()) as made:
        configure(monkeypatch, made.port)
        yield made


@pytest.fixture
def mail_server(monkeypatch: pytest.MonkeyPatch, _no_settings_of_this_machine: None) -> None:
    """One is named, and nothing is sent: no worker is there."""
    configure(monkeypatch, 1)
