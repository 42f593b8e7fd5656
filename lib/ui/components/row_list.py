"""Up to eight things with an action each, parted by hairlines."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from lib.ui.components.status import Status
from lib.ui.words import plain, short

#: In characters. A row leads to a page, where the title stands whole.
_LONGEST_TITLE = 120


@contextmanager
def row_list(key: str) -> Iterator[None]:
    """Draw the list around the rows inside the `with`; style.css parts what stands in a `list-…`."""
    with st.container(gap=None, key=f"list-{key}"):
        yield


@contextmanager
def row(title: str, *, detail: str | None = None, status: Status | None = None) -> Iterator[None]:
    """Draw one row: icon of the status, title over muted detail; the row's action is drawn inside the `with`."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        if status:
            st.markdown(f":{status.color}[{status.icon}]", width="content")
        second_line = f"  \n:gray[{plain(detail)}]" if detail else ""
        st.markdown(f"**{plain(short(title, most=_LONGEST_TITLE))}**{second_line}", width="stretch")
        yield
