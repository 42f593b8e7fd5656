"""A model's answer of any length, in pieces: while it is written only the last ones are drawn, and few of them change.

The browser keeps what it has drawn, so a refresh sends the pieces that are new and names the others. A piece ends
between two blocks of Markdown, or inside a code block that is too long, and is the same however the text goes on.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from functools import lru_cache

import streamlit as st
from markupsafe import Markup

from lib.ui import words
from lib.ui.components.markdown_view import to_html

#: In characters: what a browser draws at once. A megabyte of Markdown takes the server some seconds and leaves a page
#: that hardly scrolls.
AT_ONCE = 60_000
#: Characters after which a piece ends at the next good place, and at which it ends wherever it is.
_PIECE, _LONGEST = 1_000, 12_000
#: So many are joined to one as soon as they are complete: each is an element of the page.
_JOINED = 8
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
#: What begins a block: no further item or paragraph of a list, which an empty line does not end.
_FIRST_LINE = re.compile(r"(?!\s|[-*+] |\d{1,9}[.)] )")


def show_answer(text: str, *, is_streaming: bool = False) -> None:
    """Draw the answer; while it `is_streaming` its end, no more than `AT_ONCE`, the last lines of which shimmer."""
    pieces = split(text, is_growing=is_streaming)
    if is_streaming and len(text) > AT_ONCE:
        pieces = _last(pieces, most=AT_ONCE)
        before = len(text) - sum(map(len, pieces))
        st.markdown(
            f":gray[About {words.count(before, 'character')} stand before this. "
            "They are shown when the answer is written.]"
        )
    with st.container(gap=None) if len(pieces) > 1 else nullcontext():
        for number, piece in enumerate(pieces, 1):
            is_last = is_streaming and number == len(pieces)
            st.html(
                Markup('<div class="ao-answer{}"{}>{}</div>').format(
                    Markup(" ao-streaming") if is_last else "",
                    Markup(' aria-busy="true"') if is_last else "",
                    _html(piece),
                )
            )


def split(text: str, *, is_growing: bool) -> list[str]:
    """The pieces of the text. All but the last few stay as they are while it is growing."""
    joined: list[str] = []
    group: list[str] = []
    for piece in _cut(text, shortest=_PIECE):
        if group and (len(group) == _JOINED or sum(map(len, group)) + len(piece) > _LONGEST):
            joined.append("\n".join(group))
            group = []
        group.append(piece)
    return joined + (group if is_growing else ["\n".join(group)])


def _last(pieces: Sequence[str], *, most: int) -> list[str]:
    """As many of the last pieces as are no longer than `most` characters together."""
    first, size = len(pieces), 0
    while first and size + len(pieces[first - 1]) <= most:
        first -= 1
        size += len(pieces[first])
    return list(pieces[first:])


@lru_cache(maxsize=512)  # some dozens of answers that are watched, and no more than 6 MB of text
def _html(piece: str) -> Markup:
    """Worked out once for all refreshes and everybody who looks; it depends on nothing but the text."""
    return to_html(piece)


def _cut(text: str, *, shortest: int) -> Iterator[str]:
    """The text in parts of at least so many characters, each a document of its own."""
    lines: list[str] = []
    size, fence = 0, ""
    for line in _lines(text):
        is_between = not fence and bool(lines) and not lines[-1].strip() and _FIRST_LINE.match(line)
        if size >= _LONGEST or (size >= shortest and is_between):
            yield "\n".join([*lines, fence.strip()] if fence else lines)
            lines, size = ([fence] if fence else []), 0
        lines.append(line)
        size += len(line) + 1
        if mark := _FENCE.match(line):
            if not fence:
                fence = mark[0]
            elif line.strip().startswith(fence.strip()) and not line.strip().strip(fence.strip()[0]):
                fence = ""
    if lines:
        yield "\n".join(lines)


def _lines(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        for start in range(0, max(len(line), 1), _LONGEST):
            yield line[start : start + _LONGEST]
