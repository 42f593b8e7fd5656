"""Asks before something is destroyed, naming what will happen."""

from collections.abc import Callable

import streamlit as st

from lib.access.actor import Actor
from lib.ui import feedback, guard
from lib.ui.words import plain


def show_confirm_dialog(
    title: str,
    *,
    text: str,
    action: str,
    on_confirm: Callable[[Actor], str],
    key: str,
    instead: Callable[[], None] | None = None,
    on_leave: Callable[[], None] | None = None,
    is_ready: bool = True,
) -> None:
    """Open the question `title`; `text` says what `action`, the word on the button, will do and what it will keep.

    Call it in the run in which the button that leads here was pressed. `on_confirm` gets whoever confirms, looked up
    anew because minutes may have passed, and returns what to say when it is done; what it raises is shown in the
    dialog, which stays open. `instead` draws, below the text, a way to something that had better be done first;
    `on_leave` is a callback for who does not confirm. What is not `is_ready` can't be confirmed: `text` says why.
    """

    @st.dialog(
        plain(title), on_dismiss=on_leave or "rerun"
    )  # a live page waits with drawing itself anew while it is open
    def ask() -> None:
        st.markdown(plain(text))
        if instead is not None:
            instead()
        if is_confirmed(action, key=key, is_ready=is_ready, on_leave=on_leave):
            with feedback.told():
                feedback.succeeded(on_confirm(guard.require_actor()))
                st.rerun()

    ask()


def is_confirmed(action: str, *, key: str, is_ready: bool = True, on_leave: Callable[[], None] | None = None) -> bool:
    """Draw the buttons at the end of a question, the way out first; returns whether `action` was pressed."""
    with st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
        if st.button("Not now", key=f"{key}-leave", on_click=on_leave):
            st.rerun()
        return st.button(plain(action), type="primary", disabled=not is_ready, key=f"{key}-confirm")
