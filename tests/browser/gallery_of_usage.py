"""The part of the gallery that shows what the Analytics page has of its own, and cards that lines above lead to."""

from types import SimpleNamespace
from typing import Any

import streamlit as st

from lib.ui.components.card import card
from lib.ui.components.chart import Entry, show_legend
from lib.ui.components.usage_heat import show_heat
from lib.usage.views import Figures, HeatCell

#: Of a dashboard what the heat map reads: one hour with calls, in a week without others.
_WEEK: Any = SimpleNamespace(
    query=SimpleNamespace(is_model=True),
    hours=[HeatCell(2, 9, Figures(calls=12))],
    report=SimpleNamespace(period=SimpleNamespace(zone="UTC", minute=0)),
)


def show_usage() -> None:
    """The legend, the week, and a card that has an address."""
    show_legend([Entry("■", "#4a4fcf", "gpt-4.1-mini")])
    show_heat(_WEEK)
    with card("Review", key="review-gallery", anchor="review-1"):
        st.html('<div class="ao-fault">“hooks.example” answered 503.</div>')
    with st.container(key="compared-runs"):
        st.page_link("https://docs.example", label="A run that is compared")
