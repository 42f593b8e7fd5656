"""What the address bar says; a visitor's text, so nothing of it is believed before it is checked."""

from uuid import UUID

import streamlit as st

from lib.errors import NotFound


def requested_id(parameter: str, *, what: str) -> UUID:
    """The id that the address names. Raises `NotFound`, also where it is no id at all."""
    found = find_requested_id(parameter)
    if found is None:
        raise NotFound(what)
    return found


def find_requested_id(parameter: str) -> UUID | None:
    """The id that the address names, or None."""
    try:
        return UUID(st.query_params.get(parameter, ""))
    except ValueError:
        return None
