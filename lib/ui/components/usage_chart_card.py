"""A chart in its card: title and finding, what can be chosen about it, and the same data as a table."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import pandas as pd
import streamlit as st

from lib.ui.words import line, plain

_TABLE: Final = "Show as a table"
#: What a table shows at once; the others are below.
_TABLE_PX: Final = 460

#: Of dollars and seconds; the file has all there are.
_DIGITS: Final = 4

Cells = Sequence[Sequence[object]]


@contextmanager
def chart_card(
    title: str,
    *,
    note: str,
    key: str,
    columns: Sequence[str],
    rows: Cells,
    show_settings: Callable[[], None] | None = None,
) -> Iterator[None]:
    """Draw the card around the chart that is drawn inside the `with`; its menu offers `rows` under `columns`.

    `show_settings` draws what can be chosen about the chart, behind a button of its own.

    Figures of `rows` are numbers, so that a click on a column's head sorts them.
    """
    with st.container(border=True, key=f"chart-{key}", gap="xsmall", height="stretch"):
        with st.container(
            horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False, key=f"chart-head-{key}"
        ):
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="stretch"):
                st.subheader(plain(title), anchor=False, width="content")
                st.markdown(f":gray[{plain(note)}]", width="content")
            if show_settings:
                with st.popover("Change", type="tertiary", key=f"chart-settings-{key}"):
                    show_settings()
            chosen = st.menu_button(
                "More", [_TABLE], icon=":material/more_horiz:", type="tertiary", key=f"chart-more-{key}"
            )
        if chosen == _TABLE:
            show_chart_table(title, columns, rows)
        yield


def show_chart_table(title: str, columns: Sequence[str], rows: Cells) -> None:
    """Open the table."""

    @st.dialog(plain(title), width="large")
    def show() -> None:
        frame = pd.DataFrame([[_cell(cell) for cell in row] for row in rows], columns=list(columns))
        st.dataframe(
            frame,
            hide_index=True,
            row_height=38,
            height=min(_TABLE_PX, 40 + 38 * max(len(rows), 1)),
            alt=f"{title}, as a table",
            key="chart-table",
        )

    show()


def _cell(cell: object) -> object:
    if isinstance(cell, str):
        return line(cell)
    return round(cell, _DIGITS) if isinstance(cell, float) else cell
