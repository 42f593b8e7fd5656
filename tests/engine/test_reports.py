"""Real workers that send reports of usage: each period once, whoever is there and whatever dies."""

from datetime import timedelta

import pytest

from lib import clock
from lib.config import get_settings
from lib.models.usage_report import Rhythm
from lib.usage.reports.rhythm import told_at
from lib.usage.reports.service import ask_for_report
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_usage import make_calls
from tests.mailbox import Mailbox, mailbox, text_of
from tests.records import rows
from tests.workers import Workers, until

__all__ = ["mailbox"]

_IS_TOLD = "SELECT 1 FROM usage_reports WHERE told_until > current_date - 100"


@pytest.fixture(autouse=True)
def _public_url(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_PUBLIC_URL", "https://orchestrator.example")
    get_settings.cache_clear()


@pytest.fixture(autouse=True)
def _due(installation: Installation, cast: Cast) -> None:
    """Alice and Mona have asked long ago, and their time has come."""
    when = told_at(Rhythm.WEEKLY, clock.now(), zone="UTC").starts_at + timedelta(days=2)
    call = {"created_at": when, "user_id": cast.max.user_id, "cost_usd": "1.25"}
    make_calls(installation.database, cast.organization_a, [call])
    for actor in (cast.alice, cast.mona):
        ask_for_report(actor, Rhythm.WEEKLY, {})
    rows(installation, "UPDATE usage_reports SET next_at = now(), told_until = current_date - 400 RETURNING 1")


def test_two_workers_send_each_report_once(installation: Installation, mailbox: Mailbox, workers: Workers) -> None:
    workers.start()
    workers.start("two")
    mailbox.wait(2)
    until(lambda: not rows(installation, "SELECT 1 FROM mail_outbox WHERE status <> 'sent'"))
    assert sorted(mail["To"].partition("@")[0] for mail in mailbox.mails) == ["alice", "mona"]
    assert "Cost: $1.25 (before: $0.00)" in text_of(mailbox.mails[0])
    html = text_of(mailbox.mails[0], "html")
    assert "<strong>$1.25</strong>" in html
    assert "src=" not in html


def test_worker_that_is_killed_leaves_its_report_to_another_one(
    installation: Installation, mailbox: Mailbox, workers: Workers
) -> None:
    def told() -> bool:
        return len(rows(installation, _IS_TOLD)) == 2

    workers.start()
    until(lambda: bool(rows(installation, "SELECT 1 FROM usage_reports WHERE claimed_until > now()")) or told())
    workers.kill()
    rows(installation, "UPDATE usage_reports SET claimed_until = now() RETURNING 1")  # five minutes later
    workers.start("two")
    until(told)
    until(lambda: not rows(installation, "SELECT 1 FROM mail_outbox WHERE status = 'queued'"))
    written = rows(installation, "SELECT recipient FROM mail_outbox WHERE kind = 'usage_report'")
    assert len(written) == 2
