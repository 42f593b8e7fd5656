"""Text is text: nothing that somebody wrote reaches an element of any page as more than words.

What a browser makes of it is held in tests/browser/test_text.py.
"""

import html
import re
from collections.abc import Iterator

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from llmock.testing import LLMockServer
from streamlit.testing.v1 import AppTest

from lib.ui.navigation import (
    ACCOUNT,
    CONNECTIONS,
    LAUNCH,
    ORGANIZATION,
    ORGANIZATIONS,
    OVERVIEW,
    PERSON,
    PROJECT,
    PROJECTS,
    RUN,
    RUNS,
    USERS,
    PageEntry,
)
from lib.ui.words import line, visible
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.nasty import HIDDEN, NAMES, NastyWorkspace, make_nasty_workspace
from tests.pages.conftest import OpenAs
from tests.pages.reading import drawn_by, press, shown, table, titles

#: Fields that Streamlit's frontend puts on the page as they are, or not at all, by the message and its field. In every
#: other text it may find Markdown.
AS_IT_IS = {
    *("Code.code_text", "Html.body", "Metric.id", "PageLink.page", "Selectbox.options", "MultiSelect.options"),
    *("TextInput.default", "TextInput.value", "TextArea.default", "TextArea.value", "TextInput.placeholder"),
    *("Selectbox.raw_value", "MultiSelect.raw_values", "Selectbox.default_value", "MultiSelect.default_values"),
}
#: Pieces of NAMES that mean something as long as nobody has escaped them.
MEANING = ("<b>", "<script", "<img", "![x]", "[a](", "://evil", ":violet[", ":material/skull", ":smile:", ":streamlit:")
MEANING += ("$a^2$", "`c`", "~~s~~", "a -> b", ":badge[x", "__u__", "*hot*", "$x$")
PAGES = [OVERVIEW, LAUNCH, RUNS, PROJECTS, USERS, ACCOUNT]


@pytest.fixture
def nasty(installation: Installation, cast: Cast) -> NastyWorkspace:
    return make_nasty_workspace(installation.database, cast)


def texts(message: Message) -> Iterator[tuple[str, str]]:
    """Every text of an element as `Message.field` and what it says."""
    for field, value in message.ListFields():
        values = value if field.is_repeated else [value]
        for one in values:
            if field.type == FieldDescriptor.TYPE_MESSAGE:
                if isinstance(one, Message):
                    yield from texts(one)
            elif field.type == FieldDescriptor.TYPE_STRING:
                yield f"{message.DESCRIPTOR.name}.{field.name}", one


def elements(at: AppTest) -> Iterator[tuple[str, str]]:
    for node in at._tree:
        if not isinstance(proto := getattr(node, "proto", None), Message):
            continue
        if node.type == "bidi_component":  # its data are no text, but an answer in them is HTML
            yield from (("Html.body", piece) for piece in drawn_by(proto))
        else:
            yield from texts(proto)


def expect_words_only(at: AppTest) -> None:
    """No element has a piece that means something, or a character that hides."""
    for name, text in elements(at):
        said = text
        if name == "Html.body":
            assert not re.search(r"<(script|img|a)\b|<b>Ün", text), name
            said = html.unescape(text)
        elif name not in AS_IT_IS:
            unescaped = re.sub(r"\\.", "", text)
            assert not [piece for piece in MEANING if piece in unescaped], f"{name}: {text}"
        if not name.startswith(("TextInput.", "TextArea.")):  # what is edited is what is stored
            assert not [letter for letter in HIDDEN if letter in said], f"{name}: {said!r}"
    for frame in at.dataframe:
        assert not set(HIDDEN) & set(frame.value.to_csv())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.title)
def test_nothing_on_a_page_is_more_than_words(
    open_as: OpenAs, cast: Cast, nasty: NastyWorkspace, endpoint: LLMockServer, page: PageEntry
) -> None:
    for actor in (cast.alice, cast.mona, cast.max):
        expect_words_only(open_as(actor, page))


@pytest.mark.parametrize("kind", NAMES)
def test_project_says_its_words_and_nothing_more(
    open_as: OpenAs, cast: Cast, nasty: NastyWorkspace, endpoint: LLMockServer, kind: str
) -> None:
    at = open_as(cast.alice, PROJECT, project=nasty.projects[kind])
    assert visible(NAMES[kind]) in shown(at)
    expect_words_only(at)
    expect_words_only(press(at, "Edit"))
    expect_words_only(open_as(cast.alice, LAUNCH, project=nasty.projects[kind]))


@pytest.mark.parametrize("kind", NAMES)
def test_run_says_its_words_and_nothing_more(open_as: OpenAs, cast: Cast, nasty: NastyWorkspace, kind: str) -> None:
    at = open_as(cast.alice, RUN, run=nasty.runs[kind].id)
    assert visible(NAMES[kind]) in shown(at)
    expect_words_only(at)


def test_run_under_way_says_its_words_and_nothing_more(open_as: OpenAs, cast: Cast, nasty: NastyWorkspace) -> None:
    at = open_as(cast.alice, RUN, run=nasty.live.id)
    assert NAMES["markup"] in shown(at)
    expect_words_only(at)
    expect_words_only(press(at, "Cancel"))


def test_lists_say_the_words(open_as: OpenAs, cast: Cast, nasty: NastyWorkspace) -> None:
    names = {line(name) for name in NAMES.values()}
    for page, key, column in ((RUNS, "runs", "Run"), (PROJECTS, "projects-table", "Project")):
        at = open_as(cast.vera, page)
        assert names <= set(titles(at, key))
        for whole, cell in zip(titles(at, key), table(at, column), strict=True):
            assert whole == cell or (cell.endswith("…") and whole.startswith(cell[:-1]))


@pytest.mark.parametrize("text", NAMES.values(), ids=NAMES)
def test_words_of_the_address_are_words(open_as: OpenAs, cast: Cast, nasty: NastyWorkspace, text: str) -> None:
    for page in (RUNS, PROJECTS):
        expect_words_only(open_as(cast.alice, page, search=text, status=text))
    for page, parameter in ((RUN, "run"), (PROJECT, "project"), (LAUNCH, "project"), (RUNS, "page")):
        expect_words_only(open_as(cast.alice, page, **{parameter: text}))


def test_pages_of_those_who_govern_say_the_words_and_nothing_more(
    open_as: OpenAs, installation: Installation, cast: Cast, nasty: NastyWorkspace, endpoint: LLMockServer
) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE users SET is_operator = true WHERE id = %s", [cast.alice.user_id])
    at = open_as(cast.alice, CONNECTIONS)
    for name in NAMES.values():
        assert visible(name) in shown(at)
    expect_words_only(at)
    for page in (ORGANIZATION, ORGANIZATIONS):
        at = open_as(cast.alice, page)
        assert NAMES["markup"] in shown(at)
        expect_words_only(at)
    for actor in cast.of_a:
        expect_words_only(open_as(cast.alice, PERSON, person=actor.user_id))
    for search in ("", *NAMES.values()):
        expect_words_only(open_as(cast.alice, USERS, status="invited", search=search))


def test_error_of_a_form_says_the_words_and_nothing_more(open_as: OpenAs, cast: Cast, nasty: NastyWorkspace) -> None:
    at = press(open_as(cast.alice, PROJECTS), "New project")
    for name in (NAMES["markup"] * 3, NAMES["hidden"]):
        next(field for field in at.text_input if field.label == "Name").set_value(name)
        expect_words_only(press(at, "New project", "Create project"))
