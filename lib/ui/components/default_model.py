"""The choice of the model that is asked where nobody says another: of an organization, and of a project."""

import streamlit as st

from lib.connections.offers import read_offers
from lib.ui import words
from lib.ui.guard import require_actor


def show_default_model(stored: str | None, *, label: str, key: str, empty: str, explained: str) -> str | None:
    """Draw the models on offer, and the one that is stored whether it is on offer or not; `empty` says what none means.

    None is an option of its own: what a select box began with can't be cleared in it.
    """
    labels = {str(model.choice): model.full_label for model in read_offers(require_actor()).models}
    options = list(dict.fromkeys([None, *labels, stored or None]))
    return st.selectbox(
        label,
        options,
        index=options.index(stored or None),
        format_func=lambda value: words.line(labels.get(value) or value) if value else empty,
        help=explained,
        key=key,
    )
