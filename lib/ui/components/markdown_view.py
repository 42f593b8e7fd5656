"""A model's answer: Markdown without HTML, images and links, because nobody knows what a model was made to write."""

from collections.abc import Sequence

import streamlit as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

#: The first heading of an answer stands below the page's own three levels.
_FIRST_HEADING = 4
_LAST_HEADING = 6

_parser = (
    MarkdownIt("commonmark", {"html": False})
    .enable(["table", "strikethrough"])
    .disable(["image", "link", "autolink", "html_block", "html_inline", "reference"])
)


def show_markdown(text: str, *, is_streaming: bool = False) -> None:
    """Draw the answer; while it `is_streaming` its last lines shimmer.

    What was HTML, an image or a link is shown as the characters it was written with. A text that ends in the middle
    of a list or a code block is drawn as if it were complete, so the page stays whole while it is written.
    """
    st.html(
        Markup('<div class="ao-answer{}"{}>{}</div>').format(
            Markup(" ao-streaming") if is_streaming else "",
            Markup(' aria-busy="true"') if is_streaming else "",
            to_html(text),
        )
    )


def to_html(text: str) -> Markup:
    """The answer as HTML made of markdown-it-py's own elements; every character of `text` is escaped by it."""
    tokens = _parser.parse(text)
    _demote(tokens)
    return Markup(_parser.renderer.render(tokens, _parser.options, {}))  # noqa: S704 html, images and links are off


def _demote(tokens: Sequence[Token]) -> None:
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1:]) + _FIRST_HEADING - 1, _LAST_HEADING)}"
