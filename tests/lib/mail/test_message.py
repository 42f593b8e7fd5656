import json
from typing import Any

import pytest

from lib.mail.message import WITH_LINK, MailKind, Message

PATH = "/reset?token=abc_DEF-123"
_REVIEW = {"name": "Ann", "title": "A folding bicycle", "run": "01978d9c-5b5e-7a51-8d51-3f1c2b6a9e10"}
_BUDGET = {"name": "Ann", "budget": "Autumn", "percent": "80", "spent": "85.00", "limit": "100.00", "effect": ""}
_QUOTA = {
    "name": "Ann",
    "organization": "Acme",
    "percent": "80",
    "used": "800",
    "limit": "1,000",
    "due": "2025-12-01T00:00:00+00:00",
}
#: Values that are read, and said otherwise.
READ = frozenset({"due", "report", "path"})
REPORT = {
    "period": "16 to 22 November 2025",
    "before": "9 to 15 November",
    "word": "week",
    "filters": ["project: Folding bicycle"],
    "left_out": ["person"],
    "figures": [
        {"label": "Cost", "now": "$1,234.50", "before": "$1,100.00", "change": "+12 %"},
        {"label": "Failed calls", "now": "12 (2.1 %)", "before": "0", "change": ""},
        {"label": "Half of the calls took at most", "now": "4.2 s", "before": "3.9 s", "change": "+8 %"},
    ],
    "tables": [
        {
            "title": "Projects",
            "rows": [{"label": "Folding bicycle", "cost": "$1,200.10", "calls": "310 calls"}],
            "more": "2 more: $34.40",
        }
    ],
    "failures": [{"label": "Rate limit", "calls": "12"}],
}
VALUES = {
    MailKind.INVITATION: {"organization": "Acme", "inviter": "Ann"},
    MailKind.PASSWORD_RESET: {"name": "Ann"},
    MailKind.EMAIL_CHANGE: {"name": "Ann"},
    MailKind.EMAIL_CHANGED_NOTICE: {"name": "Ann", "new_email": "ann@other.example"},
    MailKind.PASSWORD_CHANGED_NOTICE: {"name": "Ann"},
    MailKind.SECOND_FACTOR_NOTICE: {"name": "Ann", "change": "turned on"},
    MailKind.REVIEW_REQUESTED: _REVIEW,
    MailKind.REVIEW_REMINDER: _REVIEW,
    MailKind.REVIEW_ESCALATED: _REVIEW,
    MailKind.APPROVAL_REQUESTED: _REVIEW | {"count": "2"},
    MailKind.WEBHOOK_STOPPED_NOTICE: {"name": "Ann", "webhook": "Deployments", "reason": "It is gone."},
    MailKind.BUDGET_THRESHOLD: _BUDGET,
    MailKind.OWN_BUDGET_THRESHOLD: _BUDGET,
    MailKind.SPENDING_ALERT: {"name": "Ann", "person": "Bo", "spent": "57.00", "limit": "20.00", "hours": "24"},
    MailKind.QUOTA_THRESHOLD: _QUOTA,
    MailKind.OPERATED_QUOTA_THRESHOLD: _QUOTA,
    MailKind.USAGE_REPORT: {
        "name": "Ann",
        "report": json.dumps(REPORT),
        "path": "/analytics?range=custom&from=2025-11-16&to=2025-11-22&model=local%3Atiny",
    },
    MailKind.SCHEDULE_STOPPED_NOTICE: {"name": "Ann", "schedule": "Every morning", "reason": "The model is gone."},
}


def make(kind: MailKind = MailKind.PASSWORD_RESET, **changes: Any) -> Message:
    path = PATH if kind in WITH_LINK else ""
    given = {"recipient": "ann@acme.example", "values": VALUES[kind], "secret_path": path, **changes}
    return Message(kind=kind, organization_id=None, **given)


@pytest.mark.parametrize("kind", MailKind)
def test_mail_with_the_words_of_its_kind_is_taken(kind: MailKind) -> None:
    assert make(kind).kind is kind
    assert make(kind, values=VALUES[kind] | {"when": "today", "where": "the moon"})


@pytest.mark.parametrize("kind", MailKind)
def test_mail_without_a_word_that_it_needs_is_refused(kind: MailKind) -> None:
    with pytest.raises(ValueError, match="missing, or does not know: "):
        make(kind, values={})
    with pytest.raises(ValueError, match="missing, or does not know: nickname"):
        make(kind, values=VALUES[kind] | {"nickname": "x"})


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "ann",
        "ann@",
        "@acme.example",
        "ann@acme.example\r\nBcc: everybody@evil.example",
        "ann@acme.example\nx",
        "ann@acme.example, x@evil.example",
        "ann@acme.example;x@evil.example",
        "Ann <ann@acme.example>",
        "ann@acme.example>",
        "ann @acme.example",
        "ann@acme.example\x00",
        "ann@acme@evil.example",
        "ann\u0085@acme.example",
        "a" * 250 + "@acme.example",
    ],
)
def test_recipient_is_one_address_and_nothing_else(recipient: str) -> None:
    with pytest.raises(ValueError, match="one address"):
        make(recipient=recipient)


@pytest.mark.parametrize("path", ["", "https://evil.example/x", "//\n", "/reset?token=a b", "/reset\r\nX: y", "reset"])
def test_link_is_a_path_of_our_own(path: str) -> None:
    with pytest.raises(ValueError, match="wrong kind of path"):
        make(secret_path=path)


def test_notice_carries_no_link() -> None:
    with pytest.raises(ValueError, match="wrong kind of path"):
        make(MailKind.PASSWORD_CHANGED_NOTICE, secret_path=PATH)
