"""The parts of the overview."""

from collections.abc import Sequence

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.budgets.views import Alerts
from lib.runs.overview_views import LiveRun, Overview
from lib.runs.service import get_overview
from lib.runs.views import RunSummary
from lib.samples.service import Sample
from lib.schedules.views import StoppedSchedule
from lib.ui import feedback, words
from lib.ui.components import no_worker, project_dialogs, sample_workspace, status, turns
from lib.ui.components.budget_gauge import show_own_gauges
from lib.ui.components.budget_list import show_alerts
from lib.ui.components.card import card
from lib.ui.components.empty_state import empty_state
from lib.ui.components.meter import show_meter
from lib.ui.components.review_table import show_waiting_reviews
from lib.ui.components.row_list import row, row_list
from lib.ui.components.run_table import FEW, open_run, seconds_of, show_run_table
from lib.ui.components.schedule_list import show_stopped
from lib.ui.components.turns import say_waiting
from lib.ui.guard import require_actor
from lib.ui.navigation import LAUNCH, RUNS

#: Seconds between two looks at what is running.
REFRESH_SECONDS = 2.0


def show_overview(seen: Overview, actor: Actor, *, stopped: Sequence[StoppedSchedule], alerts: Alerts) -> None:
    """Draw the overview; while something runs, that part looks again by itself."""
    left, right = st.columns([2, 1], gap="medium")
    sample = sample_workspace.find_sample(actor)
    with left:
        if not seen.has_runs:
            _show_checklist(seen, actor, sample)
        show_stopped(stopped)
        show_waiting_reviews(actor)
        show_alerts(actor, alerts)
        if seen.running:
            feedback.live(_show_running, len(seen.running), seconds=REFRESH_SECONDS)
        if seen.recent:
            with card("Recent runs", link=(RUNS.file, "All runs")):
                open_run(show_run_table(seen.recent, key="recent", shows=FEW))
    with right:
        _show_quota(seen, actor)
        if sample:
            sample_workspace.show_card(sample)


def _show_checklist(seen: Overview, actor: Actor, sample: Sample | None) -> None:
    if not actor.may(Permission.ORCHESTRATIONS_RUN):
        with empty_state(
            "overview",
            icon=":material/account_tree:",
            title="Nothing has run yet",
            text="When somebody in your organization launches a run, its progress and its answers appear here.",
        ):
            if actor.is_operator and sample is None:
                sample_workspace.show_offer_button()
        return
    with card("First steps", note="1 of 2 done" if seen.has_projects else "0 of 2 done"), row_list("first-steps"):
        done = status.PHASE["completed"]
        with row(
            "Create a project",
            detail="A topic, and who it is for. Every phase of every run reads it.",
            status=done if seen.has_projects else status.PHASE["pending"],
        ):
            if not seen.has_projects and st.button("Create", type="primary", key="first-project"):
                project_dialogs.open_new_project()
        with row(
            "Launch a run",
            detail="Choose a template and a model, read what will be asked, and watch it being written.",
            status=status.PHASE["pending"],
        ):
            is_next = seen.has_projects
            if st.button("Launch", type="primary" if is_next else "secondary", disabled=not is_next, key="first-run"):
                st.switch_page(LAUNCH.file)
        sample_workspace.show_offer(actor, sample)


def _show_running(shown: int) -> None:
    """The runs under way. `shown` is how many there were when the page was drawn: another number draws it anew."""
    seen = get_overview(require_actor(Permission.ORCHESTRATIONS_VIEW))
    if len(seen.running) != shown:
        feedback.draw_anew()
    with card("Running now", note=_note(seen)), row_list("running"):
        for live in seen.running:
            _show_live(live)


def _note(seen: Overview) -> str:
    if no_worker.is_nobody_working(seen.live_workers):
        return no_worker.NOTE
    if seen.turns:
        return f"{seen.turns.admitted} of {seen.turns.most} at a time, {say_waiting(seen.turns)} waiting"
    return words.count(len(seen.running), "run")


def _show_live(live: LiveRun) -> None:
    run = live.summary
    with st.container(gap="xxsmall"):
        with row(run.title, detail=None):
            st.markdown(
                f"{run.completed_phases} of {words.count(run.total_phases, 'phase')}  \n:gray[{_say_so_far(run)}]",
                text_alignment="right",
                width=120,
            )
            if st.button("Open", key=f"open-{run.id}"):
                open_run(run.id)
        st.markdown(_say_status(live))
        show_meter(
            f"Progress of {run.title}",
            run.completed_phases,
            maximum=max(run.total_phases, 1),
            text=f"{run.completed_phases} of {words.count(run.total_phases, 'phase')}",
            tone="run",
        )


def _say_status(live: LiveRun) -> str:
    run = live.summary
    text = turns.WAITS if run.is_waiting else ", ".join(live.writing)
    return status.inline(status.run(run.status, is_waiting=run.is_waiting), text=text or None)


def _say_so_far(run: RunSummary) -> str:
    """Time and money that a run has taken up to now."""
    seconds = seconds_of(run)
    return "not begun" if seconds is None else f"{words.clock(seconds)} · {words.plain(words.money(run.cost_usd))}"


def _show_quota(seen: Overview, actor: Actor) -> None:
    with card("This month"):
        _show_calls(seen, actor)
        show_own_gauges(actor)


def _show_calls(seen: Overview, actor: Actor) -> None:
    if seen.quota.limit is None:
        st.markdown(f"Calls to models&ensp;**{words.number(seen.quota.used)}**, no limit")
        return
    with st.container(gap="xsmall"):
        text = f"{words.number(seen.quota.used)} of {words.count(seen.quota.limit, 'call')}"
        st.markdown(f"Calls to models&ensp;**{words.number(seen.quota.used)}** of {words.number(seen.quota.limit)}")
        is_short = seen.quota.used >= 0.9 * seen.quota.limit
        show_meter(
            "Calls to models this month",
            seen.quota.used,
            maximum=max(seen.quota.limit, 1),
            text=text,
            tone="warn" if is_short else "accent",
        )
        st.markdown(f":gray[Resets on {words.plain(words.day(seen.quota.resets_at, zone=actor.time_zone))}.]")
