"""The head of a page: where it hangs, its title and status, one line of context, its actions at the right."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import streamlit as st
from markupsafe import Markup

from lib.ui import state
from lib.ui.components.status import Status, show_status
from lib.ui.words import line, plain, short

#: In characters: what is longer is cut and stands whole in the tooltip beside it.
_LONGEST_TITLE, _LONGEST_SUBTITLE = 120, 200
# no paragraph: it would end where the details of a moment begin
_CONTEXT = Markup('<div class="ao-context">{}</div>')


@contextmanager
def page_header(
    title: str,
    *,
    subtitle: str | None = None,
    status: Status | Sequence[Status] = (),
    parent: tuple[str, str] | None = None,
) -> Iterator[None]:
    """Draw the head of a page; what is drawn inside the `with` are its actions.

    `subtitle` may be markup, as of a person or a moment. `parent` is the page that a detail page hangs from, as
    (file, title): hidden pages mark no entry of the navigation.
    At most two plain buttons, one primary button, the rest in a menu "More".
    """
    st.session_state[state.HAS_TITLE] = True
    with st.container(gap="xxsmall", key="page-header"):
        if parent:
            with st.container(key="page-parent"):
                st.page_link(parent[0], label=plain(parent[1]), icon=":material/arrow_back:")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            with st.container(gap="xxsmall", key="page-title"):
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    cut = short(title, most=_LONGEST_TITLE)
                    st.title(plain(cut), anchor=False, width="content", help=_whole(title, cut))
                    for badge in (status,) if isinstance(status, Status) else status:
                        show_status(badge)
                if isinstance(subtitle, Markup):
                    st.html(_CONTEXT.format(subtitle))
                elif subtitle:
                    cut = short(subtitle, most=_LONGEST_SUBTITLE)
                    st.markdown(f":gray[{plain(cut)}]", help=_whole(subtitle, cut))
            with st.container(
                horizontal=True, width="content", gap="xsmall", vertical_alignment="center", key="page-actions"
            ):
                yield


def _whole(text: str, cut: str) -> str | None:
    return None if cut == line(text) else plain(text)
