"""The head of a run's page, with what may be done to it."""

import streamlit as st

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.runs.service import cancel_run, resume_run
from lib.runs.views import RunDetail
from lib.ui import feedback, words
from lib.ui.components import status
from lib.ui.components.confirm_dialog import show_confirm_dialog
from lib.ui.components.page_header import page_header
from lib.ui.guard import require_actor
from lib.ui.navigation import RUNS


def show_run_header(run: RunDetail) -> None:
    """Draw title, status, where the run comes from, and the buttons that this person may press."""
    summary = run.summary
    version = f" v{run.template_version}" if run.template_version else ""
    launched = words.ago(summary.created_at, now=clock.now())
    with page_header(
        summary.title,
        status=status.RUN[summary.status],
        parent=(RUNS.file, "Runs"),
        subtitle=f"{summary.template_name}{version} · {summary.project_name} · launched by {summary.launched_by} "
        f"{launched}",
    ):
        if run.may_resume and st.button("Continue", type="primary", icon=":material/play_arrow:"):
            with feedback.told():
                resume_run(require_actor(Permission.ORCHESTRATIONS_RUN), summary.id)
                feedback.succeeded("The run goes on.")
                st.rerun()
        is_cancelling = run.may_cancel and st.button("Cancel", icon=":material/close:")
    if is_cancelling:
        _ask_to_cancel(run)


def _ask_to_cancel(run: RunDetail) -> None:
    def cancel(actor: Actor) -> str:
        cancel_run(actor, run.summary.id)
        return "The run is being cancelled."

    done = run.summary.completed_phases
    kept = f" {words.count(done, 'finished phase')} {'is' if done == 1 else 'are'} kept." if done else ""
    show_confirm_dialog(
        "Cancel this run?",
        text=f"What is being written stops, and no further phase begins.{kept} A cancelled run can't be continued.",
        action="Cancel the run",
        on_confirm=cancel,
        key="cancel-run",
    )
