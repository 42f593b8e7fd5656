"""The field for what a run may cost at most."""

from decimal import Decimal

import streamlit as st

from lib.cost_limit import clean_limit
from lib.ui import feedback
from lib.ui.components.number_look import begin_with


def show_cost_limit(stored: Decimal | float | None, *, key: str, explained: str) -> Decimal | None:
    """Draw it, filled with what is stored, and below it why that can't be, where it can't; None is no limit."""
    entered = st.number_input(
        "Cost limit of a run (US dollars)",
        value=None,
        step=1.0,
        format="%.2f",
        placeholder="No limit",
        help=explained,
        key=begin_with(key, None if stored is None else float(stored)),
    )
    limit = None if entered is None else Decimal(str(entered))
    with feedback.told():
        clean_limit(limit)
    return limit
