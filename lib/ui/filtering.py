"""What the address asks of a list: a view can be shared, and the browser's Back leads back.

The address is a visitor's text. Whatever makes no sense in it (a status, an id or a day that is none) is as if it were
not there, and is named, so that nobody takes the whole list for what they asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import streamlit as st

from lib import clock
from lib.ui.components.status import Status
from lib.ui.words import distinct, short_day

LONGEST_SEARCH = 200
_TOO_LONG: Final = f"what is searched, beyond {LONGEST_SEARCH} characters"
#: More of one part are "99+".
MOST_COUNTED = 99
#: A calendar needs bounds; nothing of ours is older, and nobody looks further ahead.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
#: Query parameters of the days between which something was made.
FROM, TO = "from", "to"


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter with values to choose from."""

    #: The query parameter.
    name: str
    label: str
    #: Value -> what it is called.
    options: Mapping[str, str]
    #: Whether all values stand in a row of their own, and not in a popover: for a few that people browse by.
    is_in_sight: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the reader asked for; false where that is everything."""

    #: Query parameter -> value, the order among them, as far as they make sense.
    asked: Mapping[str, str]
    #: Of the main split.
    split: str | None
    search: str
    sort: str
    #: Of each `Choice` that is active, by its name.
    values: Mapping[str, str] = field(default_factory=dict)
    #: From the beginning of the first day, and to the end of the last one, where the reader lives.
    since: datetime | None = None
    before: datetime | None = None
    #: The filters in words, for a list that nothing matches.
    words: str
    #: What the address says in vain, by its label.
    left_out: Sequence[str] = ()
    #: The days asked for end before they begin: the end is left out.
    ends_too_early: bool = False

    def __bool__(self) -> bool:
        return bool(self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterBar:
    """What a list can be narrowed to, and sorted by."""

    #: The list's name, and what its widgets' keys begin with.
    key: str
    #: The main split: value -> how it is shown.
    splits: Mapping[str, Status]
    #: How many there are of each part where the other filters hold, counted no further than `MOST_COUNTED` + 1.
    count: Callable[[Filters], Mapping[Any, int]]
    #: Orders: value -> word; the first is the one that the address does not name.
    sorts: Mapping[str, str]
    placeholder: str
    #: What a search looks at, where the placeholder does not say it all; for a search that finds nothing.
    searched: str = ""
    #: The split's query parameter, and what a person calls it.
    split: tuple[str, str] = ("status", "Status")
    #: The query parameter of what is open beside the list, which another choice closes; none without it.
    opened: str = ""
    #: Which parts of the split "All" stands for; where all of them are counted, it says how many that is.
    whole: Sequence[str] = ()
    #: Whether split and filters share a row where there is room for both.
    is_one_row: bool = False
    choices: Sequence[Choice] = ()
    #: What the days of the filter by date are about ("Launched"); none without it.
    dates: str | None = None
    zone: str = "UTC"

    @property
    def names(self) -> tuple[str, ...]:
        """The query parameters, which are the filters."""
        dates = (FROM, TO) if self.dates else ()
        return (self.split[0], "search", *(choice.name for choice in self.choices), *dates)

    @property
    def labels(self) -> dict[str, str]:
        """Query parameter -> what a person calls it, the order among them."""
        dates = {FROM: f"{self.dates} from", TO: f"{self.dates} to"} if self.dates else {}
        named = dict([self.split, ("sort", "Sort by")]) | {choice.name: choice.label for choice in self.choices}
        return named | dates


def by_id(names: Mapping[UUID, str]) -> dict[str, str]:
    """The options of a `Choice` among things that have an id; those that are called alike are told apart."""
    return {str(key): name for key, name in distinct(names).items()}


def read_filters(bar: FilterBar) -> Filters:
    """What the address asks for, and how it is said."""
    asked = _read_address(bar)
    search = asked.get("search", "").strip()
    values = {choice.name: asked[choice.name] for choice in bar.choices if choice.name in asked}
    split, label = bar.split
    said = [f"{label}: {bar.splits[asked[split]].word}"] if split in asked else []
    said += [f"Search: {search}"] if search else []
    said += [
        f"{choice.label}: {choice.options[values[choice.name]]}" for choice in bar.choices if choice.name in values
    ]
    first, last = read_day(asked.get(FROM)), read_day(asked.get(TO))
    wanted_last = read_day(st.query_params.get(TO)) if bar.dates else None
    ends_too_early = bool(first and wanted_last and wanted_last < first)
    said += [f"{bar.dates}: {say_days(first, last)}"] if first or last else []
    default = next(iter(bar.sorts))
    return Filters(
        asked=asked,
        split=asked.get(split),
        search=search,
        sort=asked.get("sort", default),
        values=values,
        since=clock.start_of_day(first, zone=bar.zone) if first else None,
        before=clock.start_of_day(last + timedelta(days=1), zone=bar.zone) if last else None,
        words=" · ".join(said),
        ends_too_early=ends_too_early,
        left_out=(
            *(
                label
                for name, label in bar.labels.items()
                if (in_vain := st.query_params.get(name))
                and name not in asked
                and (name, in_vain) != ("sort", default)
                and not (name == TO and ends_too_early)
            ),
            *([_TOO_LONG] if len(st.query_params.get("search", "")) > LONGEST_SEARCH else []),
        ),
    )


def say_days(first: date | None, last: date | None) -> str:
    """`22 Nov 2025 to 3 Dec 2025`, and what there is of it where one is open."""
    said = [short_day(day) if day else "" for day in (first, last)]
    if first == last:
        return said[0]
    if first and last:
        return " to ".join(said)
    return f"from {said[0]}" if first else f"until {said[1]}"


def read_day(text: str | None) -> date | None:
    """The day, or None for what is none that a calendar here shows."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


def _read_address(bar: FilterBar) -> dict[str, str]:
    """What the address asks for, as far as it makes sense."""
    offered: dict[str, Mapping[str, object]] = {bar.split[0]: bar.splits, "sort": dict([*bar.sorts.items()][1:])}
    offered |= {choice.name: choice.options for choice in bar.choices}
    said = st.query_params
    asked = {name: said[name] for name, options in offered.items() if said.get(name) in options}
    if search := said.get("search", "")[:LONGEST_SEARCH]:
        asked["search"] = search
    if bar.dates:
        first, last = read_day(said.get(FROM)), read_day(said.get(TO))
        if first:
            asked[FROM] = first.isoformat()
        if last and (first is None or first <= last):
            asked[TO] = last.isoformat()
    return asked
