"""When in the week people work with models: calls by weekday and hour of the reader's zone."""

from typing import Final

import streamlit as st
from markupsafe import Markup

from lib.ui import words
from lib.ui.components.usage_chart_card import chart_card
from lib.usage.views import Dashboard, Figures

_TABLE: Final = Markup(
    '<table class="ao-heat"><caption class="ao-sr">{}</caption><thead><tr><td></td>{}</tr></thead>'
    "<tbody>{}</tbody></table>"
)
_HOUR: Final = Markup('<th scope="col"><span>{}</span></th>')
_ROW: Final = Markup('<tr><th scope="row">{}</th>{}</tr>')
_CELL: Final = Markup('<td title="{}" style="--heat:{}"><span class="ao-sr">{}</span></td>')
#: Every third hour is named, so that the words do not touch.
_NAMED: Final = 3
_HOURS, _DAYS = range(24), range(7)


def show_heat(dashboard: Dashboard) -> None:
    """Draw the week; an hour without calls is empty."""
    cells = {(cell.weekday, cell.hour): cell.figures for cell in dashboard.hours}
    most = max((figures.calls for figures in cells.values()), default=0)
    rows = [
        [
            words.weekday(day),
            words.hour_of_day(hour),
            found.calls,
            found.failed_calls,
            found.tokens,
            float(found.cost_usd),
        ]
        for day in _DAYS
        for hour in _HOURS
        if (found := cells.get((day, hour), Figures())).calls
    ]
    head = ["Day", "Hour", "Calls", "Failed calls", "Tokens", "Cost, $"]
    with chart_card("Hours of the week", note=_finding(cells), key="heat", columns=head, rows=rows):
        hours = Markup("").join(
            _HOUR.format(words.hour_of_day(hour)[:2] if hour % _NAMED == 0 else "") for hour in _HOURS
        )
        days = Markup("").join(
            _ROW.format(
                words.weekday(day), Markup("").join(_cell(day, hour, cells.get((day, hour)), most) for hour in _HOURS)
            )
            for day in _DAYS
        )
        st.html(_TABLE.format(f"Calls by weekday and hour, {dashboard.report.period.zone} time", hours, days))
        st.markdown(
            f":gray[:small[{words.plain(dashboard.report.period.zone)} time. The stronger the colour, the more calls.]]"
        )


def _cell(day: int, hour: int, figures: Figures | None, most: int) -> Markup:
    calls = figures.calls if figures else 0
    hours = f"{words.hour_of_day(hour)} to {words.hour_of_day(hour + 1)}"
    said = f"{words.weekday(day)} {hours}: {words.count(calls, 'call')}"
    if figures:
        said += f", {words.money(figures.cost_usd)}"
    # what is there at all can be told from what is not
    heat = words.css_percent(12 + 88 * calls / most if calls else 0, digits=0)
    return _CELL.format(said, heat, words.number(calls))


def _finding(cells: dict[tuple[int, int], Figures]) -> str:
    if not cells:
        return "no calls"
    (day, hour), figures = max(cells.items(), key=lambda item: item[1].calls)
    return f"most on {words.weekday(day)} at {words.hour_of_day(hour)}, {words.count(figures.calls, 'call')}"
