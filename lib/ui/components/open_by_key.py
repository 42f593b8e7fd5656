"""A way into the rows of a table for whoever has no pointer: the table is a canvas whose titles only a click opens."""

from collections.abc import Sequence

import streamlit as st

from lib.ui.words import line


def show_open_by_key(titles: Sequence[str], *, key: str, label: str) -> int | None:
    """Draw a choice of rows that is seen while it has the focus; returns the row that was chosen in this run.

    `titles` are the rows', `label` is what the table is called.
    """
    choice_key, chosen_key = f"{key}-by-key", f"{key}-chosen-by-key"

    def choose() -> None:
        st.session_state[chosen_key] = st.session_state[choice_key]
        st.session_state[choice_key] = None

    with st.container(key=f"by-key-{key}"):  # style.css hides it until the Tab key leads there
        st.selectbox(
            f"Open one of: {line(label)}",
            range(len(titles)),
            index=None,
            format_func=lambda row: f"{row + 1}. {line(titles[row])}",
            placeholder="Type a title, Enter opens it",
            key=choice_key,
            on_change=choose,
        )
    chosen = st.session_state.pop(chosen_key, None)
    return int(chosen) if chosen is not None and chosen < len(titles) else None
