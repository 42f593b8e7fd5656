"""Opening a page as somebody, with a real session and through Home.py, in this process and without a browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest import mock

from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from lib import clock
from lib.config import ROOT
from lib.ui import state
from lib.ui.navigation import OVERVIEW, PageEntry


class _Undiscovered(PagesManager):
    """Streamlit's table of pages, without its discovery of pages/: Home.py turns that off for the server's process."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        PagesManager.uses_pages_directory = False


@contextmanager
def pages_undiscovered() -> Iterator[None]:
    """While it lasts, Streamlit's tests know the pages by Home.py alone, as its server does."""
    with mock.patch("streamlit.testing.v1.app_test.PagesManager", _Undiscovered):
        yield


def open_page(page: PageEntry, /, *, secret: str | None, **parameters: object) -> AppTest:
    """The page as the person of that session sees it, its address ending in `?name=value`; None is nobody."""
    at = AppTest.from_file(str(ROOT / "Home.py"))
    at.session_state[state.NO_WORKER_SINCE] = clock.now() - timedelta(minutes=1)  # where none is, it is said at once
    if secret is not None:
        at.session_state[state.SESSION_ID] = secret
    at.query_params.update({name: str(value) for name, value in parameters.items()})
    # as the address has it: switch_page knows files of allowed pages only
    at._page_hash = calc_hash("" if page is OVERVIEW else page.url_path)
    at.run()
    at._page_hash = ""  # from here on it stays where its own links lead
    assert not at.exception
    return at
