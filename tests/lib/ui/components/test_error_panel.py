from streamlit.testing.v1 import AppTest


def test_says_what_happened_what_to_do_and_does_it() -> None:
    def page() -> None:
        import streamlit as st

        from lib.ui.components.error_panel import error_panel
        from lib.ui.components.status import RUN

        with error_panel(
            "The provider refused the key",
            status=RUN["failed"],
            where="phase 3 of 8",
            text="Two phases are kept.",
            steps=["Enter a new key.", "Retry."],
            details="status=401 *raw*",
        ):
            st.button("Retry from phase 3")

    at = AppTest.from_function(page).run()

    assert not at.exception
    assert at.subheader[0].value == "The provider refused the key"
    assert [markdown.value for markdown in at.markdown] == [
        ":red-badge[:material/error: Failed]",
        ":gray[phase 3 of 8]",
        r"Two phases are kept\.",
        "**What to do**\n\n1. Enter a new key\\.\n2. Retry\\.",
    ]
    assert at.button[0].label == "Retry from phase 3"
    assert at.expander[0].code[0].value == "status=401 *raw*"


def test_what_is_not_known_is_not_drawn() -> None:
    def page() -> None:
        from lib.ui.components.error_panel import error_panel
        from lib.ui.components.status import RUN

        with error_panel("It stopped", status=RUN["failed"]):
            pass

    at = AppTest.from_function(page).run()

    assert not at.exception
    assert len(at.markdown) == 1
    assert not at.expander
