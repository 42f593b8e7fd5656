from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from lib import clock


def _look(live_workers: int) -> None:
    import streamlit as st

    from lib.ui.components.no_worker import is_nobody_working

    st.text(is_nobody_working(live_workers))


def test_nobody_works_is_said_after_some_seconds_without_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is seen begins the wait anew, as in a restart of the database, after which it takes a moment."""
    at = AppTest.from_function(_look, kwargs={"live_workers": 0})
    began = clock.now()
    said = {}
    for seconds, live_workers in ((0, 0), (4, 0), (5, 0), (60, 0), (61, 1), (62, 0), (66, 0), (67, 0)):
        monkeypatch.setattr(clock, "now", lambda seconds=seconds: began + timedelta(seconds=seconds))
        at.kwargs = {"live_workers": live_workers}
        said[seconds] = at.run().text[0].value
        assert not at.exception
    assert said == {0: "False", 4: "False", 5: "True", 60: "True", 61: "False", 62: "False", 66: "False", 67: "True"}
