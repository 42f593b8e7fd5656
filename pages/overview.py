"""Overview: what is running, what the quota allows, what ran last; and the first steps of somebody new."""

import streamlit as st

from lib import clock
from lib.access.permissions import Permission
from lib.budgets.service import list_alerts
from lib.runs.service import get_overview
from lib.schedules.service import list_stopped
from lib.ui import words
from lib.ui.components import overview
from lib.ui.components.page_header import page_header
from lib.ui.guard import require_actor
from lib.ui.navigation import LAUNCH

actor = require_actor(Permission.ORCHESTRATIONS_VIEW)
may_launch = actor.may(Permission.ORCHESTRATIONS_RUN)
today = words.day(clock.now(), zone=actor.time_zone)
seen = get_overview(actor)
with page_header("Overview", subtitle=f"{actor.organization_name} · {today}"):
    # Until something has run, the first steps hold the one primary button.
    is_launching = (
        may_launch
        and seen.has_runs
        and st.button("Launch run", type="primary", icon=":material/rocket_launch:", shortcut="Ctrl+Shift+L")
    )
if is_launching:
    st.switch_page(LAUNCH.file)

overview.show_overview(seen, actor, stopped=list_stopped(actor), alerts=list_alerts(actor))
