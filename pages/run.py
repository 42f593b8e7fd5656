"""One run: watch it being written, read it, say something about it, cancel or continue it, run it again."""

import streamlit as st

from lib.access.permissions import Permission
from lib.runs.commenting.service import count_comments
from lib.runs.operating.service import list_operations
from lib.runs.service import watch_run
from lib.runs.states import FINAL_RUN_STATUSES
from lib.runs.views import RunProgress
from lib.ui import address, feedback, state
from lib.ui.components import run_actions, run_archived, run_summary, writing
from lib.ui.components.card import card
from lib.ui.components.run_comments import show_run_comments
from lib.ui.components.run_family import show_run_family
from lib.ui.components.run_phases import show_run_phases
from lib.ui.components.run_timeline import show_run_timeline
from lib.ui.guard import require_actor

#: Seconds between two looks at the numbers, and at everything where the browser can't look by itself.
NUMBERS_SECONDS = 5.0

actor = require_actor(Permission.ORCHESTRATIONS_VIEW)
st.session_state[state.IS_DECIDING] = False
run = run_archived.find_run(actor, address.requested_id("run", what="run"))
comments = count_comments(actor, run.summary.id)
operations = list_operations(actor, run.summary.id) if run.operations else ()
is_asking = run_actions.show_run_header(run, comments=comments.total, time_zone=actor.time_zone)
# What is being written asks for itself; steps that were running are drawn again when the run stands otherwise.
running = [n for n, phase in enumerate(run.phases) if phase.is_under_way]
first, end = (running[0], running[-1] + 1) if running else (len(run.phases), len(run.phases))
fresh = [run, run]  # the page's own look serves both parts the first time
is_slow = writing.is_refused(run.summary.id)


def look() -> RunProgress:
    """The run as it stands; where that is otherwise than the page says, the page is drawn anew."""
    seen = fresh.pop() if fresh else watch_run(require_actor(Permission.ORCHESTRATIONS_VIEW), run.summary.id)
    has_moved = seen.summary.status != run.summary.status or (seen.shape != run.shape and not is_asking)
    if has_moved and not st.session_state.get(state.IS_DECIDING):
        feedback.draw_anew()
    return seen


def show_numbers() -> None:
    """Numbers and timeline."""
    seen = look()
    with numbers.container():
        run_summary.show_run_numbers(seen)
        run_summary.show_run_notice(seen)
    with card("Timeline"):
        show_run_timeline(seen)


def show_phases() -> None:
    """The steps that are being written, and the watch over all of them."""
    seen = look()
    if writing.is_refused(run.summary.id) != is_slow:
        feedback.draw_anew()
    is_watched = show_run_phases(
        seen, seen.phases[first:end], comments=comments, operations=operations, time_zone=actor.time_zone
    )
    if seen.is_live and not is_watched:
        writing.show_watch(seen)


numbers = st.empty()
left, right = st.columns([2.15, 1], gap="medium")
with left:
    may_move = run.summary.status not in FINAL_RUN_STATUSES  # one that lies still goes on by what others do
    feedback.live(show_numbers, seconds=NUMBERS_SECONDS if may_move else None)
    st.subheader("Phases", anchor=False)
    with st.container(gap="xsmall", key="phases"):
        show_run_phases(run, run.phases[:first], comments=comments, operations=operations, time_zone=actor.time_zone)
        feedback.live(show_phases, seconds=NUMBERS_SECONDS if run.is_live and is_slow else None)
        show_run_phases(run, run.phases[end:], comments=comments, operations=operations, time_zone=actor.time_zone)
    show_run_comments(run, comments, time_zone=actor.time_zone)
with right:
    run_summary.show_run_facts(run, time_zone=actor.time_zone)
    show_run_family(actor, run)
