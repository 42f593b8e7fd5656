from streamlit.testing.v1 import AppTest


def test_title_with_the_finding_beside_it() -> None:
    def page() -> None:
        import streamlit as st

        from lib.ui.components.card import card

        with card("Running *now*", note="3 of 5 slots"):
            st.text("inside")

    at = AppTest.from_function(page).run()

    assert not at.exception
    assert at.subheader[0].value == r"Running \*now\*"
    assert at.markdown[0].value == ":gray[3 of 5 slots]"
    assert at.text[0].value == "inside"


def test_a_frame_alone() -> None:
    def page() -> None:
        import streamlit as st

        from lib.ui.components.card import card

        with card():
            st.text("inside")

    at = AppTest.from_function(page).run()

    assert not at.exception
    assert not at.subheader
    assert at.text[0].value == "inside"
