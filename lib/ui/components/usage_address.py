"""What the address asks of the page of analytics: the range, the filters, what is drawn, and which calls are listed.

As `lib.ui.filtering` has it: what makes no sense is as if it were not there, and is named.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

import streamlit as st

from lib import clock
from lib.errors import InvalidInput
from lib.ui.components.paged_table import CURSOR
from lib.ui.components.usage_figures import DIMENSIONS, MODELS, OPERATIONS, Measure, Sort
from lib.ui.filtering import FROM, TO, read_day
from lib.usage.calls.address import read_hour, read_key, read_one, say_hour, say_key, say_left_out, together
from lib.usage.calls.views import CallFilter
from lib.usage.hours import HourOfWeek
from lib.usage.periods import Period, last_days, last_month, last_months, this_month, today_in
from lib.usage.views import Dimension, Key, Series, UsageQuery

#: Query parameters beside those of the dimensions.
OF, RANGE, COMPARE, MEASURE, BY, TOP = "of", "range", "compare", "measure", "by", "top"
CALLS, SINCE, BEFORE, ONLY, BUT, FAILED, HOUR = "calls", "since", "before", "only", "but", "failed", "hour"
OF_CALLS: Final = (CALLS, SINCE, BEFORE, ONLY, BUT, FAILED, HOUR, CURSOR)
_OFF: Final = "off"


class Range(StrEnum):
    """The ranges to choose from; the value stands in the address."""

    WEEK = "7-days"
    THIRTY_DAYS = "30-days"
    THIS_MONTH = "this-month"
    LAST_MONTH = "last-month"
    YEAR = "12-months"
    CUSTOM = "custom"


_PERIODS: Final[Mapping[Range, Callable[[date, str], Period]]] = {
    Range.WEEK: lambda today, zone: last_days(7, today, zone),
    Range.THIRTY_DAYS: lambda today, zone: last_days(30, today, zone),
    Range.THIS_MONTH: this_month,
    Range.LAST_MONTH: last_month,
    Range.YEAR: lambda today, zone: last_months(12, today, zone),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the reader asked for."""

    range: Range
    query: UsageQuery
    is_compared: bool
    measure: Measure
    #: What bars are stacked of, and what the list of the most expensive is of.
    by: Dimension
    top: Dimension
    #: The calls that are to be listed; None where the charts are to be seen.
    calls: CallFilter | None
    #: What the address says in vain, by its label.
    left_out: Sequence[str]


def read_address(zone: str) -> Asked:
    """What the address asks for, in the reader's zone."""
    left_out: list[str] = []
    chosen_range, period = _read_period(zone, left_out)
    is_model = _one_of(OF, [MODELS.word, OPERATIONS.word], left_out) != OPERATIONS.word
    sort = MODELS if is_model else OPERATIONS
    chosen = {by: keys for by in sort.dimensions if (keys := _read_keys(by, left_out))}
    query = UsageQuery(period=period, chosen=chosen, is_model=is_model)
    return Asked(
        range=chosen_range,
        query=query,
        is_compared=st.query_params.get(COMPARE) != _OFF,
        measure=Measure(_one_of(MEASURE, sort.measures, left_out) or sort.measures[0]),
        by=Dimension(_one_of(BY, sort.dimensions, left_out) or sort.by),
        top=Dimension(_one_of(TOP, sort.dimensions, left_out) or Dimension.PROJECT),
        calls=_read_calls(query, left_out) if st.query_params.get(CALLS) else None,
        left_out=left_out,
    )


def write_address(**changes: str | Sequence[str] | None) -> None:
    """Change these parameters in one step of the browser's Back; nothing in them takes a parameter away: a callback."""
    kept: dict[str, str | Sequence[str]] = {name: st.query_params.get_all(name) for name in st.query_params}
    st.query_params.from_dict({name: value for name, value in (kept | changes).items() if value})


def choose_sort(sort: Sort) -> None:
    """Ask for calls of this sort in the same time and with the same filters, as far as it has them: a callback."""
    gone = [MEASURE, BY, TOP, *(by for by in DIMENSIONS if by not in sort.dimensions)]
    write_address(**{OF: None if sort is MODELS else sort.word}, **dict.fromkeys(gone))


