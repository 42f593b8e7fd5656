"""What costs most, or calls most where nothing has a price: projects, people, models, templates or endpoints."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from lib.ui import words
from lib.ui.components import chart
from lib.ui.components.open_by_key import show_open_by_key
from lib.ui.components.usage_address import TOP, Asked, open_calls, write_address
from lib.ui.components.usage_chart_card import chart_card
from lib.ui.components.usage_figures import DIMENSIONS, MEASURES, PLURALS, Measure, Shown, Value, seconds, sort_of
from lib.ui.components.usage_words import say_label
from lib.usage.views import Dashboard, Dimension, Share

#: So many bars fit beside the charts of the same row.
_MOST: Final = 7
_HEIGHT: Final = 226
#: In characters: what is longer is cut beside its bar and stands whole in the table.
_LONGEST_NAME: Final = 22
_CALLS: Final = ("Calls", "Failed calls")
_HEAD: Final = ("Cost, $", *_CALLS, "Tokens", "Calls of unknown price")
#: Where the page is about latency.
_TIMES: Final = ("Median, s", "p95, s")
_KEY: Final = "usage-top"


def show_top(asked: Asked, dashboard: Dashboard) -> None:
    """Draw the bars; what is beyond them is in the table."""
    by = asked.top
    shares, with_times = dashboard.top, asked.measure is Measure.LATENCY
    shown = MEASURES[sort_of(asked.query).measures[0]]
    title = f"{shown.word} by {DIMENSIONS[by]}"
    head = _HEAD if asked.query.is_model else _CALLS
    with chart_card(
        title,
        note=_finding(by, shares),
        key="top",
        columns=(DIMENSIONS[by].capitalize(), *head, *(_TIMES if with_times else ())),
        rows=[_cells(share, is_model=asked.query.is_model, with_times=with_times) for share in shares],
        show_settings=lambda: _show_settings(asked),
    ):
        top = shares[:_MOST]
        if not top:
            st.markdown(":gray[No calls in this time.]")
            return
        colors = chart.palette()
        chart.show_figure(
            [_bars(by, top, shown, colors)],
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
            alt=f"{title}: {', '.join(f'{share.label} {shown.say(_read(share, shown))}' for share in top)}",
            on_choose=lambda point: _open(point, by, top),
        )
        chosen = show_open_by_key([share.label for share in shares], key=_KEY, label=f"the calls by {DIMENSIONS[by]}")
        if chosen is not None:
            open_calls(by=by, key=shares[chosen].key)
            st.rerun()


def _show_settings(asked: Asked) -> None:
    key = "usage-top-by"
    st.session_state[key] = asked.top
    sort = sort_of(asked.query)
    st.selectbox(
        f"{MEASURES[sort.measures[0]].word} by",
        [*sort.dimensions],
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


def _read(share: Share, shown: Shown) -> Value:
    return shown.read(share.figures, share.latency)


def _bars(by: Dimension, top: Sequence[Share], shown: Shown, colors: chart.Palette) -> Mapping[str, Any]:
    rising = [*reversed(top)]
    values = [_read(share, shown) for share in rising]
    return {
        "type": "bar",
        "orientation": "h",
        "x": values,
        "y": _names(by, rising),
        "text": [shown.say(value) for value in values],
        "textposition": "outside",
        "textfont": {"size": 12, "color": colors.muted},
        "cliponaxis": False,
        "marker": {"color": colors.accent},
        "customdata": [
            [words.count(share.figures.calls, "call"), chart.escape(words.line(share.label))] for share in rising
        ],
        "hovertemplate": f"%{{customdata[1]}}: {'%{text}, ' if shown.prefix else ''}%{{customdata[0]}}<extra></extra>",
    }


def _names(by: Dimension, shares: Sequence[Share]) -> list[str]:
    """Plotly takes two that are called the same for one, and a tag for a tag."""
    labels, found = [share.label for share in shares], list[str]()
    for label in labels:
        name = chart.escape(words.short(say_label(label, by, beside=labels), most=_LONGEST_NAME))
        found.append(name + "\u200b" * sum(each.rstrip("\u200b") == name for each in found))
    return found


def _open(point: Mapping[str, Any], by: Dimension, top: Sequence[Share]) -> None:
    number = point.get("point_index", point.get("point_number"))
    if isinstance(number, int) and number < len(top):
        open_calls(by=by, key=top[len(top) - 1 - number].key)


def _cells(share: Share, *, is_model: bool, with_times: bool) -> Sequence[Any]:
    figures = share.figures
    calls = [figures.calls, figures.failed_calls]
    times = [seconds(share.latency.p50), seconds(share.latency.p95)]
    return [
        share.label,
        *([float(figures.cost_usd), *calls, figures.tokens, figures.unpriced_calls] if is_model else calls),
        *(times if with_times else ()),
    ]
