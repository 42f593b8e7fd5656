"""Tabs of which the address names the open one: a reload, *back* and a link lead to it."""

from collections.abc import Sequence
from typing import Final

import streamlit as st
from streamlit.elements.lib.mutable_tab_container import TabContainer

from lib.ui import address

#: The parameter of the address, and the key of the widget.
TAB: Final = "tab"


def addressed_tabs(names: Sequence[str]) -> Sequence[TabContainer]:
    """The tabs of a page, the first of which is open where the address names none of them.

    Streamlit's own binding takes the name out of the address when its page is left, so that *back* leads to the first.
    """
    asked = address.requested(TAB)
    opened = asked if asked in names else names[0]
    if st.session_state.get(TAB) != opened:
        st.session_state[TAB] = opened
    return st.tabs(names, key=TAB, on_change=_name_in_address)


def _name_in_address() -> None:
    st.query_params[TAB] = st.session_state[TAB]
