"""What costs most: projects, people, models, templates or endpoints, the most expensive first."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from lib.ui import words
from lib.ui.components import chart
from lib.ui.components.open_by_key import show_open_by_key
from lib.ui.components.usage_address import TOP, Asked, open_calls, write_address
from lib.ui.components.usage_chart_card import chart_card
from lib.ui.components.usage_figures import DIMENSIONS, PLURALS, Measure, seconds
from lib.usage.views import Dashboard, Dimension, Share

#: So many bars fit beside the charts of the same row.
_MOST: Final = 7
_HEIGHT: Final = 226
#: In characters: what is longer is cut beside its bar and stands whole in the table.
_LONGEST_NAME: Final = 22
_HEAD: Final = ("Cost, $", "Calls", "Failed calls", "Tokens", "Calls of unknown price")
#: Where the page is about latency.
_TIMES: Final = ("Median, s", "p95, s")
_KEY: Final = "usage-top"


def show_top(asked: Asked, dashboard: Dashboard) -> None:
    """Draw the bars; what is beyond them is in the table."""
    by = asked.top
    shares, with_times = dashboard.top, asked.measure is Measure.LATENCY
    title = f"Cost by {DIMENSIONS[by]}"
    with chart_card(
        title,
        note=_finding(by, shares),
        key="top",
        columns=(DIMENSIONS[by].capitalize(), *_HEAD, *(_TIMES if with_times else ())),
        rows=[_cells(share, with_times=with_times) for share in shares],
        show_settings=lambda: _show_settings(asked),
    ):
        top = shares[:_MOST]
        if not top:
            st.markdown(":gray[No calls in this time.]")
            return
        colors = chart.palette()
        chart.show_figure(
            [_bars(top, colors)],
            chart.layout(
                colors,
                height=_HEIGHT,
                hovermode="closest",
                margin={"l": 0, "r": 64, "t": 4, "b": 4},
                bargap=0.45,
                xaxis={"visible": False, "rangemode": "tozero"},
                yaxis={
                    "showgrid": False,
                    "ticksuffix": "  ",
                    "automargin": True,
                    "type": "category",
                    "nticks": _MOST + 1,
                    "range": [len(top) - 0.5 - _MOST, len(top) - 0.5] if len(top) < _MOST else None,
                },
            ),
            key=_KEY,
            alt=f"{title}: {', '.join(f'{share.label} {words.money(share.figures.cost_usd)}' for share in top)}",
            on_choose=lambda point: _open(point, by, top),
        )
        chosen = show_open_by_key([share.label for share in shares], key=_KEY, label=f"the calls by {DIMENSIONS[by]}")
        if chosen is not None:
            open_calls(by=by, key=shares[chosen].key)
            st.rerun()


def _show_settings(asked: Asked) -> None:
    key = "usage-top-by"
    st.session_state[key] = asked.top
    st.selectbox(
        "Cost by",
        [*DIMENSIONS],
        format_func=lambda by: DIMENSIONS[by].capitalize(),
        key=key,
        on_change=lambda: write_address(
            **{TOP: None if st.session_state[key] is Dimension.PROJECT else str(st.session_state[key])}
        ),
    )


def _finding(by: Dimension, shares: Sequence[Share]) -> str:
    if len(shares) > _MOST:
        return f"{_MOST} of {words.number(len(shares))}"
    return words.count(len(shares), DIMENSIONS[by], plural=PLURALS[by])


def _bars(top: Sequence[Share], colors: chart.Palette) -> Mapping[str, Any]:
    rising = [*reversed(top)]
    return {
        "type": "bar",
        "orientation": "h",
        "x": [float(share.figures.cost_usd) for share in rising],
        "y": _names(rising),
        "text": [words.money(share.figures.cost_usd) for share in rising],
        "textposition": "outside",
        "textfont": {"size": 12, "color": colors.muted},
        "cliponaxis": False,
        "marker": {"color": colors.accent},
        "customdata": [
            [words.count(share.figures.calls, "call"), chart.escape(words.line(share.label))] for share in rising
        ],
        "hovertemplate": "%{customdata[1]}: %{text}, %{customdata[0]}<extra></extra>",
    }


def _names(shares: Sequence[Share]) -> list[str]:
    """Plotly takes two that are called the same for one, and a tag for a tag."""
    found: list[str] = []
    for share in shares:
        name = chart.escape(words.short(share.label, most=_LONGEST_NAME))
        found.append(name + "\u200b" * sum(each.rstrip("\u200b") == name for each in found))
    return found


def _open(point: Mapping[str, Any], by: Dimension, top: Sequence[Share]) -> None:
    number = point.get("point_index", point.get("point_number"))
    if isinstance(number, int) and number < len(top):
        open_calls(by=by, key=top[len(top) - 1 - number].key)


def _cells(share: Share, *, with_times: bool) -> Sequence[Any]:
    times = [seconds(share.latency.p50), seconds(share.latency.p95)]
    return [
        share.label,
        float(share.figures.cost_usd),
        share.figures.calls,
        share.figures.failed_calls,
        share.figures.tokens,
        share.figures.unpriced_calls,
        *(times if with_times else ()),
    ]
