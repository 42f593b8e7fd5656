"""What this month has cost so far, and what it will by its end."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import streamlit as st

from lib.budgets.views import Gauge
from lib.ui import words
from lib.ui.components import chart
from lib.ui.components.open_by_key import show_open_by_key
from lib.ui.components.usage_address import open_calls
from lib.ui.components.usage_budget import is_in_sight, show_budget
from lib.ui.components.usage_chart_card import Cells, chart_card
from lib.usage.forecast import FEWEST_DAYS, Forecast, ForecastDay
from lib.usage.periods import Period

_KEY: Final = "usage-forecast"
_HEIGHT: Final = 226
_TICKS: Final = 7
_HEAD: Final = ("Day", "Spent by then, $", "Expected by then, $", "At least, $", "At most, $")


def show_forecast(forecast: Forecast, budget: Gauge | None = None, *, zone: str) -> None:
    """Draw it: a line for what is spent, a dashed one with its range for what is to come, and the month's budget.

    A day leads to the calls that what is spent by then is made of, one to come to all of the month so far. `zone` is
    the one that the days are of.
    """
    month = words.month(forecast.last)
    with chart_card(f"Cost of {month}", note=_finding(forecast), key="forecast", columns=_HEAD, rows=_table(forecast)):
        colors = chart.palette()
        entries = [chart.Entry("━", colors.accent, "Spent")]
        if forecast.days:
            entries.append(chart.Entry("╍", colors.accent, "Forecast"))
            entries.append(chart.Entry("■", _soft(colors), "Likely range"))
        has_line = budget is not None and is_in_sight(forecast, budget)
        if has_line:
            entries.append(chart.Entry("┅", colors.bad, "Budget"))
        chart.show_legend(entries)
        days = [forecast.last.replace(day=number) for number in range(1, forecast.last.day + 1)]
        labels = [_label(day) for day in days]
        step = -(-len(labels) // _TICKS)
        axis = {
            "type": "category",
            "categoryorder": "array",
            "categoryarray": labels,
            "range": [-0.5, len(labels) - 0.5],
            "tickmode": "array",
            "tickvals": labels[::step],
            "ticktext": labels[::step],
        }
        highest = max(forecast.highest_usd, float(budget.allowed_usd) if budget and has_line else 0)
        # nothing spent and nothing expected is a line at the bottom, and not one in the middle
        dollars = {**chart.dollars(highest), **({} if highest else {"range": [0, 1]})}
        drawn = chart.layout(colors, height=_HEIGHT, xaxis=axis, yaxis=dollars)
        chart.show_figure(
            [*_data(forecast, colors), *([_limit(budget, labels, colors)] if budget and has_line else [])],
            drawn,
            key=_KEY,
            alt=f"Line: spent since {words.month_day(days[0])}, {_finding(forecast)}",
            on_choose=lambda point: _open(point.get("x"), forecast, zone),
        )
        _show_open_by_day(forecast, zone, label=f"Cost of {month}")
        if budget:
            show_budget(forecast, budget)
        if not forecast.days:
            st.markdown(f":gray[:small[A forecast needs {FEWEST_DAYS} days with calls before today. There are fewer.]]")


def _show_open_by_day(forecast: Forecast, zone: str, *, label: str) -> None:
    """The same way for who has no pointer, the newest day first."""
    titles = [_label(day) for day, _ in reversed(forecast.spent)]
    chosen = show_open_by_key(titles, key=_KEY, label=f"the calls of {label}, up to a day")
    if chosen is not None:
        _open(titles[chosen], forecast, zone)
        st.rerun()


def _open(label: object, forecast: Forecast, zone: str) -> None:
    """Ask for the calls up to the end of the day that is called so."""
    day = next((day for day, _ in forecast.spent[:-1] if _label(day) == label), None)
    before = Period(day.replace(day=1), day, zone).ends_at if day else None  # today's are not all there yet
    open_calls(before=before, is_this_month=True)


def _finding(forecast: Forecast) -> str:
    spent = words.money(forecast.spent[-1][1]) if forecast.spent else words.money(0)
    if not forecast.end:
        return f"{spent} so far"
    low, high = words.money(round(forecast.end.low_usd, 2)), words.money(round(forecast.end.high_usd, 2))
    expected = high if low == high else f"{low} to {high}"
    return f"{expected} expected by {words.month_day(forecast.last)}"


def _data(forecast: Forecast, colors: chart.Palette) -> list[Mapping[str, Any]]:
    # it begins where the line of what is spent ends
    ahead = [*_begins_at(forecast), *forecast.days]
    days = [_label(each.day) for each in ahead]
    edge = {"type": "scatter", "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "x": days}
    dollars = "$%{y:,.2f}"
    found: list[Mapping[str, Any]] = []
    if forecast.days:
        found += [
            edge | {"y": [each.high_usd for each in ahead], "name": "At most"},
            edge
            | {
                "y": [each.low_usd for each in ahead],
                "fill": "tonexty",
                "fillcolor": _band(colors),
                "name": "Likely range",
            },
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": days,
                "y": [each.expected_usd for each in ahead],
                "name": "Forecast",
                "line": {"dash": "dash", "width": 2, "color": colors.accent},
                "marker": {"size": 1, "color": colors.accent},
                "customdata": [[_range(each)] for each in ahead],
                "hovertemplate": f"{dollars}, %{{customdata[0]}}",
            },
        ]
    # the day that goes on is where the forecast begins
    over = forecast.spent[:-1] if forecast.days and len(forecast.spent) > 1 else forecast.spent
    found.append(
        {
            "type": "scatter",
            "mode": "lines+markers",  # a line without points takes no click
            "x": [_label(day) for day, _ in over],
            "y": [float(cost) for _, cost in over],
            "name": "Spent",
            "line": {"width": 2.5, "color": colors.accent},
            "marker": {"size": 1 if over[1:] else 6, "color": colors.accent},
            "hovertemplate": dollars,
        }
    )
    return found


def _limit(budget: Gauge, labels: Sequence[str], colors: chart.Palette) -> Mapping[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [labels[0], labels[-1]],
        "y": [float(budget.allowed_usd)] * 2,
        "name": "Budget",
        "line": {"dash": "dot", "width": 1.5, "color": colors.bad},
        "hovertemplate": "$%{y:,.2f}",
    }


def _begins_at(forecast: Forecast) -> list[ForecastDay]:
    """The last day that is over, of which all is known."""
    return [ForecastDay(day, float(cost), float(cost), float(cost)) for day, cost in forecast.spent[-2:-1]]


def _range(day: ForecastDay) -> str:
    return f"{words.money(round(day.low_usd, 2))} to {words.money(round(day.high_usd, 2))}"


def _label(day: date) -> str:
    return words.day_of_year(day)


def _band(colors: chart.Palette) -> str:
    red, green, blue = (int(colors.accent[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},.2)"


def _soft(colors: chart.Palette) -> str:
    """The accent on the ground as the band has it."""
    mixed = [
        round(int(colors.accent[place : place + 2], 16) * 0.3 + int(colors.ground[place : place + 2], 16) * 0.7)
        for place in (1, 3, 5)
    ]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _table(forecast: Forecast) -> Cells:
    spent: dict[date, float] = {day: float(cost) for day, cost in forecast.spent}
    ahead = {each.day: each for each in forecast.days}
    return [
        [
            _label(day),
            spent.get(day),
            *((each.expected_usd, each.low_usd, each.high_usd) if (each := ahead.get(day)) else (None, None, None)),
        ]
        for day in sorted({*spent, *ahead})
    ]
