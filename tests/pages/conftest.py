"""Opening a page as somebody of the test's cast."""

from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest

from lib.access.actor import Actor
from lib.runs.service import list_runs
from lib.ui.navigation import PageEntry
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_runs import make_run
from tests.opening import open_page, pages_undiscovered
from tests.workers import endpoint, workers

__all__ = ["endpoint", "workers"]

OpenAs = Callable[..., AppTest]


@pytest.fixture
def open_as(installation: Installation, cast: Cast) -> Iterator[OpenAs]:
    """`open_as(actor, page, name=value)`: the page as that person sees it, its address ending in `?name=value`."""

    def open_one(actor: Actor | None, page: PageEntry, /, **parameters: object) -> AppTest:
        return open_page(page, secret=cast.secret_of(actor) if actor else None, **parameters)

    with pages_undiscovered():
        yield open_one


@pytest.fixture
def past_the_end(installation: Installation, cast: Cast) -> str:
    """The address of a page of runs after which no run of organization A comes, though there are some now."""
    project_id = make_project(installation.database, cast.charlie)
    for title in ("first", "second"):
        make_run(installation.database, cast.charlie, project_id=project_id, title=title)
    older = list_runs(cast.charlie, limit=1).older
    assert older
    return older
