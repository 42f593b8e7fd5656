import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from lib.ui import words

NOW = datetime(2025, 11, 22, 14, 11, tzinfo=UTC)

# CommonMark with the additions that Streamlit makes and that markdown-it-py knows; the rest is held in tests/browser.
_markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _seen(text: str) -> str:
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())


@given(st.text())
@example("# a *b* [c](d) ![e](f) <g> `h` ~~i~~ &amp; https://j | k\n---\n1. l\n> m\n    n")
@example("\\")
@example("*\u2028*")
def test_plain_text_reads_as_it_was_typed_and_means_nothing(text: str) -> None:
    blocks = _markdown.parse(words.plain(text))

    seen = _seen(text)
    assert [block.type for block in blocks] == (["paragraph_open", "inline", "paragraph_close"] if seen else [])
    leaves = [leaf for block in blocks for leaf in block.children or ()]
    assert {leaf.type for leaf in leaves} <= {"text"}
    assert "".join(leaf.content for leaf in leaves).replace("\u2060", "") == seen.replace("\u2060", "")


@given(st.text().filter(_seen))
def test_plain_text_stays_inside_the_bold_title_of_a_row(text: str) -> None:
    inline = _markdown.parse(f"**{words.plain(text)}**  \nmore")[1]

    assert inline.children is not None
    assert [leaf.type for leaf in inline.children if leaf.type != "text"] == [
        "strong_open",
        "strong_close",
        "hardbreak",
    ]


@given(st.text())
def test_plain_text_cannot_close_the_directive_it_stands_in(text: str) -> None:
    escaped = words.plain(text)

    assert not set("[]:$<`*_\n") & set(re.sub(r"\\.", "", escaped))


@pytest.mark.parametrize(
    ("usd", "said"),
    [
        (None, "unknown"),
        (0, "$0.00"),
        (Decimal("0.0004"), "<$0.01"),
        (0.0099, "<$0.01"),
        (0.01, "$0.01"),
        (Decimal("1.845"), "$1.85"),
        (1234567.5, "$1,234,567.50"),
        (Decimal("-2.5"), "-$2.50"),
    ],
)
def test_money_to_the_cent(usd: Decimal | float | None, said: str) -> None:
    assert words.money(usd) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, words.NOTHING),
        (0, "0:00"),
        (0.4, "<0:01"),
        (42, "0:42"),
        (59.9, "0:59"),
        (512, "8:32"),
        (3725, "1:02:05"),
    ],
)
def test_clock_lines_up_in_a_column(seconds: float | None, said: str) -> None:
    assert words.clock(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "unknown"),
        (0.82, "820 ms"),
        (4.21, "4.2 s"),
        (42.9, "42 s"),
        (60, "1 min"),
        (512, "8 min 32 s"),
        (7500, "2 h 5 min"),
        (7210, "2 h"),
        (273600, "3 d 4 h"),
    ],
)
def test_duration_in_a_sentence(seconds: float | None, said: str) -> None:
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("earlier", "said"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(seconds=-3), "in a moment"),
        (timedelta(seconds=50), "1 minute ago"),
        (timedelta(minutes=9, seconds=59), "9 minutes ago"),
        (timedelta(hours=23), "23 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(minutes=-90), "in 1 hour"),
        (timedelta(days=40), "13 Oct 2025"),
    ],
)
def test_ago(earlier: timedelta, said: str) -> None:
    assert words.ago(NOW - earlier, now=NOW) == said


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("UTC", "22 Nov 2025, 14:11 UTC"),
        ("Africa/Abidjan", "22 Nov 2025, 14:11 UTC"),
        ("Europe/Stockholm", "22 Nov 2025, 15:11 (14:11 UTC)"),
        ("Pacific/Auckland", "23 Nov 2025, 03:11 (22 Nov, 14:11 UTC)"),
        ("Nowhere/Atall", "22 Nov 2025, 14:11 UTC"),
        ("../etc/passwd", "22 Nov 2025, 14:11 UTC"),
    ],
)
def test_exact_time_has_utc_at_hand(zone: str, said: str) -> None:
    assert words.exact(NOW, zone=zone) == said


def test_the_day_is_the_readers() -> None:
    assert words.day(NOW, zone="Pacific/Auckland") == "Sunday 23 November 2025"


def test_what_has_not_happened_has_no_time() -> None:
    assert words.ago(None, now=NOW) == words.exact(None) == words.NOTHING


@pytest.mark.parametrize(("value", "said"), [(0, "0 phases"), (1, "1 phase"), (1204, "1,204 phases")])
def test_count(value: int, said: str) -> None:
    assert words.count(value, "phase") == said


def test_count_of_a_noun_that_does_not_just_take_an_s() -> None:
    assert words.count(2, "entry", plural="entries") == "2 entries"


def test_numbers_and_tokens() -> None:
    assert words.number(148220) == "148,220"
    assert words.number(None) == "unknown"
    assert words.tokens(6120) == "6,120 tokens"
    assert words.tokens(1) == "1 token"
    assert words.tokens(None) == "unknown tokens"
