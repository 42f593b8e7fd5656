"""Real workers that send real mails over real sockets: none is lost, whatever dies in between; no run waits for one."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from llmock.testing import LLMockServer

from lib.config import get_settings
from lib.db.session import identity_session
from lib.mail.message import WITH_LINK, MailKind, Message
from lib.mail.outbox import enqueue
from tests.conftest import Installation
from tests.engine.conftest import Bench, chain
from tests.lib.mail.test_message import PATH, VALUES
from tests.mailbox import Mailbox, configure, link_in, mailbox, text_of
from tests.records import row, rows
from tests.workers import Workers, until

__all__ = ["mailbox"]

URL = "https://orchestrator.example"
_MAILS = "SELECT *, next_attempt_at - now() AS due_in FROM mail_outbox ORDER BY id"


@pytest.fixture(autouse=True)
def _public_url(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_PUBLIC_URL", URL)
    get_settings.cache_clear()


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """Ends the pause of a mail server, at the latest with the test."""
    event = threading.Event()
    yield event
    event.set()


def write(kind: MailKind = MailKind.PASSWORD_RESET, *, recipient: str = "ann@acme.example") -> None:
    path = PATH if kind in WITH_LINK else ""
    message = Message(kind=kind, recipient=recipient, organization_id=None, values=VALUES[kind], secret_path=path)
    with identity_session(None) as session:
        enqueue(session, message)


def outbox(installation: Installation) -> dict[str, Any]:
    return row(installation, _MAILS)


def stands(installation: Installation, status: str) -> bool:
    return all(mail["status"] == status for mail in rows(installation, _MAILS))


def make_due(installation: Installation) -> None:
    """Let the wait be over, and have workers look."""
    again = "WITH due AS (UPDATE mail_outbox SET next_attempt_at = now() RETURNING 1) SELECT pg_notify(%s, '')"
    rows(installation, again, "orchestrator_mail")


def test_mail_of_every_kind_is_sent_and_forgotten(
    installation: Installation, mailbox: Mailbox, workers: Workers
) -> None:
    for kind in MailKind:
        write(kind, recipient=f"{kind}@acme.example")
    workers.start()
    mailbox.wait(len(MailKind))
    until(lambda: stands(installation, "sent"))
    assert {mail["To"] for mail in mailbox.mails} == {f"{kind}@acme.example" for kind in MailKind}
    links = {mail["To"]: link_in(mail) for mail in mailbox.mails if "token=" in text_of(mail)}
    assert links == {f"{kind}@acme.example": f"{URL}{PATH}" for kind in WITH_LINK}
    for mail in rows(installation, _MAILS):
        assert (mail["secret"], mail["values"], mail["last_error"], mail["attempts"]) == (None, {}, None, 1)
        assert mail["sent_at"] is not None
    assert "abc_DEF-123" not in workers.log.read_text()
    assert "acme.example" not in workers.log.read_text()


def test_mail_written_while_a_worker_waits_goes_at_once(
    installation: Installation, mailbox: Mailbox, workers: Workers
) -> None:
    workers.start()
    write()
    mailbox.wait(seconds=10)  # its NOTIFY was heard: the next look would come after 30


def test_mail_that_was_rolled_back_is_not_sent(installation: Installation) -> None:
    message = Message(
        kind=MailKind.PASSWORD_CHANGED_NOTICE, recipient="ann@acme.example", organization_id=None, values={"name": "A"}
    )
    with identity_session(None) as session:
        enqueue(session, message)
        session.rollback()
    assert rows(installation, _MAILS) == []


def test_link_in_the_outbox_can_not_be_read(installation: Installation) -> None:
    write()
    mail = outbox(installation)
    assert b"abc_DEF-123" not in bytes(mail["secret"])
    assert "abc_DEF-123" not in str(mail)


def test_worker_killed_before_it_could_note_it_sends_the_same_mail_once_more(
    installation: Installation, mailbox: Mailbox, workers: Workers, released: threading.Event
) -> None:
    mailbox.pause = lambda: released.wait(60)
    write()
    workers.start()
    first = mailbox.wait()
    workers.kill()
    released.set()
    assert outbox(installation)["status"] == "sending"
    make_due(installation)  # three minutes later
    workers.start("two")
    second = mailbox.wait(2)
    until(lambda: stands(installation, "sent"))
    assert first["Message-ID"] == second["Message-ID"]
    assert text_of(first) == text_of(second)
    assert len(mailbox.mails) == 2


def test_worker_that_is_told_to_stop_notes_the_mail_that_it_hands_in(
    installation: Installation, mailbox: Mailbox, workers: Workers, released: threading.Event
) -> None:
    mailbox.pause = lambda: released.wait(60)
    write()
    process = workers.start()
    mailbox.wait()
    process.terminate()
    released.set()
    assert process.wait(30) == 0
    assert outbox(installation)["status"] == "sent"


def test_two_workers_send_each_mail_once(installation: Installation, mailbox: Mailbox, workers: Workers) -> None:
    for number in range(30):
        write(recipient=f"n{number}@acme.example")
    workers.start()
    workers.start("two")
    until(lambda: stands(installation, "sent"))
    assert sorted(mail["To"] for mail in mailbox.mails) == sorted(f"n{number}@acme.example" for number in range(30))


def test_mail_that_the_server_does_not_take_now_waits_and_is_sent(
    installation: Installation, mailbox: Mailbox, workers: Workers
) -> None:
    mailbox.to_mail = "451 Come back later"
    write()
    workers.start()
    mailbox.wait()
    until(lambda: stands(installation, "queued"))
    mail = outbox(installation)
    assert mail["last_error"] == "451 Come back later"
    assert 15 < mail["due_in"].total_seconds() < 40
    assert mail["secret"] is not None
    assert "451 Come back later; it is tried again in" in workers.log.read_text()
    mailbox.to_mail = "250 OK"
    make_due(installation)
    until(lambda: stands(installation, "sent"))
    assert outbox(installation)["attempts"] == 2


def test_mail_that_is_refused_for_good_is_not_tried_again(
    installation: Installation, mailbox: Mailbox, workers: Workers
) -> None:
    mailbox.to_recipient = "550 No such person here"
    write()
    workers.start()
    until(lambda: stands(installation, "failed"))
    mail = outbox(installation)
    assert (mail["last_error"], mail["secret"], mail["values"]) == ("550 No such person here", None, {})
    assert "it is not tried again" in workers.log.read_text()


def test_server_that_is_down_keeps_nothing_from_being_sent_later(
    installation: Installation, mailbox: Mailbox, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, 1)
    write()
    workers.start()
    until(lambda: outbox(installation)["last_error"] is not None)
    assert "refused" in outbox(installation)["last_error"]
    workers.stop()
    configure(monkeypatch, mailbox.port)
    make_due(installation)
    workers.start("two")
    assert mailbox.wait()["To"] == "ann@acme.example"


def test_server_that_hangs_holds_up_no_run(
    *,
    installation: Installation,
    bench: Bench,
    endpoint: LLMockServer,
    workers: Workers,
    mailbox: Mailbox,
    released: threading.Event,
) -> None:
    mailbox.pause = lambda: released.wait(60)
    write()
    workers.start()
    mailbox.wait()
    run_id = bench.launch(chain("Phase 0", "Phase 1"))
    bench.wait_for_end(run_id)
    assert bench.statuses(run_id) == {"Phase 0": ["completed"], "Phase 1": ["completed"]}
    assert outbox(installation)["status"] != "sent"


def test_mail_that_can_not_be_put_together_waits_and_stops_no_other(
    installation: Installation, mailbox: Mailbox, workers: Workers
) -> None:
    write(recipient="first@acme.example")
    rows(installation, "UPDATE mail_outbox SET secret = '\\x00' RETURNING 1")
    write(recipient="second@acme.example")
    workers.start()
    assert mailbox.wait()["To"] == "second@acme.example"
    until(lambda: rows(installation, _MAILS)[0]["last_error"] == "It can't be put together: SecretUnreadable")


@pytest.mark.parametrize("missing", ["ORCHESTRATOR_SMTP_URL", "ORCHESTRATOR_MAIL_FROM", "both"])
def test_without_a_mail_server_nothing_is_taken_and_a_week_later_it_ends(
    installation: Installation,
    mailbox: Mailbox,
    workers: Workers,
    monkeypatch: pytest.MonkeyPatch,
    missing: str,
) -> None:
    for name in ("ORCHESTRATOR_SMTP_URL", "ORCHESTRATOR_MAIL_FROM"):
        if missing in {name, "both"}:
            monkeypatch.delenv(name)
    write(recipient="old@acme.example")
    rows(installation, "UPDATE mail_outbox SET created_at = now() - interval '8 days' RETURNING 1")
    write(recipient="new@acme.example")
    workers.start()
    until(lambda: rows(installation, _MAILS)[0]["status"] == "failed")
    old, new = rows(installation, _MAILS)
    assert old["last_error"] == "It waited for a week and was not sent. No worker had a mail server."
    assert (old["secret"], old["values"]) == (None, {})
    assert (new["status"], new["attempts"]) == ("queued", 0)
    assert mailbox.mails == []
    assert ("go together" in workers.log.read_text()) == (missing != "both")


def test_mails_are_forgotten_after_thirty_days(installation: Installation, workers: Workers) -> None:
    for status, days in (("sent", 31), ("failed", 31), ("sent", 29), ("failed", 29)):
        write(recipient=f"{status}-{days}@acme.example")
        rows(
            installation,
            "UPDATE mail_outbox SET status = %s, created_at = now() - %s * interval '1 day' "
            "WHERE recipient = %s RETURNING 1",
            status,
            days,
            f"{status}-{days}@acme.example",
        )
    workers.start()
    until(lambda: len(rows(installation, _MAILS)) == 2)
    assert {mail["recipient"] for mail in rows(installation, _MAILS)} == {
        "sent-29@acme.example",
        "failed-29@acme.example",
    }


def test_password_of_the_mail_server_is_nowhere(
    installation: Installation, workers: Workers, monkeypatch: pytest.MonkeyPatch, mailbox: Mailbox
) -> None:
    secret = "pass-of-the-server/1"
    monkeypatch.setenv("ORCHESTRATOR_SMTP_URL", f"smtp://ann:{quote(secret, safe='')}@127.0.0.1:{mailbox.port}")
    write()
    workers.start()
    until(lambda: outbox(installation)["last_error"] is not None)
    assert secret not in str(outbox(installation))
    assert secret not in Path(workers.log).read_text()
    assert quote(secret, safe="") not in Path(workers.log).read_text()
