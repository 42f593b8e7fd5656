"""A run that stopped for its cost: what it has spent, and the three ways on."""

from decimal import Decimal
from typing import Final

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.runs.steering import finish_run, raise_cost_limit
from lib.runs.views import RunProgress
from lib.ui import feedback, words
from lib.ui.components.confirm_dialog import show_confirm_dialog
from lib.ui.guard import require_actor

#: What a raise begins with, in US dollars, where the limit was less.
_LEAST_RAISE: Final = 1.0


def say_cost_limit(run: RunProgress) -> str:
    """`$4.00, $2.16 left`; what nobody knows is said to be unknown."""
    limit, spent = run.cost_limit_usd, run.counted_usd
    if limit is None:
        return "none"
    if spent is None:
        return f"{words.money(limit)}, {words.UNKNOWN} how much is left"
    if run.summary.cost_usd is None:
        return f"{words.money(limit)}, {_exact(spent)} of it counted as spent"
    return f"{words.money(limit)}, {words.money(max(limit - spent, Decimal(0)))} left"


def say_stop(run: RunProgress) -> str | None:
    """Spent and limit of a run that stopped for its cost; None for any other."""
    kind = run.error.kind if run.error else ""
    if kind == "cost_limit":
        return f"Spent {_exact(run.summary.cost_usd)} of {_exact(run.cost_limit_usd)}."
    if kind == "cost_bound":
        return f"Spent: unknown. Counted as {_exact(run.counted_usd)} of {_exact(run.cost_limit_usd)}."
    if kind == "cost_unknown":
        return f"Spent: unknown. The limit is {_exact(run.cost_limit_usd)}."
    return None


def show_ways_on(run: RunProgress) -> None:
    """Draw what this person may do about a run that stopped for its cost: spend more, or end it where it is."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        if run.may_raise_limit:
            _show_raise(run)
        is_ending = run.may_finish and st.button("End it here", icon=":material/flag:", key="finish-run")
    if is_ending:
        _ask_to_finish(run)


def _show_raise(run: RunProgress) -> None:
    """Draw the amount and the button, side by side with what stands beside them; where nothing is known, both ways."""
    is_known = run.counted_usd is not None
    amount = st.number_input(
        "Let it spend so much more, in US dollars",
        value=max(float(run.cost_limit_usd or 0), _LEAST_RAISE),
        step=1.0,
        format="%.2f",
        width=280,
        help=None if is_known else "What nobody knows of its cost so far is not counted.",
        key="raise-limit",
    )
    # the keys name the limit that stood beside them: a press on an older page is a press on nothing
    key = f"raise-limit-go-{run.cost_limit_usd}"
    if st.button("Raise the limit and go on", type="primary", icon=":material/play_arrow:", key=key):
        _raise(run, Decimal(str(amount)))
    if not is_known and st.button("Go on without a limit", key=f"raise-limit-off-{run.cost_limit_usd}"):
        _raise(run, None)


def _raise(run: RunProgress, amount: Decimal | None) -> None:
    with feedback.told():
        actor = require_actor(Permission.ORCHESTRATIONS_RUN)
        raise_cost_limit(actor, run.summary.id, amount, seen=run.cost_limit_usd)
        feedback.succeeded("The run goes on.")
        st.rerun()


def _ask_to_finish(run: RunProgress) -> None:
    def finish(actor: Actor) -> str:
        finish_run(actor, run.summary.id)
        return "The run has ended here."

    done = words.count(run.summary.completed_phases, "finished phase")
    show_confirm_dialog(
        "End this run here?",
        text=f"It counts as completed, with {done}; the others are skipped. It can be run again from there "
        "later; paused, it waits as long as you like.",
        action="End it here",
        on_confirm=finish,
        key="finish-run",
    )


def _exact(usd: Decimal | None) -> str:
    """Dollars, to the millionth where a cent is too much."""
    if usd is None or usd >= Decimal("0.01") or usd == 0:
        return words.money(usd)
    return f"${usd.normalize():f}"
