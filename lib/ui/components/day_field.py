"""A day that is asked for: any within a life, or a lease."""

from datetime import date
from typing import TypedDict

#: Streamlit's own limits are ten years around the day that stands there.
_FIRST, _LAST = date(1900, 1, 1), date(2200, 12, 31)


class DayLimits(TypedDict):
    """Of st.date_input."""

    min_value: date
    max_value: date


def day_limits(day: date | None) -> DayLimits:
    """What can be entered beside the day that stands there already."""
    return {"min_value": min(day or _FIRST, _FIRST), "max_value": max(day or _LAST, _LAST)}
