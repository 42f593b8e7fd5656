from uuid import UUID, uuid4

import pytest
from streamlit.testing.v1 import AppTest

A, B, C = sorted(uuid4() for _ in range(3))


def _page() -> None:
    import streamlit as st

    from lib.ui.components.opened_row import find_opened

    st.text(find_opened("rows", st.session_state["ids"], clicked=st.session_state["clicked"]))


def _opened(drawn: list[UUID], now: list[UUID], *, clicked: int | None) -> str:
    """What opens when the reader, who saw the rows `drawn`, clicks one while the list has become `now`."""
    at = AppTest.from_function(_page)
    at.session_state["ids"], at.session_state["clicked"] = drawn, None
    at.run()
    assert at.text[0].value == "None", "nothing opens by itself"
    at.session_state["ids"], at.session_state["clicked"] = now, clicked
    at.run()
    assert not at.exception
    return at.text[0].value


@pytest.mark.parametrize("now", [[A, B], [C, A, B], [B], []], ids=["the same", "one more", "one less", "none"])
def test_click_opens_what_the_reader_saw(now: list[UUID]) -> None:
    assert _opened([A, B], now, clicked=0) == str(A)
    assert _opened([A, B], now, clicked=1) == str(B)


def test_no_click_opens_nothing() -> None:
    assert _opened([A, B], [A, B], clicked=None) == "None"


def test_click_on_a_row_that_never_was_opens_nothing() -> None:
    assert _opened([A], [A, B], clicked=7) == "None"
