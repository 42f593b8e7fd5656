"""Labels and values of one thing, as a description list."""

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from lib.ui.words import short, visible

#: In characters: of a longer value the beginning is shown, which opens.
_LONGEST = 320
_LONG_VALUE = Markup('<details class="ao-long"><summary>{}</summary>{}</details>')


def show_facts(pairs: Sequence[tuple[str, str]]) -> None:
    """Draw the pairs as (label, value); markup, as of a moment, stays as it is.

    `st.html`, because Streamlit's own list indents its values by 28 px.
    """
    body = Markup("").join(
        Markup("<dt>{}</dt><dd>{}</dd>").format(visible(label), _value(value)) for label, value in pairs
    )
    st.html(Markup('<dl class="ao-facts">{}</dl>').format(body))


def _value(text: str) -> str:
    if isinstance(text, Markup):
        return text
    whole = visible(text)
    return whole if len(whole) <= _LONGEST else _LONG_VALUE.format(short(whole, most=_LONGEST), whole)
