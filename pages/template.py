"""One template: what it says, how its runs went, its versions, and what may be done with it."""

import streamlit as st

from lib.access.permissions import Permission
from lib.schedules.queries import ScheduleFilter
from lib.templates.service import get_template
from lib.ui import address
from lib.ui.components.schedule_list import show_schedules_of
from lib.ui.components.template_facts import show_template_activity, show_template_facts
from lib.ui.components.template_figures import show_template_figures
from lib.ui.components.template_header import show_template_header
from lib.ui.components.template_preview import show_template_inputs, show_template_preview
from lib.ui.components.template_review import show_template_review
from lib.ui.components.template_versions import show_template_versions
from lib.ui.guard import require_actor

actor = require_actor(Permission.TEMPLATES_VIEW)
template = get_template(actor, address.requested_id("template", what="template"))
show_template_header(template)

show_template_review(actor, template)
show_template_figures(template)
left, right = st.columns([2.15, 1], gap="medium")
with left:
    show_template_preview(template.data)
    show_template_versions(actor, template)
    show_schedules_of(actor, ScheduleFilter(template_id=template.id))
    show_template_activity(actor, template)
with right:
    show_template_facts(template, time_zone=actor.time_zone)
    show_template_inputs(template.data.inputs)
