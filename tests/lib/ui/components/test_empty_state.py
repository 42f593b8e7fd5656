from streamlit.testing.v1 import AppTest


def test_says_what_the_page_is_for_and_offers_the_next_step() -> None:
    def page() -> None:
        import streamlit as st

        from lib.ui.components.empty_state import empty_state

        with empty_state("runs", icon=":material/account_tree:", title="No runs yet", text="A run keeps every answer."):
            st.button("Launch the first run", type="primary")

    at = AppTest.from_function(page).run()

    assert not at.exception
    assert at.subheader[0].value == "No runs yet"
    assert [markdown.value for markdown in at.markdown] == [
        ":gray[:material/account_tree:]",
        r":gray[A run keeps every answer\.]",
    ]
    assert at.button[0].label == "Launch the first run"
