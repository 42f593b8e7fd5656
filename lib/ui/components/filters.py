"""What a list is narrowed to and what it begins with, kept in the address: a view can be shared, and Back leads back.

The address is the truth. What a person chooses is written into it, and what it says is read into the widgets again;
whatever makes no sense in it (a status, an id or a day that is none) is as if it were not there.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import streamlit as st

from lib import clock
from lib.ui.components.empty_state import NO_MATCH_ICON, empty_state
from lib.ui.components.paged_table import begin_at_the_newest
from lib.ui.words import distinct, plain, short, short_day

_LONGEST_SEARCH = 200
#: In characters: what is longer is cut in the label and stands whole in the popover.
_LONGEST_LABEL = 26
#: A calendar needs bounds; nothing of ours is older, and nobody looks further ahead.
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
#: Query parameters of the days between which something was made.
_FROM, _TO = "from", "to"


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter with values to choose from, in a popover of its own."""

    #: The query parameter.
    name: str
    label: str
    #: Value -> what it is called.
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the reader asked for; false where that is everything."""

    status: str | None
    search: str
    sort: str
    #: Of each `Choice` that is active, by its name.
    values: Mapping[str, str] = field(default_factory=dict)
    #: From the beginning of the first day, and to the end of the last one, where the reader lives.
    since: datetime | None = None
    before: datetime | None = None
    #: The filters in words, for a list that nothing matches.
    words: str

    def __bool__(self) -> bool:
        return bool(self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterBar:
    """What a list can be narrowed to, and sorted by."""

    #: The list's name, and what its widgets' keys begin with.
    key: str
    #: The main split: value -> word.
    statuses: Mapping[str, str]
    #: Orders: value -> word; the first is the one that the address does not name.
    sorts: Mapping[str, str]
    placeholder: str
    choices: Sequence[Choice] = ()
    #: What the days of the filter by date are about ("Launched"); none without it.
    dates: str | None = None
    zone: str = "UTC"

    @property
    def names(self) -> tuple[str, ...]:
        """The query parameters, which are the filters."""
        dates = (_FROM, _TO) if self.dates else ()
        return ("status", "search", *(choice.name for choice in self.choices), *dates)


def by_id(names: Mapping[UUID, str]) -> dict[str, str]:
    """The options of a `Choice` among things that have an id; those that are called alike are told apart."""
    return {str(key): name for key, name in distinct(names).items()}


@contextmanager
def filter_bar(bar: FilterBar) -> Iterator[Filters]:
    """Draw the split and the search, under them a popover for each filter; inside the `with`, what stands at its end.

    Another choice begins at the first page.
    """
    asked = _read_address(bar)
    _follow(bar, asked)
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="filters"):
        st.segmented_control(
            "Status",
            ["", *bar.statuses],
            format_func=lambda value: bar.statuses.get(value, "All"),
            label_visibility="collapsed",
            required=True,
            **_widget(bar, "status"),
        )
        st.text_input(
            "Search",
            placeholder=bar.placeholder,
            icon=":material/search:",
            label_visibility="collapsed",
            width=260,
            max_chars=_LONGEST_SEARCH,
            **_widget(bar, "search"),
        )
    chosen = _filters(bar, asked)
    with st.container(
        horizontal=True, gap="small", horizontal_alignment="distribute", vertical_alignment="center", key="more-filters"
    ):
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", width="content"):
            for choice in bar.choices:
                _show_choice(bar, choice, asked.get(choice.name))
            if bar.dates:
                _show_dates(bar, asked)
            if chosen:
                st.button(
                    "Clear", icon=":material/close:", type="tertiary", key=f"{bar.key}-clear", **_on_clear(bar.names)
                )
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", width="content"):
            st.selectbox(
                "Sort by",
                [*bar.sorts],
                format_func=bar.sorts.__getitem__,
                label_visibility="collapsed",
                icon=":material/sort:",
                width=170,
                **_widget(bar, "sort"),
            )
            yield chosen


def show_nothing_found(bar: FilterBar, chosen: Filters, *, noun: str) -> None:
    """Draw what stands in place of a list that the filters leave empty."""
    with empty_state("filters", icon=NO_MATCH_ICON, title=f"No {noun} matches these filters", text=chosen.words):
        st.button("Clear the filters", icon=":material/close:", **_on_clear(bar.names))


def _read_address(bar: FilterBar) -> dict[str, str]:
    """What the address asks for, as far as it makes sense."""
    offered = {"status": bar.statuses, "sort": dict([*bar.sorts.items()][1:])}
    offered |= {choice.name: choice.options for choice in bar.choices}
    said = st.query_params
    asked = {name: said[name] for name, options in offered.items() if said.get(name) in options}
    if search := said.get("search", "")[:_LONGEST_SEARCH]:
        asked["search"] = search
    if bar.dates:
        first, last = _day(said.get(_FROM)), _day(said.get(_TO))
        if first:
            asked[_FROM] = first.isoformat()
        if last and (first is None or first <= last):
            asked[_TO] = last.isoformat()
    return asked


def _follow(bar: FilterBar, asked: Mapping[str, str]) -> None:
    """Let the widgets say what the address does: the browser's Back changes the address and nothing else."""
    asked_key = f"{bar.key}-asked"
    is_new = any(f"{bar.key}-{name}" not in st.session_state for name in (*bar.names, "sort"))
    if not is_new and st.session_state.get(asked_key) == asked:
        return
    st.session_state[asked_key] = asked
    defaults: dict[str, object] = {"status": "", "search": "", "sort": next(iter(bar.sorts))}
    for name in (*bar.names, "sort"):
        value: object = asked.get(name, defaults.get(name))
        st.session_state[f"{bar.key}-{name}"] = _day(asked.get(name)) if name in {_FROM, _TO} else value


