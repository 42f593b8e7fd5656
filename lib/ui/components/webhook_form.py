"""The form of an endpoint: what it is called, where it listens, and what it is told of."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib.errors import FieldsInvalid, InvalidInput
from lib.models.webhook import EventType
from lib.ui import feedback, words
from lib.webhooks.catalogue import EVENTS
from lib.webhooks.views import EndpointEntry, EndpointView

Saved = TypeVar("Saved")

#: The groups of the left column of ticks, and those of the right one.
_COLUMNS: Final = (("Runs", "Phases"), ("Reviews", "Projects and templates", "Organization"))


def show_endpoint_form(
    key: str,
    *,
    action: str,
    save: Callable[[EndpointEntry], Saved],
    endpoint: EndpointView | None = None,
    is_left_by_button: bool = False,
) -> Saved | None:
    """What `save` returns of the entry, in the run in which `action` was pressed; what is wrong stands at each field.

    `is_left_by_button` adds the button without which a dialog that can't be dismissed has no way out. No st.form: a
    tick changes what stands beside others.
    """
    entry, places = _show_fields(key, endpoint)
    with st.container(horizontal=True, gap="xsmall"):
        if is_left_by_button and st.button("Not now", key=f"{key}-leave"):
            st.rerun()
        is_saving = st.button(action, type="primary", key=f"{key}-save")
    if not is_saving:
        return None
    with feedback.told():
        try:
            return save(entry)
        except InvalidInput as error:
            faults = error.faults if isinstance(error, FieldsInvalid) else {error.field or "": error.message}
            if not faults.keys() <= places.keys():
                raise
            for label, fault in faults.items():
                places[label].markdown(f":red[:material/error: {words.plain(fault)}]")
    return None


def _show_fields(key: str, endpoint: EndpointView | None) -> tuple[EndpointEntry, Mapping[str, DeltaGenerator]]:
    """The entry, and by the labels of the fields the places where what is wrong with each can be said."""
    places: dict[str, DeltaGenerator] = {}
    with _field("Name", places):
        name = st.text_input(
            "Name",
            value=endpoint.name if endpoint else "",
            placeholder="Team channel",
            key=f"{key}-name",
        )
    with _field("Address", places):
        url = st.text_input(
            "Address",
            value=endpoint.url if endpoint else "",
            placeholder="https://hooks.company.com/orchestrator",
            help="It gets a POST for each event. HTTPS, and not in a private network.",
            key=f"{key}-url",
        )
    with _field("Description", places):
        description = st.text_area(
            "Description",
            value=endpoint.description if endpoint else "",
            placeholder="Who looks after it, and what it does with the events",
            height=68,
            key=f"{key}-description",
        )
    with _field("Events", places):
        events = _show_events(key, endpoint.events if endpoint else ())
    return EndpointEntry(name=name, url=url, description=description, events=events), places


@contextmanager
def _field(label: str, places: dict[str, DeltaGenerator]) -> Iterator[None]:
    """Draw a field, and make a place below it where what is wrong with it can be said."""
    with st.container(gap="xxsmall"):
        yield
        places[label] = st.empty()


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
