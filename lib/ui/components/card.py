"""A frame around things that belong together, with a title and the finding beside it."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from lib.ui.words import plain


@contextmanager
def card(
    title: str | None = None,
    *,
    note: str | None = None,
    link: tuple[str, str] | None = None,
    key: str | None = None,
    anchor: str | None = None,
) -> Iterator[None]:
    """Draw a card around what is drawn inside the `with`.

    `note` stands muted beside the title and says the finding ("3 of 5 slots"); `link` goes on to a page, as
    (file, label); `anchor` is what a link on the page leads here by.
    """
    with st.container(border=True, key=key, gap="xsmall"):
        if title:
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                st.subheader(plain(title), anchor=anchor or False, width="content")
                if note:
                    st.markdown(f":gray[{plain(note)}]", width="content")
                if link:
                    st.space("stretch")
                    st.page_link(link[0], label=plain(link[1]), icon=":material/arrow_forward:", icon_position="right")
        yield
