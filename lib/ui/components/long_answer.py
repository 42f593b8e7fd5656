"""A model's answer of which a browser is given as much as it draws at once; the rest is asked for, or downloaded."""

from collections.abc import Callable

import streamlit as st

from lib.access.actor import Actor
from lib.ui import guard, words
from lib.ui.components.answer import AT_ONCE, show_answer


def show_long_answer(text: str, *, key: str, file_name: str, read: Callable[[Actor], str]) -> None:
    """Draw the beginning of the answer, a button that draws more of it, and one that downloads it whole.

    `file_name` is what the download is called; `read` gets the whole answer for whoever downloads it, looked up anew.
    """
    more_key = f"{key}-more"
    beginning = _cut(text, AT_ONCE * (1 + st.session_state.get(more_key, 0)))
    show_answer(beginning)
    if len(beginning) == len(text):
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"rest-{key}"):
        st.markdown(
            f":gray[The first {words.number(len(beginning))} of {words.count(len(text), 'character')}.]",
            width="content",
        )
        st.button("Show more", key=f"{key}-show", on_click=_show_more, args=(more_key,))
        st.download_button(
            "Download all of it",
            data=guard.for_later(lambda actor: read(actor).encode()),
            file_name=file_name,
            mime="text/markdown",
            icon=":material/download:",
            key=f"{key}-download",
            on_click="ignore",
        )


def _show_more(more_key: str) -> None:
    st.session_state[more_key] = st.session_state.get(more_key, 0) + 1


def _cut(text: str, limit: int) -> str:
    """The beginning, at most `limit` characters, whole lines where they are not too long."""
    if len(text) <= limit:
        return text
    end = text.rfind("\n", limit // 2, limit)
    return text[: end + 1 if end >= 0 else limit]
