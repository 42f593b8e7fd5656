from streamlit.testing.v1 import AppTest


def test_each_row_has_a_status_a_text_and_an_action() -> None:
    def page() -> None:
        import streamlit as st

        from lib.ui.components.row_list import row, row_list
        from lib.ui.components.status import RUN

        with row_list("needs"):
            with row("Outline_1", detail="waiting 1 min", status=RUN["waiting_review"]):
                st.button("Review")
            with row("No detail"):
                pass

    at = AppTest.from_function(page).run()

    assert not at.exception
    assert [markdown.value for markdown in at.markdown] == [
        ":orange[:material/rate_review:]",
        "**Outline\\_1**  \n:gray[waiting 1 min]",
        "**No detail**",
    ]
    assert at.button[0].label == "Review"
