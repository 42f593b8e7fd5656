"""Nothing there yet, or nothing that matches: what the page is for, and the next step."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from lib.ui.words import plain

#: Where no row matches the filters: name them in the text and offer to clear them.
NO_MATCH_ICON = ":material/filter_alt_off:"


@contextmanager
def empty_state(key: str, *, icon: str, title: str, text: str, note: str = "", is_page: bool = False) -> Iterator[None]:
    """Draw the state; what is drawn inside the `with` is the next step, one primary button as a rule.

    `icon` is a Material icon such as ":material/account_tree:"; `text` takes two lines, and `note` says smaller what
    may help further. `is_page` where it stands in place of the whole page, whose title it then has.
    """
    with st.container(border=True, horizontal_alignment="center", gap="xsmall", key=f"empty-{key}"):
        st.markdown(f":gray[{icon}]", width="content")
        heading = st.title if is_page else st.subheader
        heading(plain(title), anchor=False, width="content", text_alignment="center")
        st.markdown(f":gray[{plain(text)}]", text_alignment="center", width=440)
        if note:
            st.markdown(f":gray[:small[{plain(note)}]]", text_alignment="center", width=440)
        with st.container(horizontal=True, horizontal_alignment="center", gap="xsmall"):
            yield
