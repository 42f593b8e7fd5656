"""The switch by which a run does what follows its phases, or only says what it would do."""

import streamlit as st


def show_operations_switch(*, is_on: bool, is_allowed: bool, key: str) -> bool:
    """Draw it, off and out of use where the organization lets no run do anything; returns how it stands."""
    about = (
        "Files, calls and messages of the template. Switched off, the run says what it would do and does nothing."
        if is_allowed
        else "Your organization's settings keep runs from doing anything: the run says what it would do."
    )
    return st.toggle(
        "Do what follows the phases",
        value=is_on and is_allowed,
        disabled=not is_allowed,
        help=about,
        key=f"integrations-{is_allowed}-{key}",
    )
