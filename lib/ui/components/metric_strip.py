"""The numbers that lead, in one strip: five at most."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from lib.ui.words import plain


@dataclass(frozen=True, slots=True)
class Metric:
    """One number of the strip, already in words; `help_text` says what it counts or how it was found."""

    label: str
    value: str
    help_text: str | None = None
    #: What it is to be compared with, muted below the number.
    note: str | None = None


def show_metric_strip(metrics: Sequence[Metric], *, key: str = "strip") -> None:
    """Draw the strip; on a phone two numbers stand side by side."""
    with st.container(border=True, key=key):
        # three fit into half a window of 1280 pixels
        grid = st.grid(len(metrics), min_column_width=118, gap="small")
        for metric in metrics:
            # A metric's value is Markdown as its label is, so "$1.84 · $2.10" would become a formula.
            grid.metric(
                plain(metric.label),
                plain(metric.value),
                plain(metric.note) if metric.note else None,
                delta_color="off",
                delta_arrow="off",
                help=plain(metric.help_text) if metric.help_text else None,
            )
