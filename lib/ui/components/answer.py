"""A model's answer of any length, in pieces: while it is written only the last ones change.

The browser keeps what it has drawn, so a refresh sends the pieces that are new and names the others. A piece ends
between two blocks of Markdown, or inside a code block that is too long, and is the same however the text goes on.
"""

import re
from collections.abc import Iterator
from contextlib import nullcontext
from functools import lru_cache

import streamlit as st
from markupsafe import Markup

from lib.ui.components.markdown_view import to_html

#: Characters after which a piece ends at the next good place, and at which it ends wherever it is.
_PIECE, _LONGEST = 1_000, 12_000
#: So many are joined to one as soon as they are complete: each is an element of the page.
_JOINED = 8
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
#: What begins a block: no further item or paragraph of a list, which an empty line does not end.
_FIRST_LINE = re.compile(r"(?!\s|[-*+] |\d{1,9}[.)] )")


def show_answer(text: str, *, is_streaming: bool = False) -> None:
    """Draw the answer; while it `is_streaming` its last lines shimmer."""
    pieces = split(text, is_growing=is_streaming)
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
    small = list(_cut(text, shortest=_PIECE))
    whole = len(small) // _JOINED * _JOINED if is_growing else len(small)
    joined = ["\n".join(small[first : first + _JOINED]) for first in range(0, whole, _JOINED)]
    return joined + small[whole:]


def _html(piece: str) -> Markup:
    return Markup("").join(_block_html(block) for block in _cut(piece, shortest=0))


@lru_cache(maxsize=512)
def _block_html(block: str) -> Markup:
    """Worked out once for all refreshes; it depends on nothing but the text."""
    return to_html(block)


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
