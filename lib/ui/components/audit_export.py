"""The audit trail as a file: links to files of any length, which the web process never holds whole."""

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.audit import trail
from lib.audit.address import write_address
from lib.audit.views import EntryFilter
from lib.ui import words
from lib.ui.components.export_menu import show_file_links

#: Counted no further.
_MOST_COUNTED = 10_000


def show_audit_export(actor: Actor, chosen: EntryFilter) -> None:
    """Draw the menu for whoever may export the trail; where the tier has no such files, it says so."""
    if not actor.may(Permission.AUDIT_EXPORT):
        return
    menu = st.popover("Export", icon=":material/download:", key="audit-export", on_change="rerun")
    with menu:
        if not menu.open:
            return
        if not trail.may_export(actor):
            st.markdown("Files of the audit trail are not part of your organization's tier.")
            return
        found = trail.count_entries(actor, chosen, most=_MOST_COUNTED + 1)
        st.markdown(words.plain(_say(found)))
        show_file_links(lambda file_format: f"/api/audit/entries.{file_format}?{write_address(chosen)}", rows=found)


def _say(found: int) -> str:
    if found > _MOST_COUNTED:
        return f"More than {words.count(_MOST_COUNTED, 'entry', plural='entries')}, the newest first."
    return f"{words.count(found, 'entry', plural='entries')}, the newest first."
