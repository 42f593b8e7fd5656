from streamlit.testing.v1 import AppTest


def _page() -> None:
    import streamlit as st

    from lib.ui.components.open_by_key import show_open_by_key

    titles = ["Heat\npumps", "Heat\u202e pumps", "Boats"][: st.session_state.get("left", 3)]
    st.text(f"opened {show_open_by_key(titles, key='runs', label='Runs')}")


def test_every_row_can_be_chosen_once_though_titles_are_alike() -> None:
    at = AppTest.from_function(_page).run()
    assert not at.exception
    choice = at.selectbox[0]
    assert choice.label == "Open one of: Runs"
    assert choice.options == ["1. Heat pumps", "2. Heat pumps", "3. Boats"]
    assert at.text[0].value == "opened None"

    choice.set_value(1).run()
    assert at.text[0].value == "opened 1"
    assert at.selectbox[0].value is None, "the next row can be chosen"
    assert at.run().text[0].value == "opened None", "it is opened once"


def test_row_that_is_gone_meanwhile_opens_nothing() -> None:
    at = AppTest.from_function(_page).run()
    at.session_state["left"] = 1
    at.selectbox[0].set_value(2).run()
    assert not at.exception
    assert at.text[0].value == "opened None"
