"""Which thing a click on a table's row meant."""

from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

Id = TypeVar("Id")


def find_opened(key: str, ids: Sequence[Id], *, clicked: int | None) -> Id | None:
    """The id behind row `clicked` of the table `key`, which now has a row for each of `ids`; None without a click.

    A click names a row by its number, as the reader saw it. By then the list may have another row at its top, so the
    number is looked up in the rows as they were drawn the last time.
    """
    drawn_key = f"{key}-drawn"
    drawn = st.session_state.get(drawn_key, ids)
    st.session_state[drawn_key] = tuple(ids)
    return drawn[clicked] if clicked is not None and clicked < len(drawn) else None
