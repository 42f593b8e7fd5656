"""Links to files that are written before they are sent."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.reading import shown


@pytest.mark.parametrize(("rows", "waits"), [(0, False), (10_000, False), (10_001, True)])
def test_who_has_to_wait_for_a_long_file_is_told_so(rows: int, waits: bool) -> None:
    def menu(rows: int) -> None:
        from lib.ui.components.export_menu import show_file_links

        show_file_links(lambda file_format: f"/api/usage/calls.{file_format}", rows=rows)

    at = AppTest.from_function(menu, kwargs={"rows": rows}).run()
    assert not at.exception
    assert ("The file is written first and comes whole" in shown(at)) == waits
