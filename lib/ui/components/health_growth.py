"""How the installation's database grows: a day each for a year, and which tables it is."""

from typing import Any, Final

import streamlit as st

from lib.health.views import Growth, Sample, growth_over
from lib.ui import words
from lib.ui.components import chart
from lib.ui.components.paged_table import show_paged_table
from lib.ui.components.usage_chart_card import chart_card

_KEY: Final = "health-growth"
_HEIGHT: Final = 200
#: As many as anybody reads; those that grow most.
_MOST: Final = 8
_WEEK, _MONTH = 7, 30
_MEGABYTE, _GIGABYTE = 1_000_000, 1_000_000_000
_YEAR_WEEKS: Final = 52


def show_growth(growth: Growth) -> None:
    """Draw the course, what it comes to in a week, and the tables that grow most."""
    rows = [[words.short_day(each.day), each.bytes / _MEGABYTE, each.live_rows] for each in growth.samples]
    with chart_card("Growth", note=_note(growth), key="growth", columns=["Day", "Database, MB", "Rows"], rows=rows):
        if len(growth.samples) < 2:
            st.markdown(
                ":gray[A worker notes each day how large every table is: from the second day on growth stands here.]"
            )
            return
        if pace := _say_pace(growth):
            st.markdown(words.plain(pace))
        _draw(growth)
        _show_tables(growth)


def _note(growth: Growth) -> str:
    return f"{words.size(growth.bytes)} now"


def _say_pace(growth: Growth) -> str:
    """What it grows by, and how long its disk has room for that."""
    pace = growth.bytes_a_week
    if pace is None:
        return ""
    if pace <= 0:
        return "It does not grow."
    said = f"It grows by {words.size(pace)} a week."
    if growth.free_bytes is None or growth.weeks_left is None:
        return said
    weeks = growth.weeks_left
    lasts = "more than a year" if weeks > _YEAR_WEEKS else words.count(int(weeks), "week")
    return f"{said} {words.size(growth.free_bytes)} are free on its disk: at this pace that is enough for {lasts}."


def _draw(growth: Growth) -> None:
    colors = chart.palette()
    days = [words.file_day(each.day) for each in growth.samples]
    unit, size = ("GB", _GIGABYTE) if max(each.bytes for each in growth.samples) >= 2 * _GIGABYTE else ("MB", _MEGABYTE)
    line: dict[str, Any] = {
        "type": "scatter",
        "mode": chart.mode_of(days),
        "x": days,
        "y": [each.bytes / size for each in growth.samples],
        "name": "Database",
        "line": {"width": 2.5, "color": colors.accent},
        "hovertemplate": f"%{{y:,.1f}} {unit}",
    }
    drawn = chart.layout(
        colors,
        height=_HEIGHT,
        xaxis={"type": "date", "tickformat": "%-d %b", "nticks": 5, "tickangle": 0},
        yaxis={"ticksuffix": f" {unit}", "tickformat": ",~r"},
        margin={"l": 64, "r": 16, "t": 8, "b": 24},
    )
    first, last = growth.samples[0], growth.samples[-1]
    alt = (
        f"Size of the database: {words.size(first.bytes)} on {words.short_day(first.day)}, "
        f"{words.size(last.bytes)} on {words.short_day(last.day)}"
    )
    chart.show_figure([line], drawn, key=_KEY, alt=alt)


def _show_tables(growth: Growth) -> None:
    months = {name: growth_over(samples, _MONTH) for name, samples in growth.tables.items()}
    weeks = {name: growth_over(samples, _WEEK) for name, samples in growth.tables.items()}
    grown = {name: months[name] or weeks[name] for name in growth.tables}
    most = sorted(
        (name for name, more in grown.items() if more), key=lambda name: -(more.bytes if (more := grown[name]) else 0)
    )
    if not most:
        return
    show_paged_table(
        [
            {
                "Table": name,
                "Size": words.size(growth.tables[name][-1].bytes),
                "In a week": _say_growth(weeks[name]),
                "In a month": _say_growth(months[name]),
                "Rows in a week": words.NOTHING if (more := weeks[name]) is None else words.growth(more.live_rows),
            }
            for name in most[:_MOST]
        ],
        key=f"{_KEY}-tables",
        label="Tables that grow most",
        columns={
            "Table": st.column_config.TextColumn("Table", width=200),
            "Size": st.column_config.TextColumn("Size", width=90, alignment="right"),
            "In a week": st.column_config.TextColumn("In a week", width=100, alignment="right"),
            "In a month": st.column_config.TextColumn("In a month", width=100, alignment="right"),
            "Rows in a week": st.column_config.TextColumn("Rows in a week", width=120, alignment="right"),
        },
        summary="",
        newer=None,
        older=None,
    )


def _say_growth(more: Sample | None) -> str:
    if more is None:
        return words.NOTHING
    if not more.bytes:
        return "0"
    return f"+{words.size(more.bytes)}" if more.bytes > 0 else f"{words.MINUS}{words.size(-more.bytes)}"
