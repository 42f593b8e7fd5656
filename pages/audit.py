"""Audit: who did what, when and from where; what it was before and after; and whether anybody has tampered with it."""

import streamlit as st

from lib.access.permissions import Permission
from lib.audit.trail import find_named, list_entries
from lib.ui.components.audit_entry import find_chosen, open_entry, show_chosen
from lib.ui.components.audit_export import show_audit_export
from lib.ui.components.audit_filters import chosen_entries, make_audit_filters
from lib.ui.components.audit_findings import show_findings
from lib.ui.components.audit_list import show_entries
from lib.ui.components.audit_report import show_report
from lib.ui.components.audit_seals import show_verification
from lib.ui.components.audit_search import show_reach
from lib.ui.components.empty_state import empty_state
from lib.ui.components.filters import show_filters, show_nothing_found
from lib.ui.components.page_header import page_header
from lib.ui.components.paged_table import current_cursor, find_page, show_no_such_page
from lib.ui.filtering import read_filters
from lib.ui.guard import require_actor

actor = require_actor(Permission.AUDIT_VIEW)
bar = make_audit_filters(actor)
chosen = read_filters(bar)
wanted = chosen_entries(chosen)
named = find_named(actor, wanted)
page = find_page(lambda cursor: list_entries(actor, wanted, named=named, cursor=cursor), cursor=current_cursor())

with page_header("Audit", subtitle="Who did what, when and from where. Entries can't be changed, and are sealed."):
    if st.button("Verify seals", icon=":material/verified:"):
        show_verification()
    if actor.may(Permission.AUDIT_EXPORT) and st.button("Compliance report…", icon=":material/assignment:"):
        show_report()
    show_audit_export(actor, wanted)
if (page and page.items) or chosen or current_cursor():
    show_filters(bar, chosen)
    show_reach(named)
    show_findings(actor)
opened = find_chosen()
left, right = st.columns([1.45, 1], gap="medium") if opened else (st.container(), None)
with left:
    if page and page.items:
        clicked = show_entries(page.items, newer=page.newer, older=page.older, chosen=opened, zone=actor.time_zone)
        if clicked is not None:
            open_entry(clicked)
            st.rerun()  # the list makes room for it
    elif current_cursor():
        show_no_such_page()
    elif chosen:
        show_nothing_found(bar, chosen, noun="entry")
    else:
        text = "Whatever anybody does here is written down: who, what, when and from where."
        with empty_state("audit", icon=":material/history:", title="Nothing has happened yet", text=text):
            pass
if opened and right:
    with right:
        show_chosen(actor, opened)
