"""What is done with the runs that are selected in a list: two of them are compared."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from lib.runs.views import RunSummary
from lib.ui import words
from lib.ui.navigation import COMPARE

_TWO: Final = 2


def show_selection(selected: Sequence[RunSummary]) -> None:
    """Draw the bar at the bottom, so that nothing jumps; nothing where none is selected."""
    if not selected:
        return
    with (
        st.bottom,
        st.container(horizontal=True, vertical_alignment="center", gap="small", key="selection"),
    ):
        told = f"{words.count(len(selected), 'run')} selected"
        hint = "" if len(selected) == _TWO else " :gray[· select two to compare them]"
        st.markdown(f"**{told}**{hint}", width="stretch")
        if st.button("Compare", type="primary", icon=":material/compare_arrows:", disabled=len(selected) != _TWO):
            older, newer = sorted(selected, key=lambda run: run.created_at)
            st.switch_page(COMPARE.file, query_params={"left": str(older.id), "right": str(newer.id)})
