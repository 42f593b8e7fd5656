from streamlit.testing.v1 import AppTest

from tests.pages.reading import buttons, shown


def _page() -> None:
    from tests.browser.changes import show_changes

    show_changes()


def test_each_change_says_who_did_what_when_and_opens_to_what_changed() -> None:
    at = AppTest.from_function(_page).run()
    assert not at.exception
    labels = [expander.label for expander in at.expander if expander.label.startswith("**M")]
    assert labels == [
        "**Mona Reyes** edited the project :gray[· 1 hour ago]",
        r"**Max Okafor \(deactivated\)** archived the project :gray[· 2 hours ago]",
    ]
    assert buttons(at) == ["Older"]
    assert "Priority" not in shown(at), "nothing is drawn for what stands closed"


def test_older_ones_are_asked_for_in_the_address() -> None:
    at = AppTest.from_function(_page).run()
    next(button for button in at.button if button.label == "Older").click()
    at.run()
    assert not at.exception
    assert at.query_params == {"changes": "older"}
