"""A table of any length, a page at a time; which page stands in the address, so that a view can be shared."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import ceil
from typing import TypeVar

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.elements.lib.column_types import ButtonColumnResult, ColumnConfig

from lib.errors import InvalidInput
from lib.ui.components.empty_state import NO_MATCH_ICON, empty_state
from lib.ui.components.open_by_key import show_open_by_key
from lib.ui.words import line, plain, short

Page = TypeVar("Page")

#: The query parameter that holds the cursor.
CURSOR = "page"
#: A letter of a table on average; what a cell leaves free at its sides, and what more a button leaves.
LETTER_PX, PADDING_PX, _BUTTON_PX = 5.8, 17, 12
#: Before the header of a column of buttons, whose text stands half a letter to the right of others.
_INDENT = "\N{EN SPACE}"


@dataclass(frozen=True, slots=True)
class TableEvent:
    """What the reader did: the row they opened in this run, the rows they have selected, counted from zero."""

    opened: int | None
    selected: Sequence[int]


def current_cursor() -> str | None:
    """Which page the address asks for; None is the newest. It is a visitor's text: the query checks it."""
    return st.query_params.get(CURSOR)


def show_paged_table(
    rows: Sequence[Mapping[str, object]],
    *,
    key: str,
    label: str,
    columns: Mapping[str, ColumnConfig],
    summary: str,
    newer: str | None,
    older: str | None,
    opens: str | None = None,
    ticked_as: Sequence[object] | None = None,
) -> TableEvent:
    """Draw one page of rows under `columns`, in their order, and where there are any, buttons to `newer` and `older`.

    `label` names the table to who cannot see it, `summary` says what this page holds ("25 runs on this page"), for
    nobody has counted the others. `opens` is the column whose text opens its row when clicked. Columns are sorted by
    the query, never by the table's header, which would sort one page; the header of a column that is aligned to the
    right stands left all the same, for Streamlit 1.67 aligns cells only. Widths are the least that
    columns have: they grow to fill the page. `ticked_as` has rows ticked, and says which they are: once others stand
    there no tick is left, for a tick belongs to its place, where another row may stand by then.
    """
    opened_key = f"{key}-opened"
    shown: dict[str, ColumnConfig | ButtonColumnResult] = {**columns}
    if opens:
        shown[opens] = _opening_column(columns[opens], key=opened_key)
    with st.container(key=f"paged-{key}"):
        drawn = st.dataframe(
            _cells(rows, columns, opens=opens),
            key=key if ticked_as is None else f"{key}-{_digest(ticked_as)}-{st.session_state.get(_turn_key(key), 0)}",
            hide_index=True,
            row_height=38,
            height="content",
            column_config=shown,
            on_select="ignore" if ticked_as is None else "rerun",
            selection_mode="multi-row",
            placeholder="",
            alt=label,
        )
    titles = [str(row.get(opens)) for row in rows] if opens else []
    chosen = show_open_by_key(titles, key=key, label=label) if opens else None
    show_page_buttons(summary, key=key, newer=newer, older=older)
    click = st.session_state.get(opened_key)
    return TableEvent(
        opened=click.row if click else chosen,
        selected=[] if isinstance(drawn, DeltaGenerator) else drawn.selection.rows,
    )


def fitting_width(texts: Sequence[str], *, least: int, most: int, is_button: bool = False) -> int:
    """The width at which none of these is cut, within bounds: room that a page's texts need is not left empty."""
    longest = max((len(text) for text in texts), default=0)
    needed = ceil(longest * LETTER_PX) + 1 + PADDING_PX + (_BUTTON_PX if is_button else 0)
    return max(least, min(most, needed))


def clear_ticks(key: str) -> None:
    """Leave no row of the table ticked; for a button's `on_click`. Streamlit keeps ticks as long as the key stays."""
    st.session_state[_turn_key(key)] = st.session_state.get(_turn_key(key), 0) + 1


