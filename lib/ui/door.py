"""What stands in place of every page: a narrow column under the mark."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from markupsafe import Markup

from lib.errors import LinkExpired
from lib.ui.words import plain


@contextmanager
def narrow_column(*, has_logo: bool = True) -> Iterator[None]:
    """Draw what stands inside the `with` in the column."""
    with st.container(horizontal_alignment="center", key="signin"), st.container(width=380, gap="small"):
        if has_logo:
            _show_logo()
        yield


def show_expired(error: LinkExpired) -> None:
    """Say that the link is good for nothing, and what to do; the way on is the caller's to draw."""
    st.title("This link is no longer good", anchor=False)
    st.markdown(plain(error.message))


def show_way_on(label: str) -> None:
    """Draw the link that leads to the dashboard, or to its sign-in."""
    st.link_button(label, "/", icon=":material/arrow_forward:")


def _show_logo() -> None:
    theme = st.context.theme.type or "light"
    # not st.image: its button for the full screen would be the first stop of the keyboard
    st.html(Markup('<img src="/app/static/logo-{}.svg" width="190" alt="AI Orchestrator">').format(theme))
