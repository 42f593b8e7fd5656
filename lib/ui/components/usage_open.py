"""The way from a chart to the calls behind it for who has no pointer: a list that is seen while it has the focus."""

from typing import TYPE_CHECKING

import streamlit as st

from lib.ui.components.open_by_key import show_open_by_key
from lib.ui.components.usage_address import open_calls
from lib.ui.components.usage_bars import Bars

if TYPE_CHECKING:
    from collections.abc import Sequence


def show_open_by_bar(bars: Bars, *, key: str, label: str, is_failed: bool = False) -> None:
    """Offer every bar, the newest first: the one that goes on is there too."""
    titles: Sequence[str] = [*reversed(bars.labels)]
    chosen = show_open_by_key(titles, key=f"usage-{key}", label=f"the calls of {label}")
    if chosen is not None:
        since, before = bars.span(len(titles) - 1 - chosen)
        open_calls(since=since, before=before, is_failed=is_failed)
        st.rerun()
