"""What the address bar says; a visitor's text, so nothing of it is believed before it is checked."""

from urllib.parse import urlsplit
from uuid import UUID

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from lib.config import get_settings
from lib.errors import NotFound

#: Stands for an id that cannot be read: nothing has it.
_NO_ID = UUID(int=0)


def requested_id(parameter: str, *, what: str) -> UUID:
    """The id that the address names. Raises `NotFound`, also where it is no id at all."""
    found = find_requested_id(parameter)
    if found is None:
        raise NotFound(what)
    return found


def find_requested_id(parameter: str) -> UUID | None:
    """The id that the address names, or None where it names none; one that nothing has where it can't be read."""
    text = st.query_params.get(parameter)
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        return _NO_ID


def requested(parameter: str) -> str:
    """What the address says there, to be compared with what it may say; empty where it says nothing."""
    return st.query_params.get(parameter, "")


def absolute(path: str) -> str:
    """The whole address of a path of ours, to be handed to somebody else: as it is set, else as this browser has it."""
    settings = get_settings()
    seen = urlsplit(st.context.url or "")
    base = f"{seen.scheme}://{seen.netloc}" if seen.netloc and settings.public_url is None else settings.url
    return base + path


def requested_page() -> str:
    """The name of the page that the browser was opened at, as far as it can be one; empty where a link led here."""
    context = get_script_run_ctx()
    name = (context and context.pages_manager.intended_page_name) or ""
    return name if "/" not in name and name == name.strip() else ""
