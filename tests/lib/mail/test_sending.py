"""Over real sockets: servers that take mails, want TLS or a password, refuse, hang, and dribble."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from lib import clock
from lib.errors import ConfigurationError
from lib.mail import sending
from lib.mail.message import WITH_LINK, MailKind
from lib.mail.rendering import render
from lib.mail.sending import MailFailed, compose, send
from lib.mail.server import read_smtp_url
from tests.lib.mail.test_message import PATH, VALUES
from tests.mailbox import NAME, PASSWORD, SENDER, Mailbox, certificate, let_in, mailbox, serving, text_of

__all__ = ["mailbox"]

WITH_PASSWORD = f"{quote(NAME, safe='')}:{quote(PASSWORD, safe='')}@"


def mail_of(
    kind: MailKind = MailKind.PASSWORD_RESET, *, to: str = "ann@acme.example", id_: UUID | None = None
) -> EmailMessage:
    path = PATH if kind in WITH_LINK else ""
    rendered = render(kind, VALUES[kind], base_url="https://dashboard.example", path=path)
    return compose(rendered, mail_id=id_ or uuid4(), sender=SENDER, recipient=to, written_at=clock.now())


def hand_in(url: str, mail: EmailMessage | None = None) -> None:
    send(mail or mail_of(), read_smtp_url(SecretStr(url)))


@contextmanager
def rude_server(*said: bytes, dribble: bytes = b"") -> Iterator[int]:
    """Says these lines, one after each command, and then nothing more; or a byte now and then."""
    listener = socket.create_server(("127.0.0.1", 0))
    is_over = threading.Event()

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                for line in said:
                    connection.sendall(line)
                    connection.recv(1000)
                while not is_over.wait(0.05):
                    if dribble:
                        connection.sendall(dribble)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    is_over.set()
    listener.close()
    thread.join(10)


@pytest.mark.parametrize("kind", MailKind)
def test_mail_of_every_kind_arrives_whole(mailbox: Mailbox, kind: MailKind) -> None:
    mail_id, before = uuid4(), clock.now()
    hand_in(f"smtp://127.0.0.1:{mailbox.port}", mail_of(kind, id_=mail_id))
    (mail,) = mailbox.mails
    assert mailbox.envelopes == [("orchestrator@dashboard.example", ("ann@acme.example",))]
    assert (mail["From"], mail["To"]) == (SENDER, "ann@acme.example")
    assert mail["Message-ID"] == f"<{mail_id}@dashboard.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert abs((parsedate_to_datetime(mail["Date"]) - before).total_seconds()) < 5
    assert mail.get_content_type() == "multipart/alternative"
    assert "AI Orchestrator" in text_of(mail)
    assert text_of(mail, "html").startswith("<!doctype html>")


def test_password_goes_by_starttls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted, tls = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    options = {"authenticator": let_in, "auth_required": True, "require_starttls": True}
    with serving(Mailbox(), tls_context=tls, **options) as box:
        hand_in(f"smtp://{WITH_PASSWORD}localhost:{box.port}")
    assert (box.were_tls, box.were_signed_in) == ([True], [True])


def test_password_goes_by_tls_from_the_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted, tls = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with serving(Mailbox(), tls=tls, authenticator=let_in, auth_require_tls=False) as box:
        hand_in(f"smtps://{WITH_PASSWORD}localhost:{box.port}")
    assert box.were_signed_in == [True]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_certificate_that_nobody_trusts_gets_no_mail(tmp_path: Path, scheme: str) -> None:
    _, tls = certificate(tmp_path)
    options = {"tls": tls} if scheme == "smtps" else {"tls_context": tls}
    with serving(Mailbox(), **options) as box, pytest.raises(MailFailed, match="certificate verify failed") as failed:
        hand_in(f"{scheme}://localhost:{box.port}")
    assert failed.value.is_down
    assert box.mails == []


def test_certificate_of_another_host_gets_no_mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted, tls = certificate(tmp_path, host="mail.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with serving(Mailbox(), tls_context=tls) as box, pytest.raises(MailFailed, match="Hostname mismatch"):
        hand_in(f"smtp://localhost:{box.port}")
    assert box.mails == []


def test_password_is_not_said_where_tls_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.mail.server._is_here", lambda _: False)
    options = {"authenticator": let_in, "auth_require_tls": False}
    with serving(Mailbox(), **options) as box, pytest.raises(MailFailed, match="offers no STARTTLS") as failed:
        hand_in(f"smtp://{WITH_PASSWORD}127.0.0.1:{box.port}")
    assert failed.value.is_down
    assert not failed.value.is_final
    assert box.mails == []


def test_wrong_password_is_said_without_it() -> None:
    options = {"authenticator": let_in, "auth_require_tls": False}
    with serving(Mailbox(), **options) as box, pytest.raises(MailFailed, match="535") as failed:
        hand_in(f"smtp://ann:secret-word@127.0.0.1:{box.port}")
    assert (failed.value.is_final, failed.value.is_down) == (False, True)
    assert "secret-word" not in failed.value.reason


@pytest.mark.parametrize(
    ("answer", "is_final"), [("550 No such person", True), ("450 Come back later", False), ("451 Full", False)]
)
def test_refused_recipient_is_final_where_the_server_says_so(mailbox: Mailbox, answer: str, is_final: bool) -> None:
    mailbox.to_recipient = answer
    with pytest.raises(MailFailed, match=answer) as failed:
        hand_in(f"smtp://127.0.0.1:{mailbox.port}")
    assert (failed.value.is_final, failed.value.is_down) == (is_final, False)


@pytest.mark.parametrize(("answer", "is_final"), [("554 Spam\x1b[31m", True), ("452 Busy", False)])
def test_refused_mail_is_final_where_the_server_says_so(mailbox: Mailbox, answer: str, is_final: bool) -> None:
    mailbox.to_mail = answer
    with pytest.raises(MailFailed) as failed:
        hand_in(f"smtp://127.0.0.1:{mailbox.port}")
    assert failed.value.is_final is is_final
    assert failed.value.reason.isprintable()


def test_server_that_is_not_there_is_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(MailFailed, match="refused") as failed:
        hand_in(f"smtp://127.0.0.1:{port}")
    assert failed.value.is_down


@pytest.mark.parametrize(
    "said", [b"554 Go away\r\n", b"HTTP/1.1 400 Bad Request\r\n", b"220 " + b"x" * 20_000 + b"\r\n"]
)
def test_server_that_speaks_otherwise_is_down(said: bytes) -> None:
    with rude_server(said) as port, pytest.raises(MailFailed) as failed:
        hand_in(f"smtp://127.0.0.1:{port}")
    assert failed.value.is_down


@pytest.mark.parametrize("said", [(), (b"220 hello\r\n",), (b"220 hello\r\n", b"250 hello\r\n")], ids=len)
def test_server_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, said: tuple[bytes, ...]) -> None:
    monkeypatch.setattr(sending, "STEP_SECONDS", 0.3)
    began = time.monotonic()
    with rude_server(*said) as port, pytest.raises(MailFailed, match=r"[Tt]imed out|closed") as failed:
        hand_in(f"smtp://127.0.0.1:{port}")
    assert failed.value.is_down
    assert time.monotonic() - began < 18, "a step has 20 s by itself"


def test_server_that_dribbles_is_given_up_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "TOTAL_SECONDS", 0.5)
    began = time.monotonic()
    with rude_server(dribble=b"2") as port, pytest.raises(MailFailed) as failed:
        hand_in(f"smtp://127.0.0.1:{port}")
    assert failed.value.is_down
    assert time.monotonic() - began < 60


@pytest.mark.parametrize(
    "sender", ["", "orchestrator", "a@b.example, c@d.example", "x <a@b.example\nBcc: y@z.example>"]
)
def test_sender_that_is_not_one_address_is_refused(sender: str) -> None:
    rendered = render(MailKind.PASSWORD_RESET, VALUES[MailKind.PASSWORD_RESET], base_url="https://x.example", path=PATH)
    with pytest.raises(ConfigurationError, match="ORCHESTRATOR_MAIL_FROM must look like"):
        compose(rendered, mail_id=uuid4(), sender=sender, recipient="ann@acme.example", written_at=clock.now())


def test_recipient_is_looked_at_once_more() -> None:
    with pytest.raises(ValueError, match="one address"):
        mail_of(to="ann@acme.example\r\nRCPT TO:<all@evil.example>")


def test_address_in_another_script_needs_a_server_that_reads_it(mailbox: Mailbox) -> None:
    mailbox_url = f"smtp://127.0.0.1:{mailbox.port}"
    with pytest.raises(MailFailed, match="SMTPUTF8") as failed:
        hand_in(mailbox_url, mail_of(to="аня@пример.example"))
    assert failed.value.is_final
    with serving(Mailbox(), enable_SMTPUTF8=True) as box:
        hand_in(f"smtp://127.0.0.1:{box.port}", mail_of(to="аня@пример.example"))
    assert box.envelopes[0][1] == ("аня@пример.example",)
