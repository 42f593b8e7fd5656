"""Compare: two runs beside each other, phase by phase."""

import streamlit as st

from lib.access.permissions import Permission
from lib.runs.comparing.service import compare_runs
from lib.ui import address
from lib.ui.components.page_header import page_header
from lib.ui.components.run_comparison import show_both_runs, show_compared_phases
from lib.ui.guard import require_actor
from lib.ui.navigation import RUNS

actor = require_actor(Permission.ORCHESTRATIONS_VIEW)
found = compare_runs(actor, address.requested_id("left", what="run"), address.requested_id("right", what="run"))
with page_header(
    "Compare",
    parent=(RUNS.file, "Runs"),
    subtitle="Two runs, phase by phase: what was asked and answered, by whom, for how much.",
):
    if st.button("Swap sides", icon=":material/swap_horiz:"):
        st.query_params.from_dict({"left": str(found.right.summary.id), "right": str(found.left.summary.id)})
        st.rerun()
show_both_runs(found, time_zone=actor.time_zone)
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.subheader("Phases", anchor=False, width="content")
    is_whole = st.toggle("Show what is the same too", key="compare-whole")
show_compared_phases(found, is_whole=is_whole)
