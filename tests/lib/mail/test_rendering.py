"""What people read, and what somebody's name can't make of it."""

import re
from email.utils import parseaddr
from html.parser import HTMLParser
from pathlib import Path
from uuid import uuid4

import pytest

from lib import clock
from lib.mail import rendering
from lib.mail.message import WITH_LINK, MailKind, find_page_path
from lib.mail.rendering import Rendered, render
from lib.mail.sending import compose
from tests.lib.mail.test_message import PATH, READ, VALUES

URL = "https://orchestrator.example"
#: Markup, a line break with a header, an address, a turned direction, an invisible letter, and far too much of it.
NASTY = (
    "<b onclick=x>Ann</b>&amp;\r\nBcc: all@evil.example\n\nhttps://evil.example/x www.evil.example {{ link }}"
    "\u202egnp\u202c\u200b" + "x" * 600
)


class _Page(HTMLParser):
    """What a reader's mail program would find in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: dict[str, list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")


def of(kind: MailKind, **values: str) -> Rendered:
    return render(kind, VALUES[kind] | values, base_url=URL, path=PATH if kind in WITH_LINK else "")


def visible(text: str) -> str:
    return text.replace("\u2060", "")


@pytest.mark.parametrize("kind", MailKind)
def test_every_kind_has_both_templates_and_no_other_is_there(kind: MailKind) -> None:
    names = {path.name for path in Path(rendering.__file__).with_name("templates").iterdir()}
    assert {f"{kind}.txt", f"{kind}.html"} <= names
    assert len(names) == 2 * len(MailKind) + 1


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("UTC", "29 Nov 2026, 22:30 (UTC)"),
        ("Europe/Berlin", "29 Nov 2026, 23:30 (CET)"),
        ("Asia/Kathmandu", "30 Nov 2026, 04:15 (+0545)"),
        ("Nowhere/Land", "29 Nov 2026, 22:30 (UTC)"),
    ],
)
def test_time_that_is_due_is_told_by_the_readers_clock(zone: str, said: str) -> None:
    for kind in (MailKind.REVIEW_REQUESTED, MailKind.REVIEW_REMINDER, MailKind.REVIEW_ESCALATED):
        mail = of(kind, due="2026-11-29T22:30:00+00:00", time_zone=zone)
        assert said in mail.text
        assert said in mail.html
    assert "22:30 (UTC)" in of(MailKind.REVIEW_REMINDER, due="2026-11-29T22:30:00+00:00").text


def test_review_that_nobody_named_can_decide_is_not_called_overdue() -> None:
    mail = of(MailKind.REVIEW_ESCALATED)
    assert "too few of those whom it names can decide any more" in mail.text
    assert "verdue" not in mail.subject + mail.text


@pytest.mark.parametrize("kind", MailKind)
def test_mail_says_the_same_in_text_and_html(kind: MailKind) -> None:
    mail = of(kind, when="27 Nov 2026", where="198.51.100.9")
    assert mail.subject
    assert mail.subject in mail.html
    for value in [value for name, value in VALUES[kind].items() if name not in READ]:
        assert value in visible(mail.text) + mail.subject
        assert value in visible(mail.html)
    assert ("Hello Ann," in mail.text) == ("name" in VALUES[kind])
    assert "Sent by AI Orchestrator at orchestrator.example" in mail.text


@pytest.mark.parametrize("kind", MailKind)
def test_only_link_is_our_own(kind: MailKind) -> None:
    mail = of(kind)
    page = find_page_path(kind, VALUES[kind])
    expected = [f"{URL}{PATH}"] if kind in WITH_LINK else [f"{URL}{page}"] if page else []
    assert re.findall(r"https?://\S+", mail.text) == expected
    assert _Page(mail.html).attributes.get("href", []) == expected


@pytest.mark.parametrize("kind", MailKind)
def test_nothing_is_loaded_from_anywhere(kind: MailKind) -> None:
    page = _Page(of(kind).html)
    assert not page.tags & {"img", "link", "script", "iframe", "style", "object", "form", "svg"}
    assert not page.attributes.keys() & {"src", "srcset", "background", "onclick", "onload"}
    assert "url(" not in of(kind).html


@pytest.mark.parametrize("kind", MailKind)
def test_name_is_text_and_one_line_and_no_link(kind: MailKind) -> None:
    names = {name: NASTY for name in VALUES[kind] if name not in {"new_email", "run"} | READ}
    mail = of(kind, **names)
    assert "\n" not in mail.subject
    assert "\r" not in mail.text
    assert not re.search(r"[\u202a-\u202e\u200b]", mail.text + mail.html + mail.subject)
    assert "x" * (500 if "reason" in names else 100) not in mail.text, "a name; a reason is sentences"
    assert not re.search(r"https?://evil|www\.evil|all@evil\.example", mail.text + mail.html + mail.subject)
    assert "{{ link }}" in mail.text, "no template of somebody's is rendered"
    page = _Page(mail.html)
    assert "b" not in page.tags
    assert "onclick" not in page.attributes
    link = f"{URL}{find_page_path(kind, VALUES[kind]) or PATH}"
    assert page.attributes.get("href", [link]) == [link]


@pytest.mark.parametrize("kind", MailKind)
def test_name_adds_no_header(kind: MailKind) -> None:
    names = {name: NASTY for name in VALUES[kind] if name not in {"new_email", "run"} | READ}
    mail = compose(
        of(kind, **names),
        mail_id=uuid4(),
        sender="AI Orchestrator <o@dashboard.example>",
        recipient="ann@acme.example",
        written_at=clock.now(),
    )
    sent = mail.as_bytes().partition(b"\r\n\r\n")[0].decode("ascii")
    assert "\nBcc" not in sent
    assert mail.keys() == [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
    ]
    assert parseaddr(str(mail["To"])) == ("", "ann@acme.example")


def test_invitation_says_what_it_knows() -> None:
    assert "as manager" in of(MailKind.INVITATION, role="manager").text
    assert "for 7 days:" in of(MailKind.INVITATION, days="7").text
    assert "days" not in of(MailKind.INVITATION).text
