"""The audit trail as a file: at once, or written by a worker where it is long."""

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.audit import trail
from lib.audit.address import write_address
from lib.audit.views import EntryFilter
from lib.models.export_job import ExportKind
from lib.ui import words
from lib.ui.components.export_menu import LONG
from lib.ui.components.written_files import show_files


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
        if (named := trail.find_named(actor, chosen, is_whole=True)).beyond:
            st.markdown(words.plain(f"{trail.say_beyond(named)} A file has all of what it is about."))
            return
        found = trail.count_entries(actor, chosen, most=LONG + 1, named=named)
        st.markdown(words.plain(_say(found)))
        query = write_address(chosen)
        show_files(ExportKind.AUDIT, query, path=lambda ending: f"/api/audit/entries.{ending}?{query}", rows=found)


def _say(found: int) -> str:
    if found > LONG:
        return f"More than {words.count(LONG, 'entry', plural='entries')}, the newest first."
    return f"{words.count(found, 'entry', plural='entries')}, the newest first."
