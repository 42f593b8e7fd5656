"""Lists on a screen of 1280 or 1440 pixels: what a row is called has what the others leave, and nothing is cut off."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from lib.ui.navigation import PROJECTS, REVIEWS, RUNS, PageEntry
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_reviews import make_waiting, make_word
from tests.made_runs import make_run
from tests.pages.conftest import OpenAs
from tests.pages.reading import table

NAME = "Folding bicycles for Dutch commuters"
#: What is left beside sidebar and margins, and what of it on the wider one.
ROOM_PX, WIDER_ROOM_PX = 954, 1114
#: The column in which rows are selected.
BOX_PX = 34


def widths(at: AppTest) -> list[int]:
    """The least that each column of the page's table has."""
    return [column["width"] for name, column in json.loads(at.dataframe[0].proto.columns).items() if name != "_index"]


@pytest.mark.parametrize(("page", "column"), [(RUNS, "Run"), (PROJECTS, "Project")])
def test_name_of_six_words_is_whole_and_nothing_has_to_be_scrolled(
    *, open_as: OpenAs, installation: Installation, cast: Cast, page: PageEntry, column: str
) -> None:
    project_id = make_project(installation.database, cast.max, name=NAME)
    make_run(installation.database, cast.max, project_id=project_id, title=NAME)
    at = open_as(cast.max, page)
    assert table(at, column) == [NAME]
    assert len(widths(at)) > 5
    assert sum(widths(at)) + (BOX_PX if page is RUNS else 0) <= ROOM_PX


def test_decided_reviews_are_in_the_window_and_say_by_whom(
    open_as: OpenAs, installation: Installation, cast: Cast
) -> None:
    project_id = make_project(installation.database, cast.max, name=NAME)
    make_word(installation.database, cast.alice, make_waiting(installation.database, cast.max, project_id=project_id))
    at = open_as(cast.max, REVIEWS, show="decided")
    assert list(at.dataframe[0].value) == ["Status", "Run", "What", "Project", "By", "Asked", "Decided by"]
    assert sum(widths(at)) <= ROOM_PX
    make_waiting(installation.database, cast.max, project_id=project_id)
    at = open_as(cast.max, REVIEWS)
    shown = set(at.dataframe[0].value)
    assert {"Status", "Run", "What", "Asked", "Decided by"} <= shown, "one of them waits"
    assert not {"Due", "Approvals"} & shown, "none is due, and one approval is enough"
    assert sum(widths(at)) <= WIDER_ROOM_PX
