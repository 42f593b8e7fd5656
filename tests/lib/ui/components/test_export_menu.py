from streamlit.testing.v1 import AppTest


def _page() -> None:
    import streamlit as st

    from lib.ui.components.export_menu import show_export

    def count(most: int) -> int:
        st.session_state["asked"] = most
        return min(st.session_state.get("found", 3), most)

    show_export("runs", noun="run", count=count, export=lambda actor, file_format: b"")


def _open(found: int, *, is_open: bool) -> AppTest:
    at = AppTest.from_function(_page)
    at.session_state["found"] = found
    at.session_state["runs-export"] = is_open
    at.run()
    assert not at.exception
    return at


def test_rows_are_counted_once_the_menu_is_open() -> None:
    assert "asked" not in _open(3, is_open=False).session_state
    at = _open(3, is_open=True)
    assert at.session_state["asked"] == 100_001
    assert at.markdown[0].value == "3 runs, in the order of the list\\."
    assert [button.label for button in at.get("download_button")] == ["CSV", "Parquet", "JSON", "JSON Lines"]


def test_file_that_would_be_cut_says_so_before_it_is_made() -> None:
    said = _open(100_001, is_open=True).markdown[0].value
    assert said.startswith("More than 100,000 runs match\\. The file has the first 100,000")
    assert "narrow the filters" in said
