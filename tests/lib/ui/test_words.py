import re
import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from lib.ui import words

NOW = datetime(2025, 11, 22, 14, 11, tzinfo=UTC)

# CommonMark with the additions that Streamlit makes and that markdown-it-py knows; the rest is held in tests/browser.
_markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _seen(text: str) -> str:
    return words.line(text)


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


@given(st.text(st.sampled_from("aB1é ,.;?!'\"()%-/_*[]<>:#$~`&@\\w")))
@example("1. One")
@example("- One")
@example("www.evil.example")
@example("a -- b")
def test_label_reads_as_it_was_typed_and_means_nothing(text: str) -> None:
    label = words.label(text)
    assert label in {_seen(text), words.plain(text)}
    blocks = _markdown.parse(label)
    leaves = [leaf for block in blocks for leaf in block.children or ()]
    assert {leaf.type for leaf in leaves} <= {"text"}
    assert "".join(leaf.content for leaf in leaves).replace("\u2060", "") == _seen(text)


@pytest.mark.parametrize("text", ["Who reads it? (e.g. cooks)", "E-mail", "Año 2026"])
def test_label_of_plain_words_is_handed_to_screen_readers_as_they_are(text: str) -> None:
    assert words.label(text) == text


HIDING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
ANY_TEXT = st.text(alphabet=st.characters(codec=None, exclude_categories=()))


@given(ANY_TEXT)
def test_what_is_visible_hides_nothing_and_is_worked_out_once(text: str) -> None:
    seen = words.visible(text)

    assert {c for c in seen if unicodedata.category(c) in HIDING and c < "\U00010000"} <= set("\n\t\u200c\u200d")
    assert not re.search("[\ud800-\udfff\u202a-\u202e\u2066-\u2069]", seen)
    assert words.visible(seen) == seen
    seen.encode()


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z", "M"])))
def test_whatever_can_be_seen_is_visible(text: str) -> None:
    assert words.visible(text) == text


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\u202egnp.exe\u202c \u2066x\u2069 \u200eleft\u200f", "gnp.exe x left"),
        ("ze\u200bro\ufeff so\u00adft be\x07ll \x1b[31mred n\x00ul \ud800half", "zero soft bell [31mred nul half"),
        ("tag\U000e0041\U000e007fs", "tags"),
        ("one\r\ntwo\rthree\u2028four\x0bfive\tsix", "one\ntwo\nthree\nfour\nfive\tsix"),
        ("ad\u200dmin ad\u200cmin", "admin admin"),
        ("👩\u200d🔬 ❤\ufe0f\u200d🔥 🏳\ufe0f\u200d🌈", "👩\u200d🔬 ❤\ufe0f\u200d🔥 🏳\ufe0f\u200d🌈"),
        ("\u0645\u06cc\u200c\u062e \u0915\u094d\u200d", "\u0645\u06cc\u200c\u062e \u0915\u094d\u200d"),
        ("👩\u200d\u200d\u200d🔬", "👩\u200d🔬"),
        ("Z\u0301\u0316\u0335\u0301\u0316" + "\u0335" * 500 + "a", "Z\u0301\u0316\u0335\u0301\u0316a"),
        ("\U0001fae9 newer than Python", "\U0001fae9 newer than Python"),
    ],
)
def test_what_hides_or_turns_is_left_out_and_what_scripts_need_stays(text: str, seen: str) -> None:
    assert words.visible(text) == seen


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("short", "short"),
        ("ten chars!", "ten chars!"),
        ("eleven  chars", "eleven…"),
        ("a\nb", "a b"),
        ("x" * 20, "x" * 9 + "…"),
        ("ab cdefghijklm", "ab cdefgh…"),
        ("exactly te n", "exactly…"),
    ],
)
def test_long_words_are_cut_where_a_reader_would(text: str, said: str) -> None:
    assert words.short(text, most=10) == said


def test_cut_that_would_leave_much_out_falls_within_a_word() -> None:
    title = "Heat pumps in apartment buildings: regulation and subsidies"
    assert words.short(title, most=33) == "Heat pumps in apartment building…"
    assert words.short(title, most=30) == "Heat pumps in apartment…"


@given(ANY_TEXT, st.integers(1, 50))
def test_short_is_never_longer_than_asked(text: str, most: int) -> None:
    assert len(words.short(text, most=most)) <= most


@given(ANY_TEXT)
@example("../../etc/passwd\x00.exe")
@example("CON")
def test_name_of_a_file_is_one_everywhere(text: str) -> None:
    assert re.fullmatch(r"phase-3(-[a-z0-9-]+)?\.md", words.file_name("Phase 3", text, ending=".md"))


def test_names_that_read_the_same_are_told_apart() -> None:
    one, two, three = (UUID(int=number) for number in (0xA00001, 0xA00002, 3))
    assert words.distinct({one: "Boat", two: " Bo\u200bat", three: "Ship"}) == {
        one: "Boat · a00001",
        two: "Boat · a00002",
        three: "Ship",
    }


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


def test_cost_beside_other_figures_says_what_is_unknown() -> None:
    assert words.cost(None) == "unknown cost"
    assert words.cost(Decimal("0.125")) == "$0.13"


@pytest.mark.parametrize(
    ("part", "said"),
    [(0, "0 %"), (0.001, "<1 %"), (0.29, "29 %"), (0.974, "97 %"), (0.9999, "99 %"), (1, "100 %")],
)
def test_share_is_never_said_to_be_all_or_nothing_where_it_is_not(part: float, said: str) -> None:
    assert words.share(part) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, words.NOTHING),
        (0, "0:00"),
        (0.4, "<0:01"),
        (42, "0:42"),
        (59.9, "0:59"),
        (12.9999999999, "0:13"),
        (512, "8:32"),
        (3725, "1:02:05"),
    ],
)
def test_clock_lines_up_in_a_column(seconds: float | None, said: str) -> None:
    assert words.clock(seconds) == said


@pytest.mark.parametrize(
    ("span", "said"),
    [(None, "unknown"), ((12.0, 65.0), "0:12\N{EN DASH}1:05"), ((12.2, 12.8), "0:12"), ((0, 0), "0:00")],
)
def test_two_clocks_are_one_word(span: tuple[float, float] | None, said: str) -> None:
    assert words.clock_span(span) == said


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
        (timedelta(minutes=-80), "in 1 hour"),
        (timedelta(days=-7, seconds=2), "in 7 days"),
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


def test_moment_that_is_near_is_told_to_the_second() -> None:
    near = NOW.replace(minute=3, second=7)
    assert words.hour(near, zone="Europe/Stockholm") == f"{near.hour + 1}:03:07"


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


@pytest.mark.parametrize(("parts", "said"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_parts_are_said_in_one_sentence(parts: list[str], said: str) -> None:
    assert words.together(parts) == said


def test_moment_to_come_is_said_where_one_lives() -> None:
    moment = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)
    assert words.day_and_minute(moment) == "Sun 29 Nov 2026, 23:30"
    assert words.day_and_minute(moment, zone="Europe/Berlin") == "Mon 30 Nov 2026, 00:30"


def test_of_many_long_names_some_are_said_and_the_others_counted() -> None:
    names = ["A name that is longer than twenty letters", *(f"Phase {number}" for number in range(2, 24))]
    assert words.some(names, most=2, longest=20) == f"{words.short(names[0], most=20)}, Phase 2 and 21 more"
    assert words.some(names[1:3], most=2, longest=20) == "Phase 2, Phase 3"
