"""The form of an endpoint: what it is called, where it listens, and what it is told of."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from lib.models.webhook import EventType
from lib.ui import words
from lib.webhooks.catalogue import EVENTS
from lib.webhooks.views import EndpointEntry, EndpointView

#: The groups of the left column of ticks, and those of the right one.
_COLUMNS: Final = (("Runs", "Phases"), ("Reviews", "Projects and templates", "Organization"))


def show_endpoint_form(key: str, *, action: str, endpoint: EndpointView | None = None) -> EndpointEntry | None:
    """The entry, in the run in which `action` was pressed. No st.form: a tick changes what stands beside others."""
    name = st.text_input(
        "Name",
        value=endpoint.name if endpoint else "",
        placeholder="Team channel",
        key=f"{key}-name",
    )
    url = st.text_input(
        "Address",
        value=endpoint.url if endpoint else "",
        placeholder="https://hooks.company.com/orchestrator",
        help="It gets a POST for each event. HTTPS, and not in a private network.",
        key=f"{key}-url",
    )
    description = st.text_area(
        "Description",
        value=endpoint.description if endpoint else "",
        placeholder="Who looks after it, and what it does with the events",
        height=68,
        key=f"{key}-description",
    )
    events = _show_events(key, endpoint.events if endpoint else ())
    if not st.button(action, type="primary", key=f"{key}-save"):
        return None
    return EndpointEntry(name=name, url=url, description=description, events=events)


def _show_events(key: str, chosen: Sequence[EventType]) -> tuple[str, ...]:
    """The events that are ticked."""
    for event in EVENTS:
        st.session_state.setdefault(_tick(key, event), event in chosen)
    ticked = tuple(event for event in EVENTS if st.session_state[_tick(key, event)])
    st.markdown(f"**Events** :gray[{words.number(len(ticked))} of {words.number(len(EVENTS))} chosen]")
    for column, groups in zip(st.columns(2), _COLUMNS, strict=True):
        with column:
            for group in groups:
                _show_group(key, group, [event for event, info in EVENTS.items() if info.group == group])
    return ticked


def _show_group(key: str, group: str, events: Sequence[EventType]) -> None:
    """A tick for all of the group, and one for each event of it."""
    all_key = f"{key}-all-{group}"
    st.session_state[all_key] = all(st.session_state[_tick(key, event)] for event in events)
    with st.container(gap="xsmall", key=f"event-group-{key}-{group}"):
        st.checkbox(f"{group}: all of them", key=all_key, on_change=_tick_all, args=(key, all_key, events))
        with st.container(gap="xsmall", key=f"events-{key}-{group}"):
            for event in events:
                st.checkbox(f"{event}: sent when {EVENTS[event].when}", key=_tick(key, event))


def _tick_all(key: str, all_key: str, events: Sequence[EventType]) -> None:
    """Each of the group as the tick for all of them is: a callback."""
    for event in events:
        st.session_state[_tick(key, event)] = st.session_state[all_key]


def _tick(key: str, event: EventType) -> str:
    return f"{key}-event-{event}"
