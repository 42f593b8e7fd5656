"""One schedule: what it launches and when, to be changed."""

import streamlit as st

from lib.access.permissions import Permission
from lib.connections.offers import read_offers
from lib.projects.service import list_project_choices
from lib.schedules.service import get_schedule
from lib.templates.gallery import list_template_choices
from lib.ui import address, words
from lib.ui.components import status
from lib.ui.components.audit_link import show_audit_link
from lib.ui.components.card import card
from lib.ui.components.launch_form import show_launch_form
from lib.ui.components.page_header import page_header
from lib.ui.components.schedule_form import show_change_button
from lib.ui.components.schedule_list import show_schedule_state, standing_of
from lib.ui.components.schedule_times import show_times
from lib.ui.guard import require_actor
from lib.ui.navigation import SCHEDULES

actor = require_actor(Permission.ORCHESTRATIONS_RUN)
schedule = get_schedule(actor, address.requested_id("schedule", what="schedule"))
summary = schedule.summary
with page_header(summary.title, status=status.SCHEDULE[standing_of(summary)], parent=(SCHEDULES.file, "Schedules")):
    show_audit_link(actor, "schedules", summary.id)
if not summary.may_edit:
    st.markdown(
        f":gray[:material/lock: {words.plain(summary.person.name)} and those who steer others' runs may change it.]"
    )

left, right = st.columns([1, 1], gap="medium")
with left, card("What to run"):
    form = show_launch_form(
        list_project_choices(actor, wanted=summary.project_id),
        list_template_choices(actor, wanted=summary.template_id),
        read_offers(actor),
        project_id=summary.project_id,
        template_id=summary.template_id,
        draft=schedule.draft,
    )
with right:
    with card("When"):
        timing = show_times(actor, key=f"times-{summary.id}", schedule=schedule)
        if summary.may_edit:
            show_change_button(schedule, form, timing)
    with card("How it stands"):
        show_schedule_state(actor, summary)
