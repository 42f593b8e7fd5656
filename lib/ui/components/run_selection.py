"""What is done with the runs that are ticked in a list: two are compared, any number is cancelled or retried."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from lib.access.actor import Actor
from lib.runs.views import RunSummary
from lib.ui import words
from lib.ui.components.paged_table import clear_ticks
from lib.ui.components.run_bulk import show_bulk_buttons
from lib.ui.navigation import COMPARE

_TWO: Final = 2


def show_selection(actor: Actor, selected: Sequence[RunSummary], *, key: str) -> None:
    """Draw the bar below the list, in sight while that is longer than the window; nothing where none is selected.

    `key` is the list's.
    """
    if not selected:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small", key="selection"):
        told = f"{words.count(len(selected), 'run')} selected"
        hint = "" if len(selected) == _TWO else " :gray[· Compare takes two]"
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="stretch"):
            st.markdown(f"**{told}**{hint}", width="content")
            st.button("Clear", icon=":material/close:", on_click=clear_ticks, args=(key,), type="tertiary")
        # in one line, whether beside the words or, on a phone, below them
        with st.container(horizontal=True, gap="small", width="content"):
            show_bulk_buttons(actor, selected)
            if st.button(
                "Compare",
                type="primary",
                icon=":material/compare_arrows:",
                disabled=len(selected) != _TWO,
                help=None if len(selected) == _TWO else "Tick exactly two runs to see them side by side.",
            ):
                older, newer = sorted(selected, key=lambda run: run.created_at)
                st.switch_page(COMPARE.file, query_params={"left": str(older.id), "right": str(newer.id)})