def _filters(bar: FilterBar, asked: Mapping[str, str]) -> Filters:
    """The filters, and how they are said."""
    search = asked.get("search", "").strip()
    values = {choice.name: asked[choice.name] for choice in bar.choices if choice.name in asked}
    said = [f"Status: {bar.statuses[asked['status']]}"] if "status" in asked else []
    said += [f"Search: {search}"] if search else []
    said += [
        f"{choice.label}: {choice.options[values[choice.name]]}" for choice in bar.choices if choice.name in values
    ]
    first, last = _day(asked.get(_FROM)), _day(asked.get(_TO))
    said += [f"{bar.dates}: {_say_days(first, last)}"] if first or last else []
    return Filters(
        status=asked.get("status"),
        search=search,
        sort=asked.get("sort", next(iter(bar.sorts))),
        values=values,
        since=clock.start_of_day(first, zone=bar.zone) if first else None,
        before=clock.start_of_day(last + timedelta(days=1), zone=bar.zone) if last else None,
        words=" · ".join(said),
    )


def _show_choice(bar: FilterBar, choice: Choice, value: str | None) -> None:
    with st.popover(_label(choice.label, choice.options[value] if value else "")):
        st.selectbox(
            choice.label,
            [*choice.options],
            index=None,
            format_func=choice.options.__getitem__,
            placeholder="Any",
            label_visibility="collapsed",
            **_widget(bar, choice.name),
        )


def _show_dates(bar: FilterBar, asked: Mapping[str, str]) -> None:
    first, last = _day(asked.get(_FROM)), _day(asked.get(_TO))
    with st.popover(_label(bar.dates or "", _say_days(first, last))):
        for name, label in ((_FROM, "From"), (_TO, "To")):
            st.date_input(
                label,
                value=None,
                min_value=_FIRST_DAY,
                max_value=_LAST_DAY,
                format="YYYY-MM-DD",
                **_widget(bar, name),
            )
        st.markdown(f":gray[:small[Whole days, {plain(bar.zone)} time.]]")


def _label(label: str, value: str) -> str:
    return f"**{plain(label)}: {plain(short(value, most=_LONGEST_LABEL))}**" if value else plain(label)


def _say_days(first: date | None, last: date | None) -> str:
    """`22 Nov 2025 to 3 Dec 2025`, and what there is of it where one is open."""
    said = [short_day(day) if day else "" for day in (first, last)]
    if first == last:
        return said[0]
    if first and last:
        return " to ".join(said)
    return f"from {said[0]}" if first else f"until {said[1]}"


def _day(text: str | None) -> date | None:
    """The day, or None for what is none that a calendar here shows."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if _FIRST_DAY <= day <= _LAST_DAY else None


def _widget(bar: FilterBar, name: str) -> dict[str, Any]:
    return {"key": f"{bar.key}-{name}", "on_change": _write_address, "args": (bar,)}


def _write_address(bar: FilterBar) -> None:
    """What the widgets say, from the first page on: a callback."""
    said = {name: st.session_state.get(f"{bar.key}-{name}") for name in (*bar.names, "sort")}
    if said["sort"] == next(iter(bar.sorts)):
        said["sort"] = None
    begin_at_the_newest(**{name: "" if value is None else str(value) for name, value in said.items()})


def _on_clear(names: Sequence[str]) -> dict[str, Any]:
    return {"on_click": begin_at_the_newest, "kwargs": dict.fromkeys(names, "")}
