"""The one dialog in which a run that has ended is run again: from where, how, and what that saves and costs."""

from collections.abc import Sequence

import streamlit as st

from lib.access.permissions import Permission
from lib.connections.offers import read_offers
from lib.runs.retry import open_retry, preview_retry, retry_run
from lib.runs.retry_views import Prepared, RetryRequest
from lib.runs.views import RunProgress
from lib.ui import feedback, words
from lib.ui.components.confirm_dialog import is_confirmed
from lib.ui.components.estimate import show_estimate
from lib.ui.components.launch_preview import show_launch_warnings
from lib.ui.components.retry_form import show_retry_form
from lib.ui.guard import require_actor
from lib.ui.navigation import RUN

#: Of phases that are named, that many; in characters each.
_MOST_NAMED, _LONGEST_NAME = 4, 40


def open_retry_dialog(run: RunProgress) -> None:
    """Open it. A live page waits with drawing itself anew while it is open."""

    @st.dialog("Run again", width="large", on_dismiss="rerun")
    def ask() -> None:
        ready = None
        with feedback.told():
            actor = require_actor(Permission.ORCHESTRATIONS_RUN)
            desk = open_retry(actor, run.summary.id)
            request = show_retry_form(desk, read_offers(actor))
            _show_outcome(preview_retry(actor, request), run)
            ready = request
        if is_confirmed("Launch the retry", key="retry-run", is_ready=ready is not None) and ready is not None:
            _launch(ready)

    ask()


def _launch(request: RetryRequest) -> None:
    with feedback.told(), st.spinner("Asking the model whether it is there"):
        made = retry_run(require_actor(Permission.ORCHESTRATIONS_RUN), request)
        feedback.succeeded("The retry is launched.")
        st.switch_page(RUN.file, query_params={"run": str(made)})


def _show_outcome(prepared: Prepared, run: RunProgress) -> None:
    """Say what is taken over, what that saves, and what the rest will probably take."""
    asked = [phase.name for phase in prepared.plan.phases if phase.code not in prepared.reused]
    st.markdown(f":green[:material/check_circle:] {words.plain(_savings(prepared))}")
    anew = f"Asked anew: {_name(asked)}" if asked else "No phase is asked anew: only what was not done after them"
    st.markdown(f":blue[:material/play_arrow:] {words.plain(f'{anew}. This run stays as it is.')}")
    if prepared.written_before:
        told = (
            f"{_name(prepared.written_before)} {words.are(len(prepared.written_before))} kept as written with the old"
        )
        told = f"{told} topic or inputs. To have everything follow the new ones, begin at the start."
        st.markdown(f":orange[:material/warning:] {words.plain(told)}")
    show_estimate(prepared.estimate, prepared.quota, key=f"retry-{run.summary.id}")
    actor = require_actor(Permission.ORCHESTRATIONS_RUN)
    show_launch_warnings(
        actor,
        prepared.plan,
        cost_limit_usd=run.cost_limit_usd,
        integration_enabled=prepared.integration_enabled,
        taken_over=prepared.reused,
    )
    if not asked:
        return
    with st.expander("What the model will be asked first", type="compact"):
        st.code(words.visible(prepared.prompt), language=None, wrap_lines=True)


def _savings(prepared: Prepared) -> str:
    names = [phase.name for phase in prepared.reused.values()]
    if not names:
        return "No phase is reused: it begins at the beginning."
    saved = [words.tokens(prepared.saved_tokens), words.duration(prepared.saved_seconds)]
    if prepared.saved_cost_usd is None:
        saved.insert(1, f"an {words.UNKNOWN} amount of money")
    elif prepared.saved_cost_usd:
        saved.insert(1, words.money(prepared.saved_cost_usd))
    kept = f"{words.count(len(names), 'finished phase')} {words.are(len(names))} reused: {_name(names)}."
    return f"{kept} That saves {words.together(saved)}."


def _name(names: Sequence[str]) -> str:
    return words.some(names, most=_MOST_NAMED, longest=_LONGEST_NAME)
