"""A model's answer: Markdown without HTML, images and links, because nobody knows what a model was made to write."""

from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from lib.ui.words import visible

#: The first heading of an answer stands below the page's own three levels.
_FIRST_HEADING = 4
_LAST_HEADING = 6

_parser = (
    MarkdownIt("commonmark", {"html": False})
    .enable(["table", "strikethrough"])
    .disable(["image", "link", "autolink", "html_block", "html_inline", "reference"])
)


def to_html(text: str) -> Markup:
    """The answer as HTML made of markdown-it-py's own elements; every character of `text` is escaped by it.

    What is nested deeper than the parser goes would be left out by it without a word, so it is shown as it was written.
    """
    shown = visible(text)
    tokens = _parser.parse(shown)
    if max((token.level for token in tokens), default=0) >= _parser.options["maxNesting"] - 1:
        return Markup("<pre><code>{}</code></pre>\n").format(shown)
    _demote(tokens)
    return Markup(_parser.renderer.render(tokens, _parser.options, {}))  # noqa: S704 html, images and links are off


def _demote(tokens: Sequence[Token]) -> None:
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1:]) + _FIRST_HEADING - 1, _LAST_HEADING)}"
