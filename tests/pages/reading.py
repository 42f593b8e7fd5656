"""What a page that AppTest has run shows, as a person reads it, and finding what is on it by its words."""

import html
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from streamlit.proto.Block_pb2 import Block as BlockProto
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Button, Node, Selectbox, TextArea, TextInput

#: Whose label or value is Markdown to Streamlit, and so anybody's text in it must have been escaped.
_MARKDOWN_VALUES = {"markdown", "title", "header", "subheader", "caption", "toast", "metric"}
_HEADINGS = ("title", "subheader")


def shown(at: AppTest) -> str:
    """Everything that can be read, dialogs and toasts among it, without the signs that only mark it up."""
    return "\n".join(_plain(part) for node in _nodes(at) for part in _parts(node))


def headings(at: AppTest) -> list[str]:
    """Titles and headings of cards."""
    return [_plain(node.value) for node in _nodes(at) if node.type in _HEADINGS]  # type: ignore[union-attr] # has one


def markdown(at: AppTest) -> str:
    """Everything that Streamlit takes for Markdown, as it gets it."""
    found = []
    for node in _nodes(at):
        label = getattr(node, "label", None)
        found += [label] if isinstance(label, str) else []
        found += [str(node.value)] if node.type in _MARKDOWN_VALUES else []  # type: ignore[union-attr] # has one
    return "\n".join(found)


def markup(at: AppTest) -> str:
    """Everything that the browser takes for HTML, as it gets it, but for the style sheet."""
    written = [piece for node in at.get("bidi_component") for piece in drawn_by(node.proto)]
    return "\n".join([*(one.value for one in at.html if not one.value.startswith("<style")), *written])


def drawn_by(proto: Any) -> list[str]:
    """The HTML that a component of ours draws: of an answer that is being written, of a graph."""
    data = json.loads(proto.json) if proto.json else {}
    if "html" in data:
        return [data["html"]]
    drawn = data.get("drawn") or {"done": [], "last": ""}
    return [*drawn["done"], drawn["last"]]


def table(at: AppTest, column: str) -> list[str]:
    """What stands in a column of the page's table, or of that table which has it, from the top.

    Nothing where there is no table.
    """
    frames = [frame.value for frame in at.dataframe]
    return [str(cell) for frame in frames if len(frames) == 1 or column in frame for cell in frame[column]]


def titles(at: AppTest, table_key: str) -> list[str]:
    """What the rows of a table are called, whole, as its way in by keyboard offers them; a cell ends a long one."""
    return [option.partition(". ")[2] for option in at.selectbox(key=f"{table_key}-by-key").options]


def facts(at: AppTest) -> dict[str, str]:
    """The pairs of a description list."""
    pairs = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", markup(at), flags=re.DOTALL)
    return {html.unescape(label): _text_of(value) for label, value in pairs}


def dialogs(at: AppTest) -> list[str]:
    """The titles of the dialogs that are open."""
    protos = [getattr(node, "proto", None) for node in _nodes(at)]
    return [proto.dialog.title for proto in protos if isinstance(proto, BlockProto) and proto.HasField("dialog")]


def buttons(at: AppTest) -> list[str]:
    """The labels of the buttons that can be pressed, but for the frame's own."""
    return [button.label for button in at.main.button if not button.disabled]


def deeds(at: AppTest) -> list[str]:
    """Those of a run's page, but for what belongs to comments."""
    return [label for label in buttons(at) if label not in {"Comment", "Delete"}]


def button(at: AppTest, label: str) -> Button:
    """The button of that label."""
    (found,) = (one for one in at.button if one.label == label)
    return found


def rows_of_buttons(at: AppTest) -> list[list[str]]:
    """The labels of the buttons of each container that puts what is in it side by side."""
    return [
        [node.label for node in block.children.values() if isinstance(node, Button)]
        for block in _nodes(at)
        if isinstance(block, Block) and _is_row(getattr(block, "proto", None))
    ]


def press(at: AppTest, *labels: str) -> AppTest:
    """Press buttons. The one that opened a dialog stands before the one in it, for AppTest knows no open dialogs."""
    for label in labels:
        button(at, label).click()
    at.run()
    assert not at.exception
    return at


def text_input(at: AppTest, label: str) -> TextInput:
    """The line of that label."""
    return _only(at.text_input, label)  # type: ignore[no-any-return] # of the list's type


def text_area(at: AppTest, label: str) -> TextArea:
    """The text field of that label."""
    return _only(at.text_area, label)  # type: ignore[no-any-return] # of the list's type


def selectbox(at: AppTest, label: str) -> Selectbox[Any]:
    """The choice of that label."""
    return _only(at.selectbox, label)  # type: ignore[no-any-return] # of the list's type


def is_sign_in(at: AppTest) -> bool:
    """Whether the sign-in form stands there, and nothing else."""
    labels = [field.label for field in at.text_input]
    others = [*at.dataframe, *at.html[2:], *at.code, *at.metric, *at.sidebar.markdown]  # style sheet, logo
    return headings(at) == ["Sign in"] and labels == ["E-mail or user name", "Password"] and not others


def _only(fields: Iterable[Any], label: str) -> Any:
    (found,) = (one for one in fields if one.label == label)
    return found


def _nodes(at: AppTest) -> Iterator[Node]:
    yield from at._tree  # no public way leads to the dialogs


def _parts(node: Node) -> Iterator[str]:
    for name in ("label", "placeholder"):
        if isinstance(said := getattr(node, name, None), str):
            yield said
    if node.type == "html":
        if not (value := node.value).startswith("<style"):  # type: ignore[union-attr] # has one
            yield _text_of(value)
    elif node.type == "bidi_component":
        yield from map(_text_of, drawn_by(node.proto))  # type: ignore[union-attr] # has one
    elif node.type == "dataframe":
        yield node.value.to_csv()  # type: ignore[union-attr] # has one
    elif node.type == "selectbox":
        yield from node.options  # type: ignore[union-attr] # has them
    elif node.type in {*_MARKDOWN_VALUES, "code", "text", "text_input", "text_area"}:
        yield str(node.value)  # type: ignore[union-attr] # has one


def _text_of(markup_text: str) -> str:
    """What it says; a part of a line goes on with the line, and everything else stands by itself."""
    inline = re.sub(r"</?(?:span|details|summary|b|i|code)\b[^>]*>", "", markup_text)
    return html.unescape(re.sub(r"(?:<[^>]*>)+", " ", inline)).strip()


def _plain(markdown_text: str) -> str:
    without_joiners = markdown_text.replace("\u2060", "")
    return re.sub(r"\\([^a-zA-Z0-9\s])", r"\1", without_joiners)


def _is_row(proto: Any) -> bool:
    flex = getattr(proto, "flex_container", None)
    return flex is not None and flex.direction == flex.HORIZONTAL
