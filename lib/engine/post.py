"""The post: sends what waits in the outbox, beside the runs and never in their way.

A mail is taken for some minutes, handed to the mail server in a thread, and marked as sent. A worker that dies in
between leaves it to be sent once more, under the same Message-ID. One that can't be sent now waits, longer each time.
Without a mail server nothing is taken, and what has waited for a week ends.
"""

import asyncio
import logging
import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from functools import partial
from typing import Final
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from lib.config import Settings
from lib.engine.aside import do_aside
from lib.engine.connected import keep_connected
from lib.errors import ConfigurationError
from lib.mail.message import MailKind
from lib.mail.outbox import PURPOSE
from lib.mail.rendering import render
from lib.mail.retry import wait_seconds
from lib.mail.sending import TOTAL_SECONDS, MailFailed, compose, read_sender, send
from lib.mail.server import SmtpServer, read_smtp_url
from lib.secrets.vault import unseal

log = logging.getLogger(__name__)

#: Longer than handing a mail in may take: whoever holds one for longer is dead.
HELD_SECONDS: Final = int(2 * TOTAL_SECONDS)
#: How long a mail that is due waits at most when its NOTIFY was missed.
POLL_SECONDS: Final = 30.0
_PURGE_SECONDS: Final = 3600.0
_AFTER_OUTAGE_SECONDS: Final = 1.0
#: How long the mail under way may take when the worker stops.
_RELEASE_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A mail that this worker has taken, for `HELD_SECONDS`."""

    id: UUID
    kind: str
    recipient: str
    organization_id: UUID | None
    values: Mapping[str, str]
    secret: bytes | None
    attempts: int
    created_at: datetime


class Post:
    """A worker's sending of mails, one after another."""

    def __init__(self, url: str, settings: Settings) -> None:
        self._url = url
        self._settings = settings
        self._server = _find_server(settings)
        self._is_stopping = False
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    async def deliver(self) -> None:
        """Send what is due, for ever. Comes back after an outage of the database."""
        await keep_connected(
            self._url,
            self._work,
            name="orchestrator-mail",
            log=log,
            waits="mails wait",
            seconds=_AFTER_OUTAGE_SECONDS,
        )

    async def release(self) -> None:
        """Take no more mails, and let the one under way be finished and noted, if that takes no longer than moments."""
        self._is_stopping = True
        with suppress(TimeoutError):
            async with asyncio.timeout(_RELEASE_SECONDS):
                await self._is_idle.wait()

    async def _work(self, connection: psycopg.AsyncConnection) -> None:
        await connection.execute("LISTEN orchestrator_mail")
        purge_at = 0.0
        while True:
            if (now := asyncio.get_running_loop().time()) >= purge_at:
                await _purge(connection)
                purge_at = now + _PURGE_SECONDS
            if self._server is not None:
                while await self._send_next(connection, self._server):
                    pass
            async for _ in connection.notifies(timeout=POLL_SECONDS, stop_after=1):
                pass

    async def _send_next(self, connection: psycopg.AsyncConnection, server: SmtpServer) -> bool:
        """Send the mail that is due first. False when there is none, or the server would take no other one either."""
        if self._is_stopping:
            return False
        self._is_idle.clear()
        try:
            cursor = connection.cursor(row_factory=class_row(Claimed))
            await cursor.execute("SELECT * FROM api.claim_mail(%s)", (HELD_SECONDS,))
            mail = await cursor.fetchone()
            return mail is not None and await self._send(connection, mail, server)
        finally:
            self._is_idle.set()

    async def _send(self, connection: psycopg.AsyncConnection, mail: Claimed, server: SmtpServer) -> bool:
        try:
            await do_aside(partial(send, self._compose(mail), server), name="mail")
        except MailFailed as error:
            await _note_failure(connection, mail, error)
            return not error.is_down
        except Exception as error:  # whatever is wrong with this mail, the next one is not to wait for it
            log.exception("mail %s can't be put together", mail.id)
            await _note_failure(connection, mail, MailFailed(f"It can't be put together: {type(error).__name__}"))
            return True
        await connection.execute("SELECT api.finish_mail(%s)", (mail.id,))
        log.info("mail %s (%s) was sent", mail.id, mail.kind)
        return True

    def _compose(self, mail: Claimed) -> EmailMessage:
        path = unseal(mail.secret, organization_id=mail.organization_id, purpose=PURPOSE) if mail.secret else ""
        rendered = render(MailKind(mail.kind), mail.values, base_url=self._settings.url, path=path)
        return compose(
            rendered,
            mail_id=mail.id,
            sender=self._settings.mail_from or "",
            recipient=mail.recipient,
            written_at=mail.created_at,
        )


def _find_server(settings: Settings) -> SmtpServer | None:
    """The mail server; None where mails can't be sent, which the log says unless nobody wants any."""
    if settings.smtp_url is None and settings.mail_from is None:
        return None
    try:
        if settings.smtp_url is None or settings.mail_from is None:
            raise ConfigurationError("ORCHESTRATOR_SMTP_URL and ORCHESTRATOR_MAIL_FROM go together.")
        read_sender(settings.mail_from)
        return read_smtp_url(settings.smtp_url)
    except ConfigurationError as error:
        log.error("No mail is sent: %s", error.message)
        return None


async def _note_failure(connection: psycopg.AsyncConnection, mail: Claimed, error: MailFailed) -> None:
    wait = None if error.is_final else wait_seconds(mail.attempts, chance=random.random())  # noqa: S311 - no secret
    await connection.execute("SELECT api.fail_mail(%s, %s, %s, %s)", (mail.id, mail.attempts, error.reason, wait))
    then = "it is not tried again" if wait is None else f"it is tried again in {wait} s"
    log.warning("mail %s (%s), attempt %d: %s; %s", mail.id, mail.kind, mail.attempts, error.reason, then)


async def _purge(connection: psycopg.AsyncConnection) -> None:
    cursor = await connection.execute("SELECT api.purge_mail()")
    row = await cursor.fetchone()
    if row and row[0]:
        log.warning("%d mails have waited for a week and are not sent any more", row[0])
