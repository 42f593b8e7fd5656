"""Schedules: what is launched by itself, when next, and what became of the last time."""

import streamlit as st

from lib.access.permissions import Permission
from lib.schedules.queries import ScheduleFilter
from lib.schedules.service import list_schedules
from lib.ui import address, words
from lib.ui.components.card import card
from lib.ui.components.empty_state import empty_state
from lib.ui.components.page_header import page_header
from lib.ui.components.paged_table import current_cursor, find_page, show_no_such_page, show_page_buttons
from lib.ui.components.schedule_form import LATER, START
from lib.ui.components.schedule_list import show_schedules
from lib.ui.guard import require_actor
from lib.ui.navigation import LAUNCH, SCHEDULES

actor = require_actor(Permission.ORCHESTRATIONS_RUN)
chosen = ScheduleFilter(
    project_id=address.find_requested_id("project"), template_id=address.find_requested_id("template")
)
page = find_page(lambda cursor: list_schedules(actor, chosen, cursor=cursor), cursor=current_cursor())
has_any = bool(page and page.items)

with page_header("Schedules", subtitle="Runs that are launched by themselves, in somebody's name and by their rights."):
    if has_any and st.button("New schedule", type="primary", icon=":material/add:"):
        st.switch_page(LAUNCH.file, query_params={START: LATER})
if chosen != ScheduleFilter():
    what = "project" if chosen.project_id else "template"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":gray[Only those of one {what}.]", width="content")
        st.page_link(SCHEDULES.file, label="Show all", icon=":material/close:")
if page and page.items:
    with card("Schedules", note=f"{words.count(len(page.items), 'schedule')} on this page", key="schedules"):
        show_schedules(actor, page.items)
    show_page_buttons(
        f"{words.count(len(page.items), 'schedule')} on this page",
        key="schedules",
        newer=page.newer,
        older=page.older,
    )
elif current_cursor():
    show_no_such_page()
else:
    text = "Have a run launched every morning, every week, or whenever you say. You choose what runs as on Launch."
    with empty_state("schedules", icon=":material/event_repeat:", title="Nothing is scheduled yet", text=text):
        if st.button("Schedule the first run", type="primary", icon=":material/add:"):
            st.switch_page(LAUNCH.file, query_params={START: LATER})
