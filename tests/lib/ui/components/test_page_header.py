from streamlit.testing.v1 import AppTest


def test_title_status_context_and_actions() -> None:
    def page() -> None:
        import streamlit as st

        from lib.ui.components.page_header import page_header
        from lib.ui.components.status import RUN

        with page_header("Heat *pumps*", subtitle="Market [scans]", status=RUN["running"]):
            st.button("Cancel")

    at = AppTest.from_function(page).run()

    assert not at.exception
    assert at.title[0].value == r"Heat \*pumps\*"
    assert [markdown.value for markdown in at.markdown] == [
        ":blue-badge[:material/progress_activity: Running]",
        r":gray[Market \[scans\]]",
    ]
    assert [button.label for button in at.button] == ["Cancel"]


def test_a_title_alone() -> None:
    def page() -> None:
        from lib.ui.components.page_header import page_header

        with page_header("Runs"):
            pass

    at = AppTest.from_function(page).run()

    assert not at.exception
    assert at.title[0].value == "Runs"
    assert not at.markdown
