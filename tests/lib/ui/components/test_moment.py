from datetime import UTC, datetime, timedelta

from streamlit.testing.v1 import AppTest

from lib import clock
from lib.ui import words
from lib.ui.components.moment import moment_inline


def test_it_says_how_long_ago_and_has_the_exact_time_for_pointer_finger_and_keyboard() -> None:
    def page() -> None:
        import streamlit as st

        from lib.ui.components.moment import show_moment

        show_moment(st.session_state["moment"], time_zone="Europe/Helsinki")

    at = AppTest.from_function(page)
    at.session_state["moment"] = moment = clock.now() - timedelta(minutes=9, seconds=30)
    at.run()

    assert not at.exception
    exact = words.exact(moment, zone="Europe/Helsinki")
    assert exact.endswith("UTC)")
    assert at.html[0].body == (
        f'<details class="ao-moment"><summary title="{exact}">9 minutes ago</summary> <span>({exact})</span></details>'
    )


def test_long_ago_is_a_day_and_nothing_is_a_dash() -> None:
    assert "22 Nov 2001</summary>" in moment_inline(datetime(2001, 11, 22, 14, 11, tzinfo=UTC), time_zone="UTC")
    assert moment_inline(None, time_zone="UTC") == words.NOTHING
