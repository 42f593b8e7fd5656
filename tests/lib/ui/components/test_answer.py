from lib.ui.components.answer import _html, split
from lib.ui.components.markdown_view import to_html

PARAGRAPH = "It folds **twice** and fits into a backpack.\n\n"
LIST = "".join(f"{number}. The part number {number} is made of aluminium.\n\n" for number in range(1, 60))
CODE = "```python\n" + "fold(bicycle)\n\n" * 300 + "```\n"
TEXT = "## Parts\n\n" + PARAGRAPH * 40 + LIST + "## Code\n\n" + CODE + PARAGRAPH * 40


def lines(pieces: list[str]) -> list[str]:
    return "\n".join(pieces).split("\n")


def test_pieces_are_the_whole_text() -> None:
    assert len(split(TEXT, is_growing=True)) > 3
    for is_growing in (True, False):
        assert lines(split(TEXT, is_growing=is_growing)) == TEXT.split("\n")


def test_pieces_stay_as_they_are_while_the_text_grows() -> None:
    kept: set[str] = set()
    changes = 0
    for length in range(100, len(TEXT), 50):
        pieces = split(TEXT[:length], is_growing=True)
        changes += len({*pieces[:-1]} - kept)
        kept |= {*pieces[:-1]}
        assert len(pieces) <= 9 + length // 4_000
    assert changes < 2 * len(TEXT) / 1_000, "every piece comes once, and once more when it is joined to its neighbours"


def test_pieces_are_drawn_as_the_whole_would_be() -> None:
    drawn = "".join(str(_html(piece)) for piece in split(TEXT, is_growing=True))
    assert drawn.replace("\n", "") == str(to_html(TEXT)).replace("\n", "")


def test_code_without_an_end_is_cut_and_stays_code() -> None:
    pieces = split("```python\n" + "fold(bicycle)\n" * 5_000, is_growing=True)
    assert len(pieces) > 2
    assert all("<p>" not in _html(piece) for piece in pieces)


def test_line_without_an_end_is_cut() -> None:
    assert all(len(piece) <= 200_000 for piece in split("x" * 1_000_000, is_growing=False))


def test_text_of_a_model_brings_no_markup_of_its_own() -> None:
    for piece in split("<script>alert(1)</script>\n\n" * 400, is_growing=True):
        assert "<script" not in _html(piece)


def test_empty_answer_has_no_pieces() -> None:
    assert split("", is_growing=True) == [""]
