"""Reports of usage by mail, as a person switches them on and off beside their views."""

from collections.abc import Mapping
from typing import Final

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.mail.service import can_send
from lib.models.usage_report import Rhythm
from lib.ui import feedback, words
from lib.ui.components.usage_address import write_address
from lib.ui.components.usage_figures import DIMENSIONS
from lib.ui.guard import require_actor
from lib.usage.calls.address import say_key
from lib.usage.reports import service
from lib.usage.reports.service import Chosen
from lib.usage.reports.views import ReportEntry

_LABELS: Final[Mapping[Rhythm, str]] = {
    Rhythm.WEEKLY: "Each week, on Monday at 7:00",
    Rhythm.MONTHLY: "Each month, on the first at 7:00",
}
_EXPLAINED: Final = (
    "The figures of the week or month that has ended, beside those of the one before, and what most of them is of. "
    "With the filters that the page has as you switch it on; at 7:00 in your time zone."
)


def show_reports(actor: Actor, chosen: Chosen) -> None:
    """Draw a switch for each; `chosen` are the filters of the page."""
    entries = service.list_reports(actor)
    st.markdown("**By mail**", help=_EXPLAINED)
    for rhythm, label in _LABELS.items():
        key = f"usage-report-{rhythm}"
        st.session_state[key] = rhythm in entries
        st.toggle(label, key=key, on_change=_switch, args=(rhythm, chosen), disabled=actor.is_sample)
        if entry := entries.get(rhythm):
            _show_entry(actor, entry, chosen)
    if actor.is_sample:
        st.markdown(":gray[:small[The sample workspace sends no mail.]]")
    elif entries and not can_send():
        st.markdown(":gray[:small[No mail server is set up yet. A report waits for one for a week.]]")


def _show_entry(actor: Actor, entry: ReportEntry, chosen: Chosen) -> None:
    next_at = words.day_and_minute(entry.next_at, zone=actor.time_zone)
    is_same = entry.query == service.write_filters(chosen)
    about = "all calls" if not entry.query else "the filters of this page" if is_same else "other filters"
    st.markdown(f":gray[:small[Next on {words.plain(next_at)}, of {about}.]]")
    if not is_same:
        with st.container(horizontal=True, gap="xsmall"):
            st.button(
                "Use this page's filters" if chosen else "Use no filters",
                on_click=_switch_on,
                args=(entry.rhythm, chosen),
                key=f"usage-report-use-{entry.rhythm}",
            )
            if entry.query:
                st.button("Show them", on_click=_open, args=(entry.query,), key=f"usage-report-show-{entry.rhythm}")


def _switch(rhythm: Rhythm, chosen: Chosen) -> None:
    if st.session_state[f"usage-report-{rhythm}"]:
        _switch_on(rhythm, chosen)
    else:
        service.end_report(require_actor(Permission.ANALYTICS_VIEW), rhythm)
        feedback.succeeded("You get no more of these mails.")


def _switch_on(rhythm: Rhythm, chosen: Chosen) -> None:
    with feedback.told():
        service.ask_for_report(require_actor(Permission.ANALYTICS_VIEW), rhythm, chosen)
        what = "the filters of this page" if chosen else "all calls"
        feedback.succeeded(f"You get a mail about {what}, from the next one on.")


def _open(query: str) -> None:
    """Show what the report is about: the filters, and the page as it is otherwise."""
    kept = service.read_filters(query)
    write_address(**{by: [say_key(key) for key in kept.get(by, ())] for by in DIMENSIONS})
