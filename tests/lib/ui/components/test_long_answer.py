import re

from streamlit.testing.v1 import AppTest

from lib.ui.components.answer import AT_ONCE, _html


def _page(text: str, *, is_streaming: bool) -> None:
    from lib.ui.components.long_answer import show_long_answer

    show_long_answer(text, key="answer", file_name="answer.md", read=lambda actor: text, is_streaming=is_streaming)


def open_answer(text: str, *, is_streaming: bool = False) -> AppTest:
    at = AppTest.from_function(_page, args=(text,), kwargs={"is_streaming": is_streaming}).run()
    assert not at.exception
    return at


def drawn(at: AppTest) -> str:
    return "".join(element.body for element in at.html)


def test_an_answer_that_is_being_written_says_so() -> None:
    assert drawn(open_answer("1. first\n2. sec", is_streaming=True)).startswith(
        '<div class="ao-answer ao-streaming" aria-busy="true"><ol>'
    )
    assert drawn(open_answer("done")) == '<div class="ao-answer"><p>done</p>\n</div>'


def test_answer_that_a_browser_draws_at_once_is_shown_whole() -> None:
    at = open_answer("x\n" * (AT_ONCE // 2))
    assert not at.button
    assert not at.markdown


def test_longer_answer_is_shown_as_far_as_is_asked_for() -> None:
    text = "The line.\n" * 15_000
    at = open_answer(text)
    for shown in (60_000, 120_000):
        assert drawn(at).count("The line.") == shown // 10
        assert at.markdown[0].value == f":gray[The first {shown:,} of 150,000 characters.]"
        at.button[0].click().run()
    assert drawn(at).count("The line.") == 15_000
    assert not at.button


def test_answer_without_line_ends_is_cut_where_the_room_ends() -> None:
    at = open_answer("x" * 100_000)
    assert drawn(at).count("x") == AT_ONCE


def test_end_of_a_long_answer_is_shown_while_it_is_written() -> None:
    at = open_answer("".join(f"Line {number:05}.\n\n" for number in range(80_000)), is_streaming=True)
    shown = re.findall(r"<p>Line (\d+)\.</p>", drawn(at))
    assert shown == [f"{number:05}" for number in range(80_000 - len(shown), 80_000)]
    assert AT_ONCE / 2 < len(shown) * len("Line 00000.\n\n") <= AT_ONCE
    assert len(at.html) < 100
    assert "characters stand before this" in at.markdown[0].value
    assert not at.button


def test_long_answer_without_line_ends_is_bounded_while_it_is_written() -> None:
    at = open_answer("x" * 1_000_000, is_streaming=True)
    assert AT_ONCE / 2 < drawn(at).count("x") <= AT_ONCE


def test_refreshes_of_a_long_answer_work_out_nothing_twice() -> None:
    text = "It folds **twice**.\n\n" * 50_000
    open_answer(text, is_streaming=True)
    before = _html.cache_info().misses
    for more in range(3):
        open_answer(text + "And more.\n\n" * more, is_streaming=True)
    assert _html.cache_info().misses - before <= 3, "the last piece, and nothing that was there before"
