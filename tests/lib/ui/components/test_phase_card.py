from streamlit.testing.v1 import AppTest


def _page() -> None:
    import streamlit as st

    from lib.ui.components.phase_card import phase_card
    from lib.ui.components.status import PHASE

    state = "completed" if st.toggle("done") else "running"
    with phase_card(
        4, "Out*line*", status=PHASE[state], meta=["0:42", "$0.05"], detail="gpt · attempt 1", key="4", is_expanded=True
    ) as is_open:
        st.text(f"four {is_open}")
    with phase_card(5, "Summary", status=PHASE["pending"], meta=[], detail=None, key="5") as is_open:
        if is_open:
            st.text("never")


def test_the_label_says_number_name_status_and_figures() -> None:
    at = AppTest.from_function(_page).run()

    assert not at.exception
    assert at.expander[0].label == r"**4 Out\*line\*** · :blue[Running] :gray[· 0\:42 · \$0\.05]"
    assert at.expander[1].label == "**5 Summary** · :gray[Pending]"
    assert at.expander[0].markdown[0].value == ":gray[gpt · attempt 1]"


def test_only_an_open_step_is_filled() -> None:
    at = AppTest.from_function(_page).run()

    assert [text.value for text in at.text] == ["four True"]


def test_what_is_open_stays_open_while_the_status_changes() -> None:
    at = AppTest.from_function(_page).run()
    at.toggle[0].set_value(True).run()

    assert at.expander[0].label == r"**4 Out\*line\*** :gray[· 0\:42 · \$0\.05]"
    assert [text.value for text in at.text] == ["four True"]
    assert not at.exception
