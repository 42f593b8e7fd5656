"""Up to eight things with an action each, parted by hairlines."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from markupsafe import Markup

from lib.ui.components.status import Status
from lib.ui.words import plain, short

#: In characters. A row leads to a page, where the title stands whole.
_LONGEST_TITLE = 120
_DETAIL = Markup('<div class="ao-context">{}</div>')
_LINE = Markup("<div>{}</div>")


@contextmanager
def row_list(key: str) -> Iterator[None]:
    """Draw the list around the rows inside the `with`; style.css parts what stands in a `list-…`."""
    with st.container(gap=None, key=f"list-{key}"):
        yield


@contextmanager
def row(title: str, *, detail: str | None = None, status: Status | None = None) -> Iterator[None]:
    """Draw one row: icon of the status, title over muted detail; the row's action is drawn inside the `with`.

    `detail` may be markup, as of a moment.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        if status:
            st.markdown(f":{status.color}[{status.icon}]", width="content")
        heading = f"**{plain(short(title, most=_LONGEST_TITLE))}**"
        if isinstance(detail, Markup):
            with st.container(gap="xxsmall", width="stretch"):
                st.markdown(heading)
                st.html(_DETAIL.format(detail))
        else:
            st.markdown(heading + (f"  \n:gray[{plain(detail)}]" if detail else ""), width="stretch")
        yield


def show_context(*said: str) -> None:
    """Draw muted lines of their own."""
    st.html(_DETAIL.format(lines(*said)))


def lines(*said: str) -> Markup:
    """Each in a line of its own; a moment ends the line that it stands in."""
    return Markup("").join(_LINE.format(line) for line in said)
