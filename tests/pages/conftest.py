"""Opening a page as somebody, with a real session and through Home.py, and reading what it shows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from lib import clock
from lib.access.actor import Actor
from lib.config import ROOT
from lib.runs.service import list_runs
from lib.ui import state
from lib.ui.navigation import OVERVIEW, PageEntry
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_run
from tests.workers import endpoint, workers

__all__ = ["endpoint", "workers"]

OpenAs = Callable[..., AppTest]


class _Undiscovered(PagesManager):
    """Streamlit's table of pages, without its discovery of pages/: Home.py turns that off for the server's process."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        PagesManager.uses_pages_directory = False


@pytest.fixture
def open_as(installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> OpenAs:
    """`open_as(actor, page, name=value)`: the page as that person sees it, its address ending in `?name=value`."""

    monkeypatch.setattr("streamlit.testing.v1.app_test.PagesManager", _Undiscovered)

    def open_one(actor: Actor | None, page: PageEntry, /, **parameters: object) -> AppTest:
        at = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)
        at.session_state[state.NO_WORKER_SINCE] = clock.now() - timedelta(
            minutes=1
        )  # where none is, it is said at once
        if actor is not None:
            at.session_state[state.SESSION_ID] = cast.secret_of(actor)
        at.query_params.update({name: str(value) for name, value in parameters.items()})
        # as the address has it: switch_page knows files of allowed pages only
        at._page_hash = calc_hash("" if page is OVERVIEW else page.url_path)
        at.run()
        at._page_hash = ""  # from here on it stays where its own links lead
        assert not at.exception
        return at

    return open_one


@pytest.fixture
def past_the_end(installation: Installation, cast: Cast) -> str:
    """The address of a page of runs after which no run of organization A comes, though there are some now."""
    project_id = make_project(installation.database, cast.charlie)
    for title in ("first", "second"):
        make_run(installation.database, cast.charlie, project_id=project_id, title=title)
    older = list_runs(cast.charlie, limit=1).older
    assert older
    return older
