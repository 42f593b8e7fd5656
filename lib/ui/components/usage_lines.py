"""How long calls took, and why some failed, over time."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from lib.ui import words
from lib.ui.components import chart
from lib.ui.components.usage_address import all_but_these, open_calls
from lib.ui.components.usage_bars import TICKS_OF_THIRD, Bars
from lib.ui.components.usage_chart_card import chart_card
from lib.ui.components.usage_figures import say_seconds, seconds
from lib.ui.components.usage_open import show_open_by_bar
from lib.usage.reasons import say_reason
from lib.usage.views import Dashboard, Dimension, Latency, Series

_HEIGHT: Final = 226
#: Percentile -> dash, width and whether it has the accent.
_LINES: Final = {"p99": ("dot", 1.8, False), "p95": ("dash", 1.8, True), "p50": ("solid", 2.5, True)}

#: Of the figure what lines are drawn in, and what a name at their end is high.
_PLOT_PX, _LINE_PX = 180, 13
#: The last bar of a line, its value there, and the line's name.
_End = tuple[str, float, str]


def show_latency(dashboard: Dashboard, bars: Bars) -> None:
    """Draw the percentiles; each says at its end which it is."""
    report = dashboard.report
    rows = [
        [label, *(seconds(getattr(latency, name)) for name in ("p50", "p95", "p99")), figures.calls]
        for label, latency, figures in zip(bars.labels, report.latency_bars, report.bars, strict=True)
    ]
    head = [str(bars.period.unit).capitalize(), "p50, s", "p95, s", "p99, s", "Calls"]
    note = f"95 of 100 within {say_seconds(seconds(report.latency.p95))}" if report.latency.p95 else "nothing timed"
    with chart_card("Latency", note=note, key="latency", columns=head, rows=rows):
        colors = chart.palette()
        data, ends = [], list[_End]()
        for name, (dash, width, has_accent) in _LINES.items():
            values = [seconds(getattr(latency, name)) for latency in report.latency_bars][: bars.drawn]
            tint = colors.accent if has_accent else colors.muted
            data.append(_line(bars, values, name=name, line={"dash": dash, "width": width, "color": tint}))
            ends += _end(bars, values, name)
        drawn = chart.layout(
            colors,
            height=_HEIGHT,
            margin={"l": 44, "r": 32, "t": 8, "b": 24},
            annotations=_say_ends(ends, report.latency_bars, colors),
            xaxis=bars.axis(ticks=TICKS_OF_THIRD),
            yaxis={"ticksuffix": " s"},
        )
        alt = f"Latency: half of the calls took no longer than {say_seconds(seconds(report.latency.p50))}, {note}"
        chart.show_figure(data, drawn, key="usage-latency", alt=alt, on_choose=lambda point: _open(point, bars))
        show_open_by_bar(bars, key="latency", label="Latency")


def _line(bars: Bars, values: list[float | None], *, name: str, line: Mapping[str, Any]) -> Mapping[str, Any]:
    # a value between two gaps is no line
    is_alone = any(
        value is not None
        and (number == 0 or values[number - 1] is None)
        and (number + 1 == len(values) or values[number + 1] is None)
        for number, value in enumerate(values)
    )
    return {
        "type": "scatter",
        "mode": "lines+markers",  # a line without points takes no click
        "x": bars.shown,
        "y": values,
        "name": name,
        "line": line,
        "marker": {"size": 6 if is_alone else 1, "color": line["color"]},
        "hovertemplate": "%{y:,.1f} s",
    }


def _end(bars: Bars, values: list[float | None], name: str) -> list[_End]:
    last = next((number for number in reversed(range(len(values))) if values[number] is not None), None)
    return [] if last is None else [(bars.shown[last], values[last] or 0, name)]


def _say_ends(ends: Sequence[_End], latencies: Sequence[Latency], colors: chart.Palette) -> list[Mapping[str, Any]]:
    """The name of each line at its end; names that would stand on each other are moved up."""
    highest = max((seconds(each.p99) or 0 for each in latencies), default=0) or 1
    found: list[Mapping[str, Any]] = []
    floor = -float(_LINE_PX)
    for label, value, name in sorted(ends, key=lambda end: end[1:]):  # p50 below p99 where both are alike
        at = value / highest * _PLOT_PX
        place = max(at, floor + _LINE_PX)
        floor = place
        found.append(
            {
                "x": label,
                "y": value,
                "text": name,
                "showarrow": False,
                "xanchor": "left",
                "xshift": 6,
                "yshift": place - at,
                "font": {"size": 11, "color": colors.muted},
            }
        )
    return found


def show_failures(dashboard: Dashboard, bars: Bars) -> None:
    """Draw failed calls by reason; those that somebody cancelled are none."""
    failed = [each for each in dashboard.errors if each.total.failed_calls]
    names = [_reason(each, is_model=dashboard.query.is_model) for each in failed]
    rows = [
        [label, dashboard.report.bars[number].failed_calls, *(each.bars[number].failed_calls for each in failed)]
        for number, label in enumerate(bars.labels)
    ]
    head = [str(bars.period.unit).capitalize(), "All", *names]
    total = dashboard.report.total.failed_calls
    note = f"{words.number(total)} by reason" if total else "none"
    with chart_card("Failed calls", note=note, key="failures", columns=head, rows=rows):
        colors = chart.palette()
        tints = colors.name(names)
        if not failed:
            st.markdown(":gray[No call has failed in this time.]")
            return
        chart.show_legend([chart.Entry("■", tint, name) for name, tint in zip(names, tints, strict=True)])
        data = [
            {
                "type": "bar",
                "x": bars.shown,
                "y": [figures.failed_calls for figures in each.bars][: bars.drawn],
                "name": chart.escape(name),
                "marker": {"color": tint, "line": {"width": 1, "color": colors.ground}},
                "customdata": [f"{name}: {words.count(figures.failed_calls, 'call')}" for figures in each.bars][
                    : bars.drawn
                ],
                "hovertemplate": "%{x}<br>%{customdata}<extra></extra>",
            }
            for each, name, tint in zip(failed, names, tints, strict=True)
        ]
        most = max((figures.failed_calls for figures in dashboard.report.bars), default=0)
        drawn = chart.layout(
            colors,
            height=_HEIGHT,
            hovermode="closest",
            xaxis=bars.axis(ticks=TICKS_OF_THIRD),
            yaxis={"tickformat": ",d"} | ({"dtick": 1} if most <= 5 else {}) | ({} if most else {"range": [0, 5]}),
        )
        alt = f"Failed calls, {note}: {', '.join(names)}"
        chart.show_figure(
            data,
            drawn,
            key="usage-failures",
            alt=alt,
            on_choose=lambda point: _open_failed(point, bars, failed),
        )
        show_open_by_bar(bars, key="failures", label="Failed calls", is_failed=True)


def _reason(series: Series, *, is_model: bool) -> str:
    is_several = series.count > 1
    return "Other reasons" if is_several else say_reason(str(series.key), is_model=is_model)


def _open(point: Mapping[str, Any], bars: Bars) -> None:
    number = bars.number(point.get("x"))
    if number is not None:
        since, before = bars.span(number)
        open_calls(since=since, before=before)


def _open_failed(point: Mapping[str, Any], bars: Bars, failed: list[Series]) -> None:
    number, curve = bars.number(point.get("x")), point.get("curve_number")
    if number is None or not isinstance(curve, int) or curve >= len(failed):
        return
    since, before = bars.span(number)
    if failed[curve].count > 1:
        open_calls(all_but=all_but_these(Dimension.ERROR, failed), since=since, before=before, is_failed=True)
    else:
        open_calls(by=Dimension.ERROR, key=failed[curve].key, since=since, before=before)