def open_calls(
    *,
    by: Dimension | None = None,
    key: Key = None,
    all_but: Mapping[Dimension, frozenset[Key]] | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
    is_failed: bool = False,
    hour: HourOfWeek | None = None,
    is_this_month: bool = False,
) -> None:
    """Ask for the calls behind a bar, or behind an hour of the week: a callback.

    They are of the range that is looked at, unless they are to be this month's; the way back leads to it either way.
    """
    write_address(
        **{
            CALLS: str(Range.THIS_MONTH) if is_this_month else "1",
            ONLY: f"{by}:{say_key(key)}" if by else None,
            BUT: say_left_out(all_but or {}),
            SINCE: since.isoformat() if since else None,
            BEFORE: before.isoformat() if before else None,
            FAILED: "1" if is_failed else None,
            HOUR: say_hour(hour) if hour else None,
            CURSOR: None,
        },
    )


def all_but_these(by: Dimension, series: Sequence[Series]) -> Mapping[Dimension, frozenset[Key]]:
    """What the others are that have one part of a chart together: all but those that have one of their own."""
    return {by: frozenset(each.key for each in series if each.count == 1)}


def close_calls() -> None:
    """Ask for the charts again: a callback."""
    write_address(**dict.fromkeys(OF_CALLS))


def _read_period(zone: str, left_out: list[str]) -> tuple[Range, Period]:
    today = today_in(zone)
    has_days = FROM in st.query_params or TO in st.query_params
    usual = Range.CUSTOM if has_days and RANGE not in st.query_params else Range.THIS_MONTH
    chosen = Range(_one_of(RANGE, [*Range], left_out) or usual)
    if chosen is Range.CUSTOM:
        first, last = read_day(st.query_params.get(FROM)), read_day(st.query_params.get(TO))
        try:
            if first and last:
                return chosen, Period(first, last, zone)
            left_out.append("Range (“from” and “to” are days such as 2026-01-31)")
        except InvalidInput as error:
            why = error.message.partition(".")[0]
            left_out.append(f"Range ({why[:1].lower()}{why[1:]})")
        chosen = Range.THIS_MONTH
    return chosen, _PERIODS[chosen](today, zone)


def _read_keys(by: Dimension, left_out: list[str]) -> frozenset[Key]:
    found: set[Key] = set()
    for text in st.query_params.get_all(by):
        try:
            found.add(read_key(by, text))
        except ValueError:
            left_out.append(DIMENSIONS[by].capitalize())
    return frozenset(found)


def _read_calls(query: UsageQuery, left_out: list[str]) -> CallFilter:
    said = st.query_params
    chosen, period = dict(query.chosen), query.period
    if said.get(CALLS) == Range.THIS_MONTH:
        period = this_month(today_in(period.zone), period.zone)
    if only := said.get(ONLY):
        try:
            by, key = read_one(only)
            chosen[by] = frozenset({key})
        except ValueError:
            left_out.append("Calls of one bar")
    return CallFilter(
        query=replace(query, period=period, chosen=chosen),
        since=_read_moment(SINCE, left_out),
        before=_read_moment(BEFORE, left_out),
        is_failed=said.get(FAILED) == "1",
        hour=_read_hour(left_out),
        all_but=_read_all_but(left_out),
    )


def _read_all_but(left_out: list[str]) -> Mapping[Dimension, frozenset[Key]]:
    found: list[tuple[Dimension, Key]] = []
    for text in st.query_params.get_all(BUT):
        try:
            found.append(read_one(text))
        except ValueError:
            left_out.append("Calls of one bar")
    return together(found)


def _read_hour(left_out: list[str]) -> HourOfWeek | None:
    text = st.query_params.get(HOUR)
    try:
        return read_hour(text) if text else None
    except ValueError:
        left_out.append("Hour of the week")
        return None


def _read_moment(name: str, left_out: list[str]) -> datetime | None:
    text = st.query_params.get(name)
    try:
        return clock.read_moment(text) if text else None
    except ValueError:
        left_out.append("From" if name == SINCE else "To")
        return None


def _one_of(name: str, values: Sequence[str], left_out: list[str]) -> str | None:
    text = st.query_params.get(name)
    if text is None or text in values:
        return text
    left_out.append({OF: "Which calls", RANGE: "Range", MEASURE: "Measure", BY: "Stacked by", TOP: "List of"}[name])
    return None
