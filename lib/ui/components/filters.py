"""The main split of a list and its search, kept in the address so that a view can be shared."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from lib.ui.components.empty_state import NO_MATCH_ICON, empty_state
from lib.ui.components.paged_table import begin_at_the_newest

_LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader asked for; false where that is everything."""

    status: str | None
    search: str
    #: The filters in words, for a list that nothing matches.
    words: str

    def __bool__(self) -> bool:
        return bool(self.status or self.search)


def show_filters(key: str, statuses: Mapping[str, str], placeholder: str) -> Filters:
    """Draw the split by `statuses` (value -> word) and a search field; another choice begins at the newest entry."""
    status_key, search_key = f"{key}-status", f"{key}-search"
    asked = _read_address(statuses)
    asked_key = f"{key}-asked"
    # The browser's Back changes the address and nothing else.
    if status_key not in st.session_state or st.session_state.get(asked_key) != asked:
        st.session_state[status_key], st.session_state[search_key] = st.session_state[asked_key] = asked
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="filters"):
        status = st.segmented_control(
            "Status",
            ["", *statuses],
            format_func=lambda value: statuses.get(value, "All"),
            label_visibility="collapsed",
            required=True,
            key=status_key,
            on_change=_begin_anew,
            args=(key,),
        )
        search = st.text_input(
            "Search",
            placeholder=placeholder,
            icon=":material/search:",
            label_visibility="collapsed",
            width=260,
            max_chars=_LONGEST_SEARCH,
            key=search_key,
            on_change=_begin_anew,
            args=(key,),
        ).strip()
    said = [f"Status: {statuses[status]}"] if status else []
    return Filters(status or None, search, " · ".join([*said, *([f"Search: {search}"] if search else [])]))


def show_nothing_found(key: str, chosen: Filters, *, noun: str) -> None:
    """Draw what stands in place of a list that the filters leave empty."""
    with empty_state("filters", icon=NO_MATCH_ICON, title=f"No {noun} matches these filters", text=chosen.words):
        st.button("Clear the filters", icon=":material/close:", on_click=clear_filters, args=(key,))


def clear_filters(key: str) -> None:
    """Show everything again: a callback for the button beside a list that nothing matches."""
    st.session_state[f"{key}-status"] = ""
    st.session_state[f"{key}-search"] = ""
    _begin_anew(key)


def _begin_anew(key: str) -> None:
    """Write the choice into the address, from the first page on."""
    begin_at_the_newest(status=st.session_state[f"{key}-status"], search=st.session_state[f"{key}-search"])


def _read_address(statuses: Mapping[str, str]) -> tuple[str, str]:
    status = st.query_params.get("status", "")
    return status if status in statuses else "", st.query_params.get("search", "")[:_LONGEST_SEARCH]
