"""One run: watch it being written, read it, cancel or continue it."""

from uuid import UUID

import streamlit as st

from lib.access.permissions import Permission
from lib.runs.service import watch_run
from lib.runs.views import AttemptTexts
from lib.ui import address, feedback
from lib.ui.components import run_actions, run_summary
from lib.ui.components.card import card
from lib.ui.components.run_phases import show_run_phases
from lib.ui.components.run_timeline import show_run_timeline
from lib.ui.guard import require_actor

#: Seconds between two looks at what is being written.
WRITING_SECONDS = 1.0
#: And at what changes little from one second to the next.
NUMBERS_SECONDS = 5.0

actor = require_actor(Permission.ORCHESTRATIONS_VIEW)
run = watch_run(actor, address.requested_id("run", what="run"))
is_asking = run_actions.show_run_header(run, time_zone=actor.time_zone)
# Only what is being written is looked at every second: a refresh draws the steps that were running when the page was
# drawn, and has the page drawn anew when others are.
running = [n for n, phase in enumerate(run.phases) if phase.is_under_way]
first, end = (running[0], running[-1] + 1) if running else (len(run.phases), len(run.phases))
fresh = [run, run]  # the page's own look serves both parts the first time
texts: dict[UUID, AttemptTexts] = {}  # of the steps that stand open in what is being written


def show_numbers() -> None:
    """Numbers and timeline."""
    seen = fresh.pop() if fresh else watch_run(require_actor(Permission.ORCHESTRATIONS_VIEW), run.summary.id)
    with numbers.container():
        run_summary.show_run_numbers(seen)
        run_summary.show_run_notice(seen)
    with card("Timeline"):
        show_run_timeline(seen)


def show_writing() -> None:
    """The steps that are being written, and the watch over all of them."""
    if fresh:
        seen = fresh.pop()
    else:
        seen = watch_run(require_actor(Permission.ORCHESTRATIONS_VIEW), run.summary.id, known=texts)
    if seen.summary.status != run.summary.status or (seen.shape != run.shape and not is_asking):
        feedback.draw_anew()
    shown = show_run_phases(seen, seen.phases[first:end], time_zone=actor.time_zone)
    texts.clear()
    texts.update(shown)


numbers = st.empty()
left, right = st.columns([2.15, 1], gap="medium")
with left:
    feedback.live(show_numbers, seconds=NUMBERS_SECONDS if run.is_live else None)
    st.subheader("Phases", anchor=False)
    with st.container(gap="xsmall", key="phases"):
        show_run_phases(run, run.phases[:first], time_zone=actor.time_zone)
        feedback.live(show_writing, seconds=WRITING_SECONDS if run.is_live else None)
        show_run_phases(run, run.phases[end:], time_zone=actor.time_zone)
with right:
    run_summary.show_run_facts(run, time_zone=actor.time_zone)
