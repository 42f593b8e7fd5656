import random
import time

import pytest
from streamlit.testing.v1 import AppTest

from lib.ui.components.text_diff import compare
from tests.pages.reading import shown


def _page() -> None:
    import streamlit as st

    from lib.ui.components.text_diff import show_text_diff

    show_text_diff(st.session_state["old"], st.session_state["new"])


def drawn(old: str, new: str) -> AppTest:
    at = AppTest.from_function(_page)
    at.session_state["old"], at.session_state["new"] = old, new
    at.run()
    assert not at.exception
    return at


def _longest_common(a: list[str], b: list[str]) -> int:
    """How many lines both can share in order: the textbook's table."""
    above = [0] * (len(b) + 1)
    for one in a:
        row = [0]
        for column, other in enumerate(b):
            row.append(above[column] + 1 if one == other else max(above[column + 1], row[-1]))
        above = row
    return above[-1]


@pytest.mark.parametrize("seed", range(20))
def test_both_texts_can_be_read_back_and_no_shorter_way_leads_from_one_to_the_other(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(50):
        old, new = ([chance.choice("abc") for _ in range(chance.randint(0, 12))] for _ in range(2))
        for most_steps in (10_000, chance.randint(0, 25)):
            found = compare("\n".join(old), "\n".join(new), most_steps=most_steps)
            assert [line for sign, line in found.lines if sign != "+"] == old
            assert [line for sign, line in found.lines if sign != "-"] == new
            if not found.is_cut:
                shared = sum(1 for sign, _ in found.lines if sign == " ")
                assert shared == _longest_common(old, new)


def test_changed_lines_stand_in_what_surrounds_them_and_the_rest_is_folded() -> None:
    old = [f"line {number}" for number in range(100)]
    new = [*old[:50], "another", *old[51:]]
    at = drawn("\n".join(old), "\n".join(new))
    assert at.code[0].language == "diff"
    assert at.code[0].value.split("\n") == [
        "@@ 47 lines the same @@",
        *(f"  line {number}" for number in (47, 48, 49)),
        "- line 50",
        "+ another",
        *(f"  line {number}" for number in (51, 52, 53)),
        "@@ 46 lines the same @@",
    ]
    assert "1 line added, 1 removed." in shown(at)


def test_paragraph_on_one_line_is_compared_by_its_sentences() -> None:
    paragraph = " ".join(f"This is sentence number {number}." for number in range(40))
    at = drawn(paragraph, paragraph.replace("number 20.", "number twenty."))
    assert "- This is sentence number 20." in at.code[0].value
    assert "+ This is sentence number twenty." in at.code[0].value
    assert "1 line added, 1 removed." in shown(at)


def test_equal_texts_are_said_to_be() -> None:
    assert "Both say the same." in shown(drawn("a\nb", "a\nb"))
    assert "They differ in spaces, line breaks or hidden characters only." in shown(drawn("a\nb", "a\u200b\nb"))
    assert not drawn("a", "a").code


def test_nothing_against_something_is_whole() -> None:
    at = drawn("", "a\nb\n" * 5000 + "c")
    assert "10,001 lines added, 0 removed." in shown(at)
    assert "so many places" not in shown(at)
    assert "Cut here: 9,501 more lines." in shown(at)


def test_what_hides_is_not_shown() -> None:
    at = drawn("a\u202eb", "c\u202ed")
    assert "\u202e" not in at.code[0].value


WORDS = [f"word{number}" for number in range(500)]


def _prose(seed: int) -> str:
    chance = random.Random(seed)
    return "\n".join(" ".join(chance.choice(WORDS) for _ in range(14)) for _ in range(10_000))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(_prose(1), _prose(2), id="all different"),
        pytest.param("x\ny\n" * 250_000, "y\nx\nx\n" * 160_000, id="periodic"),
        pytest.param("a b. " * 200_000, "a b. " * 100_000 + "c. " + "a b. " * 90_000, id="one line"),
    ],
)
def test_megabytes_are_compared_in_bounded_time_and_shown_in_bounded_length(old: str, new: str) -> None:
    """Where difflib takes minutes and hours."""
    began = time.process_time()
    at = drawn(old, new)
    assert time.process_time() - began < 60
    assert len(at.code[0].value) < 1_000_000
    assert "Cut here" in shown(at)


def test_texts_that_differ_everywhere_are_given_up_and_it_is_said() -> None:
    assert "They differ in so many places" in shown(drawn(_prose(1), _prose(2)))
    assert not compare(_prose(1), _prose(1).replace("word499 word1", "x")).is_cut