def _turn_key(key: str) -> str:
    return f"{key}-ticks-turn"


def show_page_buttons(
    summary: str,
    *,
    key: str,
    newer: str | None,
    older: str | None,
    parameter: str = CURSOR,
    labels: tuple[str, str] = ("Newer", "Older"),
) -> None:
    """Draw what this page of a list holds, and the buttons to those beside it; nothing where there is no other."""
    if not (newer or older):
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f":gray[{plain(summary)}]", width="content")
        with st.container(horizontal=True, gap="xsmall", width="content"):
            for label, cursor in zip(labels, (newer, older), strict=True):
                page_button(
                    label,
                    cursor,
                    key=key,
                    is_first=label == labels[0],
                    is_enabled=cursor is not None,
                    parameter=parameter,
                )


def page_button(
    label: str, cursor: str | None, *, key: str, is_first: bool, is_enabled: bool, parameter: str = CURSOR
) -> None:
    """Draw the button to the page before or after; pressed, it puts the cursor into the address."""
    st.button(
        label,
        icon=":material/chevron_left:" if is_first else ":material/chevron_right:",
        icon_position="left" if is_first else "right",
        disabled=not is_enabled,
        key=f"{key}-{label.lower()}",
        on_click=turn_to,
        args=(cursor, parameter),
    )


def find_page(read: Callable[[str | None], Page], *, cursor: str | None) -> Page | None:
    """What `read` finds at the cursor; None for a cursor that is none of this list in this order."""
    try:
        return read(cursor)
    except InvalidInput as error:
        if error.field != "cursor":
            raise
        return None


def show_no_such_page() -> None:
    """Draw what stands in place of the rows where the address asks for a page that has none."""
    text = "The list ends before it by now, or the link to it is damaged. Its beginning is still there."
    with empty_state("page-of-list", icon=NO_MATCH_ICON, title="This page of the list is empty", text=text):
        st.button("Go to the beginning", on_click=begin_at_the_beginning)


def begin_at_the_beginning(**changes: str) -> None:
    """Ask for the first page: a callback. `changes` are written into the address as well, an empty one is left out."""
    kept = {name: value for name, value in st.query_params.items() if name != CURSOR and name not in changes}
    # At once: each change of its own would be a step of the browser's Back.
    st.query_params.from_dict(kept | {name: value for name, value in changes.items() if value})


def _digest(ids: Sequence[object]) -> str:
    return sha256(" ".join(map(str, ids)).encode()).hexdigest()[:12]


def _cells(
    rows: Sequence[Mapping[str, object]], columns: Mapping[str, ColumnConfig], *, opens: str | None
) -> pd.DataFrame:
    cells = [
        {name: _cell(row.get(name), column, is_button=name == opens) for name, column in columns.items()}
        for row in rows
    ]
    return pd.DataFrame(cells, columns=list(columns))


def _cell(value: object, column: ColumnConfig, *, is_button: bool) -> object:
    """What stands in the cell: the canvas ends a long text in the middle of a letter, so that is done here.

    A figure, which stands at the right, is never cut: it would read as another one.
    """
    if not isinstance(value, str):
        return value
    width = column.get("width")
    if not isinstance(width, int) or column.get("alignment") == "right":
        return line(value)
    free = width - PADDING_PX - (_BUTTON_PX if is_button else 0)
    return short(value, most=int(free / LETTER_PX))


def _opening_column(column: ColumnConfig, *, key: str) -> ButtonColumnResult:
    return st.column_config.ButtonColumn(
        f"{_INDENT}{column.get('label')}",
        width=column.get("width"),
        help=column.get("help"),
        alignment="left",
        type="tertiary",
        key=key,
    )


def turn_to(cursor: str | None, parameter: str = CURSOR) -> None:
    """Ask for that page of the list, None for the first: a callback."""
    if cursor:
        st.query_params[parameter] = cursor
    else:
        st.query_params.pop(parameter, None)
