"""A form that stays as its reader began it, whatever others save meanwhile, until they save or look anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form's fields were when it was drawn first."""

    name: str
    seen: Mapping[str, Any]
    #: Another number is another form: what was typed into the one before is gone.
    number: int = 0

    def key(self, field: str) -> str:
        """The key of a field's widget."""
        return f"{self.name}-{self.number}-{field}"


def open_draft(name: str, current: Mapping[str, Any]) -> Draft:
    """The draft under way, or a new one of what is `current`: when the page is come to, and after `close_draft`."""
    held = st.session_state.get(_key(name))
    if isinstance(held, Draft):
        if any(held.key(field) in st.session_state for field in current):
            return held
        held = held.number
    draft = Draft(name, dict(current), held + 1 if isinstance(held, int) else 0)
    st.session_state[_key(name)] = draft
    return draft


def close_draft(name: str) -> None:
    """Have the form drawn anew, of what is stored by then. It may be a callback."""
    held = st.session_state.get(_key(name))
    if isinstance(held, Draft):
        st.session_state[_key(name)] = held.number  # the next one has another


def _key(name: str) -> str:
    return f"draft-{name}"
