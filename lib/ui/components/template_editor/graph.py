"""The phases of a template in the order in which they run, one a row, and what waits for what drawn beside them.

As `git log --graph` draws commits: a phase stands in a column of its own until the last one that waits for it has
begun, so no line runs through a phase that it does not belong to.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st
from markupsafe import Markup

from lib.templates.structure import TemplateData, order_phases
from lib.ui.words import line

#: In pixels. Columns move together where there are many.
_ROW: Final = 34
_COLUMN, _NARROWEST, _WIDEST = 16, 7, 132
_MARGIN: Final = 11

_EDGE = Markup('<path d="{}" class="{}"/>')
_DOT = Markup('<circle cx="{}" cy="{}" r="5" class="{}"/>')
_ROW_HTML = Markup('<li><{tag} class="{classes}" title="{title}"{more}><b>{name}</b>{note}</{tag}></li>')
_NOTE = Markup("<i>{}</i>")
_GRAPH = Markup(
    '<div class="ao-graph" style="--ao-lines:{width}px"><svg width="{width}" height="{height}" aria-hidden="true">'
    "{edges}{dots}</svg><ol>{rows}</ol></div>"
)
# Streamlit calls it at every rerun that draws the component, with the same element as long as that stays on the page.
_JS: Final = """
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".ao-graph-place");
  if (root.drawn !== data.html) {
    const hadFocus = root.contains(document.activeElement);
    root.drawn = data.html;
    root.innerHTML = data.html;
    const current = root.querySelector("[aria-current]");
    if (hadFocus) current?.focus();
    if (current) root.scrollTop = current.offsetTop - root.clientHeight / 2; // on a phone the list is cut
  }
  root.onclick = (event) => {
    const button = event.target.closest("button");
    if (button) setTriggerValue("opened", Number(button.dataset.row));
  };
}
"""
_choose = st.components.v2.component(
    "orchestrator_graph", html='<div class="ao-graph-place"></div>', js=_JS, isolate_styles=False
)


@dataclass(frozen=True, slots=True)
class GraphRow:
    """One phase; `note` stands muted behind its name, `mark` is `bad` or `warn` where something is to be mended."""

    code: str
    name: str
    note: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """Row and column of each phase, by code, and how many columns there are."""

    columns: Mapping[str, int]
    width: int


def show_graph(data: TemplateData, *, key: str) -> None:
    """Draw the phases of a template for reading: as a component, for st.html takes lines out."""
    rows = [GraphRow(phase.code, phase.name, "review" if phase.review else "") for phase in data.phases]
    html = draw_graph(rows, data.dependencies(), selected=None, is_pressed=False)
    _choose(data={"html": str(html)}, key=key)


def show_phase_list(
    rows: Sequence[GraphRow],
    needs: Mapping[str, Sequence[str]],
    *,
    selected: str,
    key: str,
    on_open: Callable[[str], None],
) -> None:
    """The same to choose from: each row is a button, and a click calls `on_open` with the phase's code."""
    ordered = _in_order(rows, needs)

    def open_row() -> None:
        row = st.session_state[key].opened
        if isinstance(row, int) and 0 <= row < len(ordered):
            on_open(ordered[row].code)

    html = draw_graph(rows, needs, selected=selected, is_pressed=True)
    _choose(data={"html": str(html)}, key=key, on_opened_change=open_row)


def draw_graph(
    rows: Sequence[GraphRow], needs: Mapping[str, Sequence[str]], *, selected: str | None, is_pressed: bool
) -> Markup:
    """The graph as HTML, every word in it escaped."""
    ordered = _in_order(rows, needs)
    layout = lay_out([row.code for row in ordered], needs)
    gap = min(_COLUMN, max(_NARROWEST, _WIDEST // max(layout.width, 1)))
    at = {
        row.code: (_MARGIN + gap * layout.columns[row.code], _ROW * number + _ROW // 2)
        for number, row in enumerate(ordered)
    }
    edges = [(source, row.code) for row in ordered for source in needs[row.code] if source in at]
    edges.sort(key=lambda edge: selected in edge)  # those of the marked one lie above the others
    return _GRAPH.format(
        width=2 * _MARGIN + gap * (layout.width - 1),
        height=_ROW * len(ordered),
        edges=Markup("").join(
            _EDGE.format(_curve(*at[a], *at[b]), "ao-on" if selected in (a, b) else "") for a, b in edges
        ),
        dots=Markup("").join(_DOT.format(*at[row.code], _classes(row, selected)) for row in ordered),
        rows=Markup("").join(_row(row, number, selected, is_pressed=is_pressed) for number, row in enumerate(ordered)),
    )


def lay_out(order: Sequence[str], needs: Mapping[str, Sequence[str]]) -> Layout:
    """The column of each phase, the leftmost that is free."""
    last_need = {source: number for number, code in enumerate(order) for source in needs[code]}
    columns: dict[str, int] = {}
    held: list[str | None] = []
    for number, code in enumerate(order):
        # what nobody after this one waits for makes room, for this one too
        held = [None if other is None or last_need.get(other, -1) <= number else other for other in held]
        column = next((place for place, other in enumerate(held) if other is None), len(held))
        held[column : column + 1] = [code]
        columns[code] = column
    return Layout(columns, max(columns.values(), default=0) + 1)


def _in_order(rows: Sequence[GraphRow], needs: Mapping[str, Sequence[str]]) -> list[GraphRow]:
    by_code = {row.code: row for row in rows}
    return [by_code[code] for code in order_phases({code: tuple(needs[code]) for code in by_code})]


def _curve(x1: int, y1: int, x2: int, y2: int) -> str:
    """Down in the column of the one above, and over to the other in the last row."""
    if x1 == x2:
        return f"M{x1} {y1}V{y2}"
    turn = y2 - _ROW
    middle = (turn + y2) // 2
    return f"M{x1} {y1}V{turn}C{x1} {middle} {x2} {middle} {x2} {y2}"


def _classes(row: GraphRow, selected: str | None) -> str:
    return " ".join(filter(None, ("ao-on" if row.code == selected else "", f"ao-{row.mark}" if row.mark else "")))


def _row(row: GraphRow, number: int, selected: str | None, *, is_pressed: bool) -> Markup:
    more = Markup("")
    if is_pressed:
        current = Markup(' aria-current="true"') if row.code == selected else ""
        more = Markup(' type="button" data-row="{}"{}').format(number, current)
    name = line(row.name) or row.code
    return _ROW_HTML.format(
        tag=Markup("button") if is_pressed else Markup("span"),
        classes=_classes(row, selected),
        title=name,
        more=more,
        name=name,
        note=_NOTE.format(line(row.note)) if row.note else "",
    )
