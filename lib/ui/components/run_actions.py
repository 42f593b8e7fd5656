"""The head of a run's page, with what may be done to it."""

import streamlit as st
from markupsafe import Markup

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.models.run import RunStatus
from lib.runs.retry import RetryOffer, find_retry, retry_run
from lib.runs.service import cancel_run, resume_run
from lib.runs.structures import ErrorDetails
from lib.runs.views import RunProgress
from lib.ui import feedback, words
from lib.ui.components import status
from lib.ui.components.confirm_dialog import show_confirm_dialog
from lib.ui.components.moment import moment_inline
from lib.ui.components.page_header import page_header
from lib.ui.components.person import person_inline
from lib.ui.guard import require_actor
from lib.ui.navigation import RUN, RUNS

#: In characters: the longest name of a phase that a button has room for, and of what stands in the line of context.
_LONGEST_NAME = 40
#: Of the phases that a retry reuses, which a long run has dozens of.
_MOST_NAMES = 4
_LAUNCHED = Markup("{} · launched by {} {}")


def show_run_header(run: RunProgress, *, time_zone: str) -> bool:
    """Draw title, status, where the run comes from, and the buttons that this person may press.

    The way on from an error stands below, beside what went wrong. Returns whether a question about the run was opened:
    it closes when the page is drawn anew.
    """
    summary = run.summary
    version = f" v{summary.template_version}" if summary.template_version else ""
    launched = _LAUNCHED.format(
        f"{words.short(summary.template_name + version, most=_LONGEST_NAME)} · "
        f"{words.short(summary.project_name, most=_LONGEST_NAME)}",
        person_inline(run.launcher),
        moment_inline(summary.created_at, time_zone=time_zone),
    )
    with page_header(
        summary.title,
        status=status.RUN[summary.status],
        parent=(RUNS.file, "Runs"),
        subtitle=launched,
    ):
        is_cancelling = run.may_cancel and st.button("Cancel", icon=":material/close:")
        is_retrying = find_stop(run) is None and show_way_on(run)
    if run.parent_run_id:
        st.page_link(
            RUN.file,
            label="Retried from the run before",
            icon=":material/history:",
            query_params={"run": str(run.parent_run_id)},
        )
    if is_cancelling:
        _ask_to_cancel(run)
    return is_cancelling or is_retrying


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
    offer = find_retry(run) if run.may_retry else None
    if offer and st.button(f"Retry from {_place(offer)}", type="primary", icon=":material/replay:"):
        _ask_to_retry(run, offer)
        return True
    return False


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


def _ask_to_retry(run: RunProgress, offer: RetryOffer) -> None:
    def retry(actor: Actor) -> str:
        run_id = retry_run(actor, run.summary.id)
        feedback.succeeded("The retry is launched.")
        st.switch_page(RUN.file, query_params={"run": str(run_id)})

    show_confirm_dialog(
        "Retry this run?",
        text=f"A new run goes on from “{offer.phase_name}”, with the same plan and inputs. "
        f"{_savings(offer)} This run stays as it is.",
        action="Launch the retry",
        on_confirm=retry,
        key="retry-run",
    )


def _savings(offer: RetryOffer) -> str:
    if not offer.reused:
        return "No phase was finished, so it begins at the beginning."
    kept = words.count(len(offer.reused), "finished phase")
    saved = [words.tokens(offer.saved_tokens)]
    if offer.saved_cost_usd:
        saved.append(words.money(offer.saved_cost_usd))
    saved.append(words.duration(offer.saved_ms / 1000))
    names = words.some(offer.reused_names, most=_MOST_NAMES, longest=_LONGEST_NAME)
    reused = f"{kept} {words.are(len(offer.reused))} reused: {names}."
    return f"{reused} That saves {words.together(saved)}."


def _place(offer: RetryOffer) -> str:
    return words.plain(words.short(offer.phase_name, most=_LONGEST_NAME))
