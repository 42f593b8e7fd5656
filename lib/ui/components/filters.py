"""The widgets that narrow and sort a list. They say what the address does, and write into it what is chosen."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from lib.ui.components.empty_state import NO_MATCH_ICON, empty_state
from lib.ui.components.paged_table import begin_at_the_beginning
from lib.ui.filtering import (
    FIRST_DAY,
    FROM,
    LAST_DAY,
    LONGEST_SEARCH,
    MOST_COUNTED,
    TO,
    Choice,
    FilterBar,
    Filters,
    read_day,
    say_days,
)
from lib.ui.words import at_most, plain, short

#: In characters: what is longer is cut in the label and stands whole in the popover.
_LONGEST_LABEL = 26


def show_filters(bar: FilterBar, chosen: Filters) -> None:
    """Draw the split with its counts, the search, a popover for each filter, and the order; then what is in sight.

    Another choice begins at the first page. On a phone each of the rows is swiped sideways.
    """
    _follow(bar, chosen.asked)
    rows = st.container(horizontal=bar.is_one_row, vertical_alignment="center", key="filter-rows")
    with rows:
        _show_split(bar, bar.count(chosen))
        _show_filters(bar, chosen)
    for choice in bar.choices:
        if choice.is_in_sight and choice.options:
            _show_in_sight(bar, choice)
    if chosen.left_out:
        names = ", ".join(chosen.left_out)
        st.markdown(f":gray[:material/info: The address asks for what is not in this list, left out: {plain(names)}]")
    if chosen.ends_too_early:
        st.markdown(":orange[:material/warning:] The last day lies before the first one, so it is left out.")


def show_nothing_found(bar: FilterBar, chosen: Filters, *, noun: str) -> None:
    """Draw what stands in place of a list that the filters leave empty."""
    title, note = f"No {noun} matches these filters", bar.searched if chosen.search else ""
    with empty_state("filters", icon=NO_MATCH_ICON, title=title, text=chosen.words, note=note):
        st.button("Clear the filters", icon=":material/close:", **_on_clear(bar.names))


def _show_split(bar: FilterBar, found: Mapping[Any, int]) -> None:
    name, label = bar.split
    st.segmented_control(
        label,
        ["", *bar.splits],
        format_func=lambda value: _say_part(bar, value, found),
        label_visibility="collapsed",
        required=True,
        wrap=False,
        **_widget(bar, name),
    )


def _show_filters(bar: FilterBar, chosen: Filters) -> None:
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="filters"):
        st.text_input(
            "Search",
            placeholder=bar.placeholder,
            icon=":material/search:",
            label_visibility="collapsed",
            width=220,
            max_chars=LONGEST_SEARCH,
            **_widget(bar, "search"),
        )
        for choice in bar.choices:
            if not choice.is_in_sight:
                _show_choice(bar, choice, chosen.values.get(choice.name))
        if bar.dates:
            _show_dates(bar, chosen.asked)
        if chosen:
            st.button("Clear", icon=":material/close:", type="tertiary", key=f"{bar.key}-clear", **_on_clear(bar.names))
        if len(bar.sorts) > 1:
            _show_order(bar)


def _show_order(bar: FilterBar) -> None:
    st.space("stretch")
    st.selectbox(
        "Sort by",
        [*bar.sorts],
        format_func=bar.sorts.__getitem__,
        label_visibility="collapsed",
        icon=":material/sort:",
        width=160,
        **_widget(bar, "sort"),
    )


def _follow(bar: FilterBar, asked: Mapping[str, str]) -> None:
    """Let the widgets say what the address does: the browser's Back changes the address and nothing else."""
    asked_key = f"{bar.key}-asked"
    is_new = any(f"{bar.key}-{name}" not in st.session_state for name in (*bar.names, "sort"))
    if not is_new and st.session_state.get(asked_key) == asked:
        return
    st.session_state[asked_key] = asked
    defaults: dict[str, object] = {bar.split[0]: "", "search": "", "sort": next(iter(bar.sorts))}
    for name in (*bar.names, "sort"):
        value: object = asked.get(name, defaults.get(name))
        st.session_state[f"{bar.key}-{name}"] = read_day(asked.get(name)) if name in {FROM, TO} else value


def _say_part(bar: FilterBar, value: str, found: Mapping[Any, int]) -> str:
    """`✕ Failed 6`, `✓ Completed 99+`; no number where it is zero, or nobody knows it."""
    if value:
        part = bar.splits[value]
        word, number = plain(f"{part.glyph} {part.word}"), found.get(value)
    else:
        word, number = "All", _count_all(bar, found)
    return f"{word} :gray[{plain(at_most(number, most=MOST_COUNTED))}]" if number else word


def _count_all(bar: FilterBar, found: Mapping[Any, int]) -> int | None:
    return sum(found[part] for part in bar.whole) if all(part in found for part in bar.whole) else None


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


def _show_in_sight(bar: FilterBar, choice: Choice) -> None:
    with st.container(key=f"in-sight-{choice.name}"):
        st.pills(
            choice.label,
            [*choice.options],
            format_func=lambda value: plain(short(choice.options[value], most=_LONGEST_LABEL)),
            label_visibility="collapsed",
            wrap=False,
            **_widget(bar, choice.name),
        )


def _show_dates(bar: FilterBar, asked: Mapping[str, str]) -> None:
    with st.popover(_label(bar.dates or "", say_days(read_day(asked.get(FROM)), read_day(asked.get(TO))))):
        for name, label in ((FROM, "From"), (TO, "To")):
            st.date_input(
                label,
                value=None,
                min_value=FIRST_DAY,
                max_value=LAST_DAY,
                format="YYYY-MM-DD",
                **_widget(bar, name),
            )
        st.markdown(f":gray[:small[Whole days, {plain(bar.zone)} time.]]")


def _label(label: str, value: str) -> str:
    return f"**{plain(label)}: {plain(short(value, most=_LONGEST_LABEL))}**" if value else plain(label)


def _widget(bar: FilterBar, name: str) -> dict[str, Any]:
    return {"key": f"{bar.key}-{name}", "on_change": _write_address, "args": (bar,)}


def _write_address(bar: FilterBar) -> None:
    """What the widgets say, from the first page on: a callback."""
    said = {name: st.session_state.get(f"{bar.key}-{name}") for name in (*bar.names, "sort")}
    if said["sort"] == next(iter(bar.sorts)):
        said["sort"] = None
    closed = {bar.opened: ""} if bar.opened else {}
    begin_at_the_beginning(**closed, **{name: "" if value is None else str(value) for name, value in said.items()})


def _on_clear(names: Sequence[str]) -> dict[str, Any]:
    return {"on_click": begin_at_the_beginning, "kwargs": dict.fromkeys(names, "")}
