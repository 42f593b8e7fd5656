import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.ui.components.markdown_view import to_html

BLOCKS = {
    "p",
    "h4",
    "h5",
    "h6",
    "pre",
    "ul",
    "ol",
    "li",
    "blockquote",
    "hr",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
INLINE = {"strong", "em", "s", "code", "br"}
MARKUP = (
    *("<script>", "<img/src=x/onerror=alert(1)>", "<https://e>", "<!-- ", "&lt;", "&#x3c;script>", '" onclick="x'),
    *("![a](https://e.example)", "[a](javascript:alert(1))", "[a][b]", "\n[b]: https://e.example", "https://e.example"),
    *("\n# h", "\n- l", "\n| a |\n|---|\n", "\n> ", "\n1. ", "\n\n", "    ", "```", "`", "**", "~~", "\\"),
)


@given(st.lists(st.sampled_from(MARKUP) | st.text(max_size=8), max_size=12).map("".join))
def test_no_element_and_no_address_but_our_own(text: str) -> None:
    html = to_html(text)

    tags = re.findall(r"<\s*/?\s*([^\s>/]*)([^>]*)>", html)
    assert {tag for tag, _ in tags} <= BLOCKS | INLINE
    for _, attributes in tags:
        assert re.fullmatch(
            r'(\s(start="\d+"|style="text-align:(left|right|center)"|class="language-[^"]*"))?\s?/?', attributes
        )


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# One\n## Two\n###### Six", "<h4>One</h4>\n<h5>Two</h5>\n<h6>Six</h6>\n"),
        ("**a** *b* ~~c~~ `d`", "<p><strong>a</strong> <em>b</em> <s>c</s> <code>d</code></p>\n"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"),
        ("[a](https://e.example)", "<p>[a](https://e.example)</p>\n"),
        ("![a](https://e.example/i.png)", "<p>![a](https://e.example/i.png)</p>\n"),
        ("```python\nx < 1\n", '<pre><code class="language-python">x &lt; 1\n</code></pre>\n'),
        ("", ""),
    ],
)
def test_answers_of_a_model(text: str, html: str) -> None:
    assert to_html(text) == html


@pytest.mark.parametrize(
    "text", [">" * 500 + " deep", "- " * 400 + "deep", "\n".join("  " * n + "- deep" for n in range(60))]
)
def test_what_is_nested_too_deep_is_shown_as_it_was_written(text: str) -> None:
    """The parser leaves it out without a word."""
    assert to_html(text) == f"<pre><code>{text.replace('>', '&gt;')}</code></pre>\n"


def test_nothing_of_an_answer_hides() -> None:
    assert to_html("a\u202eb\u200b\x07 \x00c") == "<p>ab c</p>\n"
