"""One entry of the audit trail: what it was before and after, from where it was done, and the ways on from it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

import streamlit as st

from lib.access.actor import Actor
from lib.audit import trail
from lib.audit.address import say_thing
from lib.audit.resources import KINDS
from lib.audit.views import Entry
from lib.errors import NotFound
from lib.ui import address, words
from lib.ui.components.audit_filters import ABOUT, ENTRY, PERSON
from lib.ui.components.audit_list import say_about, say_origin, say_person
from lib.ui.components.card import card
from lib.ui.components.facts import show_facts
from lib.ui.components.paged_table import begin_at_the_beginning
from lib.ui.components.trail_diff import show_trail_diff
from lib.ui.navigation import (
    BUDGETS,
    CONNECTIONS,
    ORGANIZATION,
    PROJECT,
    RUN,
    SCHEDULE,
    TEMPLATE,
    USERS,
    WEBHOOKS,
    PageEntry,
)
from lib.ui.navigation import PERSON as PERSON_PAGE
from lib.values import name_path

#: In characters, of what stands on a button, and in the heading.
_LONGEST, _LONGEST_NAME = 28, 80
#: Kind -> its page, and the query parameter that names one there, if it has a page for each.
_PAGES: Final[Mapping[str, tuple[PageEntry, str | None]]] = {
    "orchestrations": (RUN, "run"),
    "projects": (PROJECT, "project"),
    "templates": (TEMPLATE, "template"),
    "schedules": (SCHEDULE, "schedule"),
    "users": (PERSON_PAGE, "person"),
    "credentials": (PERSON_PAGE, "person"),
    "invitations": (USERS, None),
    "webhooks": (WEBHOOKS, None),
    "budgets": (BUDGETS, None),
    "provider_connections": (CONNECTIONS, None),
    "integration_connections": (CONNECTIONS, None),
    "organizations": (ORGANIZATION, None),
}


def open_entry(entry_id: UUID) -> None:
    """Have the address name it, so that it is open from here on, and for whoever gets the link."""
    st.query_params[ENTRY] = str(entry_id)


def find_chosen() -> UUID | None:
    """The entry that the address names."""
    return address.find_requested_id(ENTRY)


def show_chosen(actor: Actor, entry_id: UUID) -> None:
    """Draw the entry of that id."""
    entry = _find(actor, entry_id)
    with card(key="audit-entry"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", wrap=False):
            st.subheader(_say(entry) if entry else "Not found", anchor=False, width="stretch")
            st.button("Close", icon=":material/close:", type="tertiary", key="close-entry", on_click=_close)
        if entry is None:
            st.markdown(":gray[There is no such entry in the trail of your organization.]")
            return
        st.markdown(f":gray[{words.plain(words.exact(entry.created_at, zone=actor.time_zone))}]")
        show_trail_diff(entry, names=dict([*_names(entry.old), *_names(entry.new)]), zone=actor.time_zone)
        show_facts(_facts(entry))
        _show_ways_on(actor, entry)


def _find(actor: Actor, entry_id: UUID) -> Entry | None:
    try:
        return trail.get_entry(actor, entry_id)
    except NotFound:
        return None


def _close() -> None:
    st.query_params.pop(ENTRY, None)


def _say(entry: Entry) -> str:
    who = words.plain(say_person(entry))
    about = f" · {words.plain(words.short(entry.name, most=_LONGEST_NAME))}" if entry.name else ""
    return f"{who[:1].upper()}{who[1:]} {words.plain(entry.did)}{about}"


def _facts(entry: Entry) -> list[tuple[str, str]]:
    kind = KINDS.get(entry.thing.kind, entry.thing.kind) if entry.thing else words.NOTHING
    said = [("About", f"{kind} {entry.name or ''}".rstrip()), ("From", say_origin(entry))]
    said += [("Browser", entry.user_agent)] if entry.user_agent and entry.address else []
    said += [("Command", entry.user_agent)] if entry.user_agent and not entry.address else []
    said += [("Session", str(entry.session_id))] if entry.session_id else []
    said += [("Request", str(entry.request_id))] if entry.request_id else []
    sealed = "not sealed yet" if entry.seal is None else f"under seal {words.number(entry.seal)}"
    return [*said, ("Entry", f"{entry.id}, {sealed}")]


def _show_ways_on(actor: Actor, entry: Entry) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="entry-ways"):
        if entry.thing:
            name = words.short(say_about(entry), most=_LONGEST)
            label = f"All about {words.plain(name)}"
            st.button(
                label, icon=":material/manage_search:", key="all-about", **_on_click(ABOUT, say_thing(entry.thing))
            )
        if entry.user_id and entry.person:
            label = f"All by {words.plain(words.short(entry.person.name, most=_LONGEST))}"
            st.button(label, icon=":material/person_search:", key="all-by", **_on_click(PERSON, str(entry.user_id)))
        page, parameter = _PAGES.get(entry.thing.kind, (None, None)) if entry.thing else (None, None)
        if page and entry.thing and page.is_open_to(actor):
            named = {parameter: str(entry.thing.id)} if parameter else None
            st.page_link(page.file, label="Open it", icon=":material/arrow_forward:", query_params=named)


def _on_click(parameter: str, value: str) -> dict[str, Any]:
    """Show those alone: the other filters are let go, the entry stays open."""
    kept = {ENTRY, parameter}
    others = {name: "" for name in st.query_params if name not in kept}
    return {"on_click": begin_at_the_beginning, "kwargs": {**others, parameter: value}}


def _names(values: Mapping[str, object], above: str = "") -> Iterator[tuple[str, str]]:
    """The path of each value, and what it is called."""
    for key, value in values.items():
        path = f"{above}{key}"
        yield path, name_path(path)
        if isinstance(value, Mapping):
            yield from _names(value, f"{path}.")
