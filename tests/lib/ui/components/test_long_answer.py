from streamlit.testing.v1 import AppTest

from lib.ui.components.answer import AT_ONCE


def _page(text: str) -> None:
    from lib.ui.components.long_answer import show_long_answer

    show_long_answer(text, key="answer", file_name="answer.md", read=lambda actor: text)


def open_answer(text: str) -> AppTest:
    at = AppTest.from_function(_page, args=(text,)).run()
    assert not at.exception
    return at


def drawn(at: AppTest) -> str:
    return "".join(element.body for element in at.html)


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
