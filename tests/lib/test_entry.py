import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.entry import clean_line, clean_search, clean_text
from lib.errors import InvalidInput

TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Heat \t pumps\n 2026 ", "Heat pumps 2026"),
        ("Heat\u00a0pumps\u2003now", "Heat pumps now"),
        ("Cafe\u0301", "Café"),
        ("<b>bold</b> & {{ topic }}", "<b>bold</b> & {{ topic }}"),
        ("👩\u200d🔬 naïve Ünïon 日本", "👩\u200d🔬 naïve Ünïon 日本"),
    ],
)
def test_line_is_folded_and_composed_and_otherwise_kept(typed: str, kept: str) -> None:
    assert clean_line(typed, field="Name", longest=100) == kept


def test_text_keeps_its_lines() -> None:
    typed = "\r\n  First\r\n\r\n\tsecond\rthird  \n"
    assert clean_text(typed, field="Topic", longest=100) == "First\n\n\tsecond\nthird"


@pytest.mark.parametrize("clean", [clean_line, clean_text])
@pytest.mark.parametrize("typed", ["", "   ", "\n\t"])
def test_nothing_is_refused_where_something_is_needed(clean: Callable[..., str], typed: str) -> None:
    with pytest.raises(InvalidInput, match=r"Topic is empty\. Enter something\.") as refused:
        clean(typed, field="Topic", longest=10)
    assert refused.value.field == "Topic"
    assert clean(typed, field="Topic", longest=10, required=False) == ""


@pytest.mark.parametrize("clean", [clean_line, clean_text])
@pytest.mark.parametrize("typed", ["\u200b", "\u200d\u200c", "\ufeff \u00ad", "\u3164", "\u2800\u2800", "\U000e0041"])
def test_name_of_which_nothing_is_drawn_is_none(clean: Callable[..., str], typed: str) -> None:
    with pytest.raises(InvalidInput, match=r"Name is empty\. Enter something\."):
        clean(typed, field="Name", longest=10)


def test_length_is_that_of_what_is_kept() -> None:
    assert clean_line(" " * 50 + "x" * 10, field="Name", longest=10) == "x" * 10
    assert clean_line("e\u0301" * 10, field="Name", longest=10) == "é" * 10
    with pytest.raises(InvalidInput, match=r"Name has 1,001 characters; 1,000 is the most\. Shorten it\."):
        clean_line("x" * 1001, field="Name", longest=1000)


@pytest.mark.parametrize("letter", [*TURNING, "\u200e", "\u061c", "\x00", "\x07", "\x1b", "\x7f", "\x9f", "\ud800"])
def test_letter_that_hides_or_turns_is_refused_in_a_line(letter: str) -> None:
    with pytest.raises(InvalidInput, match="invisible control character"):
        clean_line(f"Plan {letter}B", field="Name", longest=100)


@pytest.mark.parametrize("letter", [*TURNING, "\x00", "\x1b", "\x0c", "\udfff"])
def test_letter_that_hides_or_turns_is_refused_in_a_text(letter: str) -> None:
    with pytest.raises(InvalidInput, match="invisible control character"):
        clean_text(f"Plan {letter}B", field="Topic", longest=100)


def test_marks_that_right_to_left_scripts_need_are_kept_in_a_text() -> None:
    assert clean_text("שלום\u200f (a)", field="Topic", longest=100) == "שלום\u200f (a)"


@pytest.mark.parametrize(
    ("typed", "sought"),
    [
        ("  heat   pumps ", "heat pumps"),
        ("100 %_\\", "100 %_\\"),
        ("a\x00b\x07c\ud800", "abc"),
        ("Cafe\u0301", "Café"),
        ("x" * 500, "x" * 200),
        ("\x00", ""),
    ],
)
def test_search_is_what_a_stored_text_can_have(typed: str, sought: str) -> None:
    assert clean_search(typed) == sought


@given(st.text(alphabet=st.characters(codec=None, exclude_categories=())))
def test_whatever_is_typed_is_kept_storable_or_refused(typed: str) -> None:
    assert "\x00" not in clean_search(typed)
    clean_search(typed).encode()
    for clean in (clean_line, clean_text):
        try:
            kept = clean(typed, field="Name", longest=1000, required=False)
        except InvalidInput:
            continue
        kept.encode()
        assert "\x00" not in kept
        assert kept == clean(kept, field="Name", longest=1000, required=False), "it is done once"
        assert unicodedata.is_normalized("NFC", kept)
