"""One run: watch it being written, read it, cancel or continue it."""

import streamlit as st

from lib.access.permissions import Permission
from lib.runs.service import get_run
from lib.runs.views import RunDetail
from lib.ui import address
from lib.ui.components import run_actions, run_summary
from lib.ui.components.card import card
from lib.ui.components.run_phases import show_run_phases
from lib.ui.components.run_timeline import show_run_timeline
from lib.ui.guard import require_actor

#: Seconds between two looks at a run that is under way.
REFRESH_SECONDS = 1.0

actor = require_actor(Permission.ORCHESTRATIONS_VIEW)
run = get_run(actor, address.requested_id("run", what="run"))
run_actions.show_run_header(run)


def show_progress(drawn: list[RunDetail]) -> None:
    """What changes while the run is under way. The page's own look at it serves the first time."""
    seen = drawn.pop() if drawn else get_run(require_actor(Permission.ORCHESTRATIONS_VIEW), run.summary.id)
    if seen.summary.status != run.summary.status:
        st.rerun()  # the header and its buttons change with the status
    run_summary.show_run_numbers(seen)
    run_summary.show_run_notice(seen)
    left, right = st.columns([2.15, 1], gap="medium")
    with left:
        with card("Timeline"):
            show_run_timeline(seen)
        st.subheader("Phases", anchor=False)
        show_run_phases(seen, time_zone=actor.time_zone)
    with right:
        run_summary.show_run_facts(seen, time_zone=actor.time_zone)


st.fragment(show_progress, run_every=REFRESH_SECONDS if run.is_live else None)([run])
