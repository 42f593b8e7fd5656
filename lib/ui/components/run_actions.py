"""The head of a run's page, with what may be done to it."""

import streamlit as st
from markupsafe import Markup

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.models.run import RunStatus
from lib.runs.retry import find_begin
from lib.runs.service import cancel_run, resume_run
from lib.runs.steering import pause_run
from lib.runs.structures import ErrorDetails
from lib.runs.views import RunProgress
from lib.ui import feedback, words
from lib.ui.components import status
from lib.ui.components.audit_link import show_more
from lib.ui.components.confirm_dialog import show_confirm_dialog
from lib.ui.components.moment import moment_inline
from lib.ui.components.page_header import page_header
from lib.ui.components.person import person_inline
from lib.ui.components.retry_dialog import open_retry_dialog
from lib.ui.components.run_export import show_run_export
from lib.ui.guard import require_actor
from lib.ui.navigation import LAUNCH, RUNS, SCHEDULE

#: In characters: the longest name of a phase that a button has room for, and of what stands in the line of context.
_LONGEST_NAME = 40
_LAUNCHED = Markup("{} · launched by {} {}")
_DUPLICATE = "Duplicate"


def show_run_header(run: RunProgress, *, comments: int, time_zone: str) -> bool:
    """Draw title, status, where the run comes from, and the buttons that this person may press.

    The way on from an error stands below, beside what went wrong. Returns whether a question about the run was opened:
    it closes when the page is drawn anew.
    """
    summary = run.summary
    version = f" v{summary.template_version}" if summary.template_version else ""
    launched = _LAUNCHED.format(
        f"{words.short(summary.template_name + version, most=_LONGEST_NAME)} · "
        f"{words.short(summary.project_name, most=_LONGEST_NAME)}"
        + (f" · {words.count(comments, 'comment')}" if comments else ""),
        person_inline(run.launcher),
        moment_inline(summary.created_at, time_zone=time_zone),
    )
    with page_header(
        summary.title,
        status=status.run(summary.status, is_waiting=summary.is_waiting),
        parent=(RUNS.file, "Runs"),
        subtitle=launched,
    ):
        is_pausing = run.may_pause and st.button("Pause", icon=":material/pause:")
        is_cancelling = run.may_cancel and st.button("Cancel", icon=":material/close:")
        show_run_export(run)
        is_retrying = find_stop(run) is None and show_way_on(run)
        _show_more(run)
    if run.schedule:
        how = "Launched by hand from the schedule" if run.schedule.is_by_hand else "Of the schedule"
        st.page_link(
            SCHEDULE.file,
            label=f"{how} “{words.plain(words.short(run.schedule.title, most=80))}”",
            icon=":material/event_repeat:",
            query_params={"schedule": str(run.schedule.id)},
        )
    if is_cancelling:
        _ask_to_cancel(run)
    if is_pausing:
        _ask_to_pause(run)
    return is_cancelling or is_pausing or is_retrying


def _show_more(run: RunProgress) -> None:
    """The menu of what is rare; nothing for who may do none of it."""
    may_launch = require_actor(Permission.ORCHESTRATIONS_VIEW).may(Permission.ORCHESTRATIONS_RUN)
    options = [_DUPLICATE] if may_launch else []
    chosen = show_more(options, "orchestrations", run.summary.id, key="more-run", has_end=False)
    if chosen == _DUPLICATE:
        st.switch_page(LAUNCH.file, query_params={"from": str(run.summary.id)})


def find_stop(run: RunProgress) -> ErrorDetails | None:
    """What the run stopped at, for a person to do something about."""
    return run.error if run.summary.status in {RunStatus.FAILED, RunStatus.PAUSED} else None


def show_way_on(run: RunProgress) -> bool:
    """Draw the button that continues a paused run or retries one that ended, where this person may.

    Returns whether the question about the retry was opened.
    """
    if run.may_resume and st.button("Continue", type="primary", icon=":material/play_arrow:"):
        with feedback.told():
            resume_run(require_actor(Permission.ORCHESTRATIONS_RUN), run.summary.id)
            feedback.succeeded("The run goes on.")
            st.rerun()
    if not run.may_retry:
        return False
    begins_with = find_begin(run)
    name = next((phase.name for phase in run.phases if phase.code == begins_with), "")
    label = f"Retry from {words.plain(words.short(name, most=_LONGEST_NAME))}" if name else "Run again"
    if st.button(label, type="primary" if name else "secondary", icon=":material/replay:"):
        open_retry_dialog(run)
        return True
    return False


def _ask_to_pause(run: RunProgress) -> None:
    def pause(actor: Actor) -> str:
        pause_run(actor, run.summary.id)
        return "The run is being paused." if run.is_live else "The run is paused."

    text = "Nothing further begins, and it holds no worker, until somebody continues it."
    if run.summary.status is RunStatus.RUNNING:
        text = f"What is being written is finished first, for it is paid for. Then {text[0].lower()}{text[1:]}"
    if run.summary.status is RunStatus.WAITING_REVIEW:
        text += " Its review can be decided meanwhile."
    show_confirm_dialog("Pause this run?", text=text, action="Pause the run", on_confirm=pause, key="pause-run")


def _ask_to_cancel(run: RunProgress) -> None:
    def cancel(actor: Actor) -> str:
        cancel_run(actor, run.summary.id)
        return "The run is being cancelled."

    done = run.summary.completed_phases
    kept = f" {words.count(done, 'finished phase')} {words.are(done)} kept." if done else ""
    show_confirm_dialog(
        "Cancel this run?",
        text=f"What is being written stops, and no further phase begins.{kept} To go on later, retry it.",
        action="Cancel the run",
        on_confirm=cancel,
        key="cancel-run",
    )
