"""A model's answer of any length, in pieces: each is drawn once, however often the answer is looked at.

A piece ends between two blocks of Markdown, or inside a code block that is too long. All but the last stay as they are
however the text goes on, so whoever has drawn them goes on from there.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache

import streamlit as st
from markupsafe import Markup

from lib.ui.components.markdown_view import to_html

#: In characters: what a browser draws at once. A megabyte of Markdown takes the server some seconds and leaves a page
#: that hardly scrolls.
AT_ONCE = 60_000
#: Characters after which a piece ends at the next good place: of an answer that is being written, and of one that is
#: written, where each is an element of the page.
_PIECE, _ELEMENT = 1_000, 8_000
#: Characters at which it ends wherever it is.
_LONGEST = 12_000
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
#: What begins a block: no further item or paragraph of a list, which an empty line does not end.
_FIRST_LINE = re.compile(r"(?!\s|[-*+] |\d{1,9}[.)] )")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an answer, as a document of its own."""

    text: str
    #: How many characters of the answer it ends after.
    end: int
    #: What opens the code block again that goes on after it; empty where none does.
    fence: str


def show_answer(text: str) -> None:
    """Draw the answer."""
    pieces = split(text, shortest=_ELEMENT)
    with st.container(gap=None) if len(pieces) > 1 else nullcontext():
        for piece in pieces:
            st.html(Markup('<div class="ao-answer">{}</div>').format(_html(piece.text)))


def render_whole(text: str) -> Markup:
    """The answer as HTML, piece by piece: as one document a long one would take the square of the time."""
    return Markup("").join(to_html(piece.text) for piece in split(text, shortest=_ELEMENT))


def draw_on(text: str, after: int = 0, fence: str = "") -> Mapping[str, object]:
    """What is to be drawn of an answer that is being written, where `text` is what stands after so many characters.

    `done` are pieces that stay as they are, as HTML, and `last` is what the next look brings anew: it begins `after`
    so many characters, and `fence` is to be handed in again with them. Of much text at once the last `AT_ONCE`
    characters are drawn, and `is_cut` says that something is missing before them.
    """
    pieces = split(text, fence=fence)
    first = len(pieces)
    while first and pieces[-1].end - (pieces[first - 2].end if first > 1 else 0) <= AT_ONCE:
        first -= 1
    first = min(first, len(pieces) - 1)  # the last one is drawn, however long it is
    settled = pieces[-2] if len(pieces) > 1 else Piece("", 0, fence)
    return {
        "done": [_html(piece.text) for piece in pieces[first:-1]],
        "last": _html(pieces[-1].text),
        "after": after + settled.end,
        "fence": settled.fence,
        "is_cut": first > 0,
    }


def is_fence(text: str) -> bool:
    """Whether the text opens a code block, or is empty: what `draw_on` takes."""
    return not text or (len(text) <= _LONGEST and _FENCE.fullmatch(text) is not None)


def split(text: str, *, shortest: int = _PIECE, fence: str = "") -> list[Piece]:
    """The text in pieces of at least so many characters; it begins inside the code block that `fence` opens, if any."""
    pieces: list[Piece] = []
    lines = [fence] if fence else []
    size = end = 0
    for line, consumed, is_whole in _lines(text):
        # a line that is still being written may yet become one that goes on with the block before it
        is_between = not fence and bool(lines) and not lines[-1].strip() and is_whole and _FIRST_LINE.match(line)
        if size >= _LONGEST or (size >= shortest and is_between):
            pieces.append(Piece("\n".join([*lines, fence.strip()] if fence else lines), end, fence))
            lines, size = ([fence] if fence else []), 0
        lines.append(line)
        size += consumed
        end += consumed
        if mark := _FENCE.match(line):
            if not fence:
                fence = mark[0]
            elif line.strip().startswith(fence.strip()) and not line.strip().strip(fence.strip()[0]):
                fence = ""
    return [*pieces, Piece("\n".join(lines), end, fence)]


@lru_cache(maxsize=512)  # some dozens of answers that are watched, and no more than 6 MB of text
def _html(piece: str) -> Markup:
    """Worked out once for all looks and everybody who looks; it depends on nothing but the text."""
    return to_html(piece)


def _lines(text: str) -> Iterator[tuple[str, int, bool]]:
    """Each line, in parts where it is too long; how many characters it takes with its end; whether it has one."""
    rest = text.split("\n")
    last = len(rest) - 1
    for number, line in enumerate(rest):
        for start in range(0, max(len(line), 1), _LONGEST):
            part = line[start : start + _LONGEST]
            ends_line = start + _LONGEST >= len(line) and number < last
            yield part, len(part) + ends_line, ends_line
