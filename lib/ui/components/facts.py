"""Labels and values of one thing, as a description list."""

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup


def show_facts(pairs: Sequence[tuple[str, str]]) -> None:
    """Draw the pairs as (label, value). `st.html`, because Streamlit's own list indents its values by 28 px."""
    body = Markup("").join(Markup("<dt>{}</dt><dd>{}</dd>").format(label, value) for label, value in pairs)
    st.html(Markup('<dl class="ao-facts">{}</dl>').format(body))
