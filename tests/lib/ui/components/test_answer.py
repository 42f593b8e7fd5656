import pytest

from lib.ui.components.answer import AT_ONCE, Piece, _html, draw_on, is_fence, split
from lib.ui.components.markdown_view import to_html

PARAGRAPH = "It folds **twice** and fits into a backpack.\n\n"
LIST = "".join(f"{number}. The part number {number} is made of aluminium.\n\n" for number in range(1, 60))
CODE = "```python\n" + "fold(bicycle)\n\n" * 300 + "```\n"
TEXT = "## Parts\n\n" + PARAGRAPH * 40 + LIST + "## Code\n\n" + CODE + PARAGRAPH * 40
ELEMENT = 8_000


class Reader:
    """A browser that draws an answer on and on, and has what it has drawn."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.last = ""
        self.after, self.fence = 0, ""
        self.is_cut = False

    def look(self, text: str) -> None:
        drawn = draw_on(text[self.after :], self.after, self.fence)
        assert isinstance(drawn["done"], list)
        self.is_cut = bool(drawn["is_cut"])
        self.done = ([] if self.is_cut else self.done) + drawn["done"]
        self.last, self.after, self.fence = str(drawn["last"]), int(str(drawn["after"])), str(drawn["fence"])

    @property
    def drawn(self) -> str:
        return "".join([*self.done, self.last]).replace("\n", "")


def lines(pieces: list[Piece]) -> list[str]:
    return "\n".join(piece.text for piece in pieces).split("\n")


@pytest.mark.parametrize("shortest", [1_000, ELEMENT])
def test_pieces_are_the_whole_text(shortest: int) -> None:
    pieces = split(TEXT, shortest=shortest)
    assert len(pieces) > 1
    assert lines(pieces) == TEXT.split("\n")
    assert pieces[-1].end == len(TEXT)


@pytest.mark.parametrize("step", [7, 50, 997, 5_000])
def test_answer_that_is_read_on_is_drawn_as_the_whole_would_be(step: int) -> None:
    reader = Reader()
    for length in range(step, len(TEXT) + step, step):
        before = list(reader.done)
        reader.look(TEXT[:length])
        assert reader.done[: len(before)] == before, "what is drawn stays as it is"
    assert len(reader.done) >= 4
    assert reader.drawn == str(to_html(TEXT)).replace("\n", "")


def test_reader_who_goes_on_gets_the_last_block_again_and_no_more() -> None:
    reader = Reader()
    for length in range(400, len(TEXT), 400):
        reader.look(TEXT[:length])
        assert length - reader.after <= len(CODE) + 1_500, "the longest block, and a piece of a thousand characters"
    reader = Reader()
    reader.look(PARAGRAPH * 2_000)
    assert len(PARAGRAPH) * 2_000 - reader.after <= 1_100


def test_line_that_is_still_written_may_go_on_with_the_list_above() -> None:
    """After an empty line "5" begins a paragraph, and "5. wheel" does not."""
    items = "".join(f"{number}. {'wheel ' * 60}\n\n" for number in range(1, 5))
    reader = Reader()
    for text in (items, items + "5", items + "5. whe", items + "5. wheel\n\n    of steel"):
        reader.look(text)
    assert reader.drawn == str(to_html(items + "5. wheel\n\n    of steel")).replace("\n", "")


def test_code_without_an_end_is_cut_and_stays_code() -> None:
    pieces = split("```python\n" + "fold(bicycle)\n" * 5_000)
    assert len(pieces) > 2
    assert {piece.fence for piece in pieces} == {"```"}
    assert all("<p>" not in _html(piece.text) for piece in pieces)


def test_line_without_an_end_is_cut() -> None:
    assert all(len(piece.text) <= 20_000 for piece in split("x" * 1_000_000))
    reader = Reader()
    for length in range(10_000, 400_000, 10_000):
        reader.look("x" * length)
        assert length - reader.after <= 30_000


def test_of_much_text_the_end_is_drawn_at_once() -> None:
    reader = Reader()
    text = "".join(f"Line {number:05}.\n\n" for number in range(80_000))
    reader.look(text)
    assert reader.is_cut
    assert reader.drawn.endswith("<p>Line 79999.</p>")
    assert AT_ONCE / 2 < len("\n\n".join(reader.drawn.split("</p>"))) <= 2 * AT_ONCE
    reader.look(text + "And on.\n\n")
    assert not reader.is_cut, "what is drawn stays"
    assert reader.drawn.endswith("<p>And on.</p>")


def test_looks_work_out_nothing_twice() -> None:
    text = "It folds **twice**.\n\n" * 2_000
    draw_on(text)
    before = _html.cache_info().misses
    for more in range(3):
        draw_on(text + "And more.\n\n" * more)
    assert _html.cache_info().misses - before <= 3, "the last piece, and nothing that was there before"


def test_text_of_a_model_brings_no_markup_of_its_own() -> None:
    nasty = "<script>alert(1)</script>\n\n" * 400
    for fence in ("", "```"):
        drawn = draw_on(nasty, 0, fence)
        assert "<script" not in "".join([*drawn["done"], drawn["last"]])  # type: ignore[misc] # both are text


def test_empty_answer_is_an_empty_piece() -> None:
    assert split("") == [Piece("", 0, "")]
    assert draw_on("") == {"done": [], "last": "", "after": 0, "fence": "", "is_cut": False}


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("", True),
        ("```", True),
        ("  ~~~~", True),
        ("``", False),
        ("```py", False),
        ("<b>", False),
        ("`" * 20_000, False),
    ],
)
def test_what_a_browser_hands_back_is_a_fence_or_nothing(text: str, is_one: bool) -> None:
    assert is_fence(text) is is_one
