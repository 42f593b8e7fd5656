"""When in the week people work with models: calls by weekday and hour of the reader's zone."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from lib.ui import words
from lib.ui.components import chart
from lib.ui.components.open_by_key import show_open_by_key
from lib.ui.components.usage_address import open_calls
from lib.ui.components.usage_chart_card import chart_card
from lib.usage.hours import HourOfWeek
from lib.usage.views import Dashboard, Figures

_KEY: Final = "usage-heat"
_HEIGHT: Final = 186
_HOURS, _DAYS = range(24), range(7)
#: Every third hour is named, so that the words do not touch.
_NAMED: Final = _HOURS[::3]
#: What is there at all can be told from what is not.
_EMPTY, _FAINTEST = 0.12, 0.2


def show_heat(dashboard: Dashboard) -> None:
    """Draw the week; an hour without calls is empty."""
    cells = {HourOfWeek(cell.weekday, cell.hour): cell.figures for cell in dashboard.hours}
    week = [HourOfWeek(day, hour) for day in _DAYS for hour in _HOURS]
    period = dashboard.report.period
    said = {each: words.hour_of_week(each.weekday, each.hour, minute=period.minute) for each in week}
    is_model = dashboard.query.is_model
    head = ["Hour", "Calls", "Failed calls", *(("Tokens", "Cost, $") if is_model else ())]
    rows = [
        [said[each], found.calls, found.failed_calls, *((found.tokens, float(found.cost_usd)) if is_model else ())]
        for each in week
        if (found := cells.get(each, Figures())).calls
    ]
    note = _finding(cells, said)
    with chart_card("Hours of the week", note=note, key="heat", columns=head, rows=rows):
        colors = chart.palette()
        chart.show_figure(
            [_draw(week, cells, [_say(said[each], cells.get(each), is_model=is_model) for each in week], colors)],
            chart.layout(
                colors,
                height=_HEIGHT,
                hovermode="closest",
                barmode="overlay",
                bargap=0,
                margin={"l": 36, "r": 0, "t": 4, "b": 22},
                xaxis={
                    "tickvals": [*_NAMED],
                    "ticktext": [words.hour_of_day(hour)[:2] for hour in _NAMED],
                    "range": [-0.5, len(_HOURS) - 0.5],
                },
                yaxis={
                    "tickvals": [day + 0.5 for day in _DAYS],
                    "ticktext": [words.weekday(day) for day in _DAYS],
                    "range": [len(_DAYS), 0],
                    "showgrid": False,
                },
            ),
            key=_KEY,
            alt=f"Calls by weekday and hour, {note}",
            on_choose=lambda point: _open(point, week, cells),
        )
        st.markdown(f":gray[:small[{words.plain(period.zone)} time. The stronger the colour, the more calls.]]")
        called = [each for each in week if each in cells]
        chosen = show_open_by_key([said[each] for each in called], key=_KEY, label="the calls of Hours of the week")
        if chosen is not None:
            open_calls(hour=called[chosen])
            st.rerun()


def _draw(
    week: list[HourOfWeek], cells: Mapping[HourOfWeek, Figures], said: Sequence[str], colors: chart.Palette
) -> Mapping[str, Any]:
    """Bars of one height, each on the place of its day: unlike what Plotly calls a heat map they take a click."""
    counts = [cells.get(each, Figures()).calls for each in week]
    most = max(*counts, 1)
    return {
        "type": "bar",
        "x": [each.hour for each in week],
        "y": [1] * len(week),
        "base": [each.weekday for each in week],
        "width": 1,
        "marker": {
            "color": [colors.accent if calls else colors.muted for calls in counts],
            "opacity": [_strength(calls / most) if calls else _EMPTY for calls in counts],
            "line": {"width": 2, "color": colors.ground},
        },
        "customdata": said,
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _strength(share: float) -> float:
    """How strong the colour of an hour is; Plotly takes nothing for one that is more by a rounding."""
    return round(_FAINTEST + (1 - _FAINTEST) * share, 3)


def _open(point: Mapping[str, Any], week: list[HourOfWeek], cells: Mapping[HourOfWeek, Figures]) -> None:
    number = point.get("point_index", point.get("point_number"))
    if isinstance(number, int) and number < len(week) and week[number] in cells:
        open_calls(hour=week[number])


def _say(hour: str, figures: Figures | None, *, is_model: bool) -> str:
    if figures is None:
        return f"{hour}: no calls"
    cost = f", {words.money(figures.cost_usd)}" if is_model else ""
    return f"{hour}: {words.count(figures.calls, 'call')}{cost}"


def _finding(cells: Mapping[HourOfWeek, Figures], said: Mapping[HourOfWeek, str]) -> str:
    if not cells:
        return "no calls"
    hour, figures = max(cells.items(), key=lambda item: item[1].calls)
    return f"most on {said[hour]}, {words.count(figures.calls, 'call')}"
