"""A dialog that asks, and then shows what came of it once: a link that nobody can read again."""

from collections.abc import Callable
from typing import Final, TypeVar

import streamlit as st

from lib.ui.words import plain

Made = TypeVar("Made")

#: What a dialog has to show until it is closed: the links of this tab, and nobody else's.
_MADE: Final = "shown-once"


def open_once(
    title: str,
    ask: Callable[[], Made | None],
    show: Callable[[Made], None],
    *,
    answered_by: str = "",
    is_dismissible: bool = True,
    done: str = "Done",
) -> None:
    """Open a dialog that asks until something was made, and then shows it until it is closed.

    `answered_by` is the key of the button that answers `ask`, where fields of it run before that: filled anew then, an
    st.empty() would take them away for a moment, and with them what is being typed.

    One that is not dismissible is closed by its buttons alone: `ask` has one that leaves, and `done` is the last one.
    """
    _forget()

    @st.dialog(plain(title), width="medium", dismissible=is_dismissible, on_dismiss=_forget)
    def draw() -> None:
        is_asking_on = answered_by and not st.session_state.get(answered_by)
        place = st.container() if is_asking_on else st.empty()
        if _MADE not in st.session_state:
            with place.container():
                if (made := ask()) is None:
                    return
            st.session_state[_MADE] = made
        with place.container():
            show(st.session_state[_MADE])
            if st.button(done, type="primary", key="shown-once-done"):
                _forget()
                st.rerun()

    draw()


def _forget() -> None:
    st.session_state.pop(_MADE, None)
