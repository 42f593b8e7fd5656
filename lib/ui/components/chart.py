"""Charts: one look for all of them, in the colours of the reader's theme, with words for who can't see them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from zlib import crc32

import plotly.io
import streamlit as st
from markupsafe import Markup
from plotly.basedatatypes import BaseFigure

from lib.ui.words import line

#: Which of the theme's colours stands for what has no name of its own: the others together.
_GREY: Final = 5
_CONFIG: Final = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False, "showTips": False}
#: In the figure, which no style sheet reaches: px.
_LABEL_PX: Final = 11
#: Faint on either ground: a chart keeps what it was drawn with where the look is changed beneath it.
_GRID: Final = "rgba(128, 134, 150, 0.22)"
#: Dollars: an axis that ends below says the cents.
_WHOLE_DOLLARS: Final = 8
_CENTS: Final = ",.2f"
_LEGEND: Final = Markup('<div class="ao-keys">{}</div>')
_ENTRY: Final = Markup('<span><i style="color:{}" aria-hidden="true">{}</i>{}</span>')


@dataclass(frozen=True, slots=True)
class Palette:
    """The theme's colours, as the reader has them."""

    accent: str
    ground: str
    muted: str
    bad: str
    #: For things that have names, without the grey one.
    series: tuple[str, ...]
    grey: str

    def name(self, names: Sequence[str]) -> list[str]:
        """A colour for each name, the same on every page and in every range; no two are alike while any is left."""
        taken: list[str] = []
        for name in names:
            first = crc32(name.encode()) % len(self.series)
            turned = self.series[first:] + self.series[:first]
            taken.append(next((color for color in turned if color not in taken), turned[0]))
        return taken


def palette() -> Palette:
    """The colours of the theme that this page is drawn in."""
    theme = "dark" if st.context.theme.type == "dark" else "light"
    colors: list[str] = st.get_option(f"theme.{theme}.chartCategoricalColors")
    return Palette(
        accent=colors[0],
        ground=_of(theme, "backgroundColor"),
        muted=_of(theme, "grayTextColor"),
        bad=_of(theme, "redColor"),
        series=tuple(color for number, color in enumerate(colors) if number != _GREY),
        grey=colors[_GREY],
    )


def _of(theme: str, name: str) -> str:
    return str(st.get_option(f"theme.{theme}.{name}"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One word of a legend, with the sign that stands for it in the figure."""

    sign: str
    color: str
    word: str


def show_legend(entries: Sequence[Entry]) -> None:
    """Draw what the colours and dashes mean, in the order in which they stand on each other."""
    st.html(_LEGEND.format(Markup("").join(_ENTRY.format(each.color, each.sign, line(each.word)) for each in entries)))


def escape(text: str) -> str:
    """Somebody's words inside a figure, where Plotly reads tags and codes of letters."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def dollars(highest: float) -> Mapping[str, str]:
    """The numbers of an axis of dollars that goes up to so many: with the cents where it does not go far."""
    return {"tickprefix": "$", "tickformat": _CENTS if highest < _WHOLE_DOLLARS else ""}


def mode_of(points: Sequence[object]) -> str:
    """How Plotly draws a line: a single point would not be seen as one."""
    return "lines" if points[1:] else "markers"


def layout(colors: Palette, *, height: int, **changes: Any) -> dict[str, Any]:
    """What all figures are alike in; `changes` take the place of its parts."""
    font = {"size": _LABEL_PX, "color": colors.muted}
    axis = {"tickfont": font, "zeroline": False, "automargin": False, "title": {"text": ""}, "fixedrange": True}
    return {
        "height": height,
        "margin": {"l": 44, "r": 16, "t": 8, "b": 24},
        "showlegend": False,
        "hovermode": "x unified",
        "barmode": "stack",
        "bargap": 0.3,
        "clickmode": "event",
        "dragmode": False,
        "xaxis": axis | {"showgrid": False, "ticks": ""} | changes.pop("xaxis", {}),
        "yaxis": axis
        | {"showgrid": True, "gridcolor": _GRID, "nticks": 5, "rangemode": "tozero"}
        | changes.pop("yaxis", {}),
        **changes,
    }


class _Drawn(BaseFigure):  # type: ignore[misc]  # Plotly says nothing of its types
    """A figure as the browser reads it, which Plotly does not look through value by value.

    Looking through those of Analytics takes a fifth of the page's time in Python; tests have Plotly look through each.
    """

    def __init__(self, figure: dict[str, Any]) -> None:
        self._drawn = figure

    def to_dict(self) -> dict[str, Any]:
        return self._drawn


@cache
def _template() -> dict[str, Any]:
    """What Plotly lays beneath a figure: Streamlit's look."""
    found: dict[str, Any] = plotly.io.templates[plotly.io.templates.default].to_plotly_json()
    return found


def show_figure(
    data: Sequence[Mapping[str, Any]],
    drawn: Mapping[str, Any],
    *,
    key: str,
    alt: str,
    on_choose: Callable[[Mapping[str, Any]], None] | None = None,
) -> None:
    """Draw it. `alt` says what it shows; `on_choose` is called with the point that was clicked, before the next run."""

    def choose() -> None:
        points = (st.session_state.get(key) or {}).get("selection", {}).get("points", [])
        if points and on_choose:
            on_choose(points[0])

    st.plotly_chart(
        _Drawn({"data": list(data), "layout": {"template": _template(), **drawn}}),
        config=_CONFIG,
        key=key,
        alt=alt,
        on_select=choose if on_choose else "ignore",
        selection_mode="points",
    )
