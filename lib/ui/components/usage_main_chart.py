"""The large chart: one measure over time, by what it is made of, beside the period before."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from lib.ui import words
from lib.ui.components import chart
from lib.ui.components.usage_address import BY, MEASURE, Asked, all_but_these, open_calls, write_address
from lib.ui.components.usage_bars import TICKS_OF_HALF, Bars, say_unit
from lib.ui.components.usage_chart_card import Cells, chart_card
from lib.ui.components.usage_figures import DIMENSIONS, MEASURES, PLURALS, Measure, Shown, Value, sort_of
from lib.ui.components.usage_open import show_open_by_bar
from lib.ui.components.usage_words import say_before, say_days_before, say_label
from lib.usage.periods import Period
from lib.usage.views import Dashboard, Figures, Latency, Series, UsageReport

_HEIGHT: Final = 226
#: In characters: what is longer is cut in the legend and stands whole in the table.
_LONGEST_NAME: Final = 28
_KEY: Final = "usage-main"


def show_main_chart(asked: Asked, dashboard: Dashboard, bars: Bars) -> None:
    """Draw it, with what can be chosen about it."""
    shown = MEASURES[asked.measure]
    columns, rows = _table(shown, dashboard, bars)
    title = f"{shown.word} by {DIMENSIONS[dashboard.by]}"
    note = _finding(asked.measure, dashboard)
    with chart_card(
        title, note=note, key="main", columns=columns, rows=rows, show_settings=lambda: _show_settings(asked)
    ):
        colors = chart.palette()
        names = [_name(series, dashboard) for series in dashboard.series]
        tints = _tints(colors, dashboard.series)
        _show_legend(colors, names, tints, shown, dashboard)
        said = _say_bars(shown, dashboard, bars)
        data = [
            _trace(shown, series, bars, name=name, tint=tint, ground=colors.ground, said=said)
            for series, name, tint in zip(dashboard.series, names, tints, strict=True)
        ]
        if dashboard.before:
            data.append(_trace_before(shown, dashboard.before, colors, bars))
        chart.show_figure(
            data,
            chart.layout(
                colors,
                height=_HEIGHT,
                # a click is that of the part which the pointer is on
                hovermode="closest" if shown.adds_up else "x unified",
                xaxis=bars.axis(ticks=TICKS_OF_HALF),
                yaxis=_axis(shown, dashboard),
            ),
            key=_KEY,
            alt=f"{title}: {note}, bar by bar, one bar a {say_unit(bars.period)}",
            on_choose=lambda point: _open(
                point, dashboard, bars, is_failed=asked.measure is Measure.FAILED, is_of_part=shown.adds_up
            ),
        )
        show_open_by_bar(bars, key="main", label=title, is_failed=asked.measure is Measure.FAILED)


def _axis(shown: Shown, dashboard: Dashboard) -> Mapping[str, str]:
    values = _values(shown, dashboard.report.bars, dashboard.report.latency_bars)
    if shown.prefix:
        return chart.dollars(max((value or 0 for value in values), default=0))
    return {"ticksuffix": shown.suffix, "tickformat": shown.axis_format}


def _show_settings(asked: Asked) -> None:
    sort = sort_of(asked.query)
    measures = {each: MEASURES[each].word for each in sort.measures}
    _choose(MEASURE, "Measure", measures, asked.measure, sort.measures[0])
    _choose(BY, "Told apart by", {each: DIMENSIONS[each].capitalize() for each in sort.dimensions}, asked.by, sort.by)


def _choose(name: str, label: str, options: Mapping[Any, str], chosen: object, default: str) -> None:
    key = f"usage-{name}"
    st.session_state[key] = chosen
    st.selectbox(
        label,
        [*options],
        format_func=options.__getitem__,
        key=key,
        on_change=lambda: write_address(
            **{name: None if st.session_state[key] == default else str(st.session_state[key])}
        ),
    )


def _open(point: Mapping[str, Any], dashboard: Dashboard, bars: Bars, *, is_failed: bool, is_of_part: bool) -> None:
    number, curve = bars.number(point.get("x")), point.get("curve_number")
    if number is None or not isinstance(curve, int):
        return
    since, before = bars.span(number)
    series = dashboard.series[curve] if curve < len(dashboard.series) else None
    if series is None or not is_of_part:
        open_calls(since=since, before=before, is_failed=is_failed)
    elif series.count > 1:
        open_calls(
            all_but=all_but_these(dashboard.by, dashboard.series), since=since, before=before, is_failed=is_failed
        )
    else:
        open_calls(by=dashboard.by, key=series.key, since=since, before=before, is_failed=is_failed)


def _name(series: Series, dashboard: Dashboard) -> str:
    if series.count > 1:
        return f"{words.number(series.count)} other {PLURALS[dashboard.by]}"
    labels = [each.label for each in dashboard.series if each.count == 1]
    return words.short(say_label(series.label, dashboard.by, beside=labels), most=_LONGEST_NAME)


def _tints(colors: chart.Palette, series: Sequence[Series]) -> list[str]:
    named = colors.name([each.label for each in series if each.count == 1])
    return named + [colors.grey] * (len(series) - len(named))


def _show_legend(
    colors: chart.Palette, names: Sequence[str], tints: Sequence[str], shown: Shown, dashboard: Dashboard
) -> None:
    sign = "■" if shown.adds_up else "━"
    entries = [chart.Entry(sign, tint, name) for name, tint in zip(names, tints, strict=True)]
    if dashboard.before:
        entries.append(chart.Entry("┄", colors.muted, say_before(dashboard.before.period)))
    chart.show_legend(entries)


def _values(shown: Shown, figures: Sequence[Figures], latencies: Sequence[Latency]) -> list[Value]:
    pairs = zip(figures, latencies or [Latency()] * len(figures), strict=True)
    return [shown.read(each, latency) for each, latency in pairs]


def _trace(
    shown: Shown, series: Series, bars: Bars, *, name: str, tint: str, ground: str, said: Sequence[str]
) -> Mapping[str, Any]:
    values = _values(shown, series.bars, series.latency_bars)[: bars.drawn]
    common: dict[str, Any] = {
        "x": bars.shown,
        "y": values,
        "name": chart.escape(name),
        "hovertemplate": f"{shown.prefix}%{{y:{shown.hover_format}}}{shown.suffix}",
    }
    if shown.adds_up:
        common["customdata"] = [
            [f"{chart.escape(name)}: {shown.say(value)}", text] for value, text in zip(values, said, strict=True)
        ]
        common["hovertemplate"] = "%{x}<br>%{customdata[0]}<br>%{customdata[1]}<extra></extra>"
        return common | {"type": "bar", "marker": {"color": tint, "line": {"width": 1, "color": ground}}}
    return common | {
        "type": "scatter",
        "mode": "lines+markers",
        "line": {"color": tint, "width": 2},
        "marker": {"size": 5},
    }


def _trace_before(shown: Shown, before: UsageReport, colors: chart.Palette, bars: Bars) -> Mapping[str, Any]:
    """The dotted line. Over bars it says nothing itself: it would take their clicks."""
    values = _values(shown, before.bars, before.latency_bars)[: bars.drawn]
    return {
        "type": "scatter",
        "mode": chart.mode_of(values),
        "x": bars.shown[: len(values)],
        "y": values,
        "name": say_before(before.period),
        "line": {"dash": "dot", "width": 1.5, "color": colors.muted},
        "marker": {"color": colors.muted},
        "hovertemplate": f"{shown.prefix}%{{y:{shown.hover_format}}}{shown.suffix}",
    } | ({"hoverinfo": "skip", "hovertemplate": None} if shown.adds_up else {})


def _say_bars(shown: Shown, dashboard: Dashboard, bars: Bars) -> list[str]:
    """Beside what a part of a bar says: all of it, and what there was before."""
    wholes = _values(shown, dashboard.report.bars, dashboard.report.latency_bars)
    said = [f"All: {shown.say(value)}" for value in wholes]
    if dashboard.before:
        before = _values(shown, dashboard.before.bars, dashboard.before.latency_bars)
        days = say_days_before(dashboard.before.period)
        said = [
            f"{text}<br>{days[number]}: {shown.say(before[number])}" if number < len(before) else text
            for number, text in enumerate(said)
        ]
    return said[: bars.drawn]


def _finding(measure: Measure, dashboard: Dashboard) -> str:
    """The whole, and who most of it is."""
    shown = MEASURES[measure]
    total = dashboard.report.total
    whole = shown.say(shown.read(total, dashboard.report.latency))
    unpriced = total.unpriced_calls
    if measure is Measure.COST and unpriced:
        return f"{whole}; {words.count(unpriced, 'call')} of unknown price {words.are(unpriced)} not in it"
    if not shown.adds_up or len(dashboard.series) < 2:
        return whole
    parts = [(shown.read(each.total, Latency()) or 0, each) for each in dashboard.series if each.count == 1]
    most, first = max(parts, key=lambda part: part[0])
    all_of_it = shown.read(total, Latency()) or 0
    if not most or not all_of_it:
        return whole
    return f"{whole}, {_say_part(most / all_of_it)} {_name(first, dashboard)}"


def _say_part(part: float) -> str:
    return "half of it" if 0.48 <= part <= 0.52 else f"{words.share(part)} of it"


def _table(shown: Shown, dashboard: Dashboard, bars: Bars) -> tuple[Sequence[str], Cells]:
    """Bar by bar, what all series say."""
    columns = [str(bars.period.unit).capitalize(), "All", *_distinct([each.label for each in dashboard.series])]
    whole = _values(shown, dashboard.report.bars, dashboard.report.latency_bars)
    parts = [_values(shown, each.bars, each.latency_bars) for each in dashboard.series]
    if dashboard.before:
        columns.append(_column_before(dashboard.before.period))
        before = _values(shown, dashboard.before.bars, dashboard.before.latency_bars)
        parts.append([*before, *[None] * len(bars.labels)][: len(bars.labels)])
    rows = [
        [f"{label}, so far" if number == bars.open_one else label, *(values[number] for values in (whole, *parts))]
        for number, label in enumerate(bars.labels)
    ]
    return columns, rows


def _column_before(period: Period) -> str:
    return f"Before: {say_before(period)}"


def _distinct(names: Sequence[str]) -> list[str]:
    """A table knows a column by its name alone."""
    found: list[str] = []
    for name in map(words.line, names):
        found.append(f"{name} ({sum(each.startswith(name) for each in found) + 1})" if name in found else name)
    return found
