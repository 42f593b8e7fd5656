"""The dialogs in which a budget is made, edited, raised and ended, and a spending alert is set."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

import streamlit as st

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.budgets import service
from lib.budgets.views import BudgetView, RaiseView, WatchView
from lib.ui import feedback, words
from lib.ui.components.budget_form import show_budget_form
from lib.ui.components.confirm_dialog import is_confirmed, show_confirm_dialog
from lib.ui.components.day_field import day_limits
from lib.ui.components.number_look import begin_with
from lib.ui.guard import require_actor

_MANAGE: Final = Permission.BUDGETS_MANAGE
#: Of a budget's name, in characters, in the title of a dialog.
_LONGEST: Final = 60


@st.dialog("Add a budget", width="medium")
def show_new_budget() -> None:
    """Ask for one. Call it in the run in which its button was pressed."""
    actor = require_actor(_MANAGE)
    with feedback.told():
        if entry := show_budget_form(actor, "new-budget", action="Add it"):
            service.create_budget(actor, entry)
            feedback.succeeded("The budget is there, with what its period has cost so far.")
            st.rerun()


@st.dialog("Edit budget", width="medium")
def show_edit_budget(budget: BudgetView) -> None:
    """Ask for changes; what was typed stays while something is wrong with it."""
    actor = require_actor(_MANAGE)
    with feedback.told():
        if entry := show_budget_form(actor, f"edit-{budget.id}", action="Save changes", budget=budget):
            service.update_budget(actor, entry, seen=budget)
            feedback.succeeded("The changes are saved.")
            st.rerun()


def ask_to_raise(budget: BudgetView) -> None:
    """Ask by how much, why and until when. The limit itself stays."""

    @st.dialog(words.plain(f"Raise {_name(budget)}?"), width="medium")
    def ask() -> None:
        actor = require_actor(_MANAGE)
        allowed, spent = words.money(budget.allowed_usd), words.money(budget.spent_usd)
        st.markdown(
            words.plain(f"It allows {allowed}, and {spent} is spent. A raise adds to that until it ends, by itself.")
        )
        amount = st.number_input(
            "More (US dollars)", value=None, step=10.0, format="%.2f", placeholder="20.00", key=f"raise-{budget.id}"
        )
        reason = st.text_input("Reason", placeholder="The fair is brought forward", key=f"raise-why-{budget.id}")
        last = _end_of_month()
        day = st.date_input(
            "Until the end of (UTC)",
            value=last,
            **day_limits(last),
            format="YYYY-MM-DD",
            key=f"raise-until-{budget.id}",
        )
        if is_confirmed("Raise it", key=f"raise-go-{budget.id}"):
            with feedback.told():
                expires_at = clock.start_of_day((day or last) + timedelta(days=1), zone="UTC")
                more = Decimal(str(amount or 0))
                service.raise_budget(actor, budget.id, more, reason=reason, expires_at=expires_at)
                feedback.succeeded("The budget is raised. Runs that it has stopped go on by themselves.")
                st.rerun()

    ask()


def ask_to_end_raise(raised: RaiseView) -> None:
    """Say what follows, and ask."""

    def end(actor: Actor) -> str:
        service.end_raise(actor, raised.id)
        return "The raise has ended."

    show_confirm_dialog(
        f"Take back the raise of {words.money(raised.amount_usd)}?",
        text="The budget allows so much less from now on. A hard one that is used up by that lets nothing begin.",
        action="Take it back",
        on_confirm=end,
        key=f"end-raise-{raised.id}",
    )


def ask_to_end(budget: BudgetView) -> None:
    """Say what follows, and ask."""

    def end(actor: Actor) -> str:
        service.end_budget(actor, budget.id)
        return "The budget has ended."

    stops = " Runs that it has stopped go on by themselves." if budget.is_hard and budget.is_used_up else ""
    show_confirm_dialog(
        f"End {_name(budget)}?",
        text=f"Nothing is counted to it any more, nobody is told, and nothing is stopped by it.{stops} It can't be "
        "brought back; another one begins with what was spent by then.",
        action="End it",
        on_confirm=end,
        key=f"end-{budget.id}",
    )


@st.dialog("Tell of what a person spends")
def show_new_watch() -> None:
    """Ask from which amount on, and within how many hours."""
    actor = require_actor(_MANAGE)
    st.markdown("Whoever manages budgets is told once a person has spent more than this within so many hours.")
    amount, hours = _ask_watch("watch", hours=24)
    if is_confirmed("Tell us", key="watch-go"):
        with feedback.told():
            service.create_watch(actor, amount, hours=hours)
            feedback.succeeded("You will be told.")
            st.rerun()


@st.dialog("Edit alert")
def show_edit_watch(watch: WatchView) -> None:
    """Ask for another amount or other hours; what was typed stays while something is wrong with it."""
    actor = require_actor(_MANAGE)
    st.markdown("The alert begins anew: whoever has spent more than this within the hours is told of again.")
    amount, hours = _ask_watch(f"watch-{watch.id}", limit_usd=float(watch.limit_usd), hours=watch.hours)
    if is_confirmed("Save changes", key=f"watch-save-{watch.id}"):
        with feedback.told():
            service.update_watch(actor, amount, hours=hours, seen=watch)
            feedback.succeeded("The changes are saved.")
            st.rerun()


def _ask_watch(key: str, *, limit_usd: float | None = None, hours: int) -> tuple[Decimal, int]:
    amount = st.number_input(
        "More than (US dollars)", value=None, step=10.0, format="%.2f", key=begin_with(f"{key}-amount", limit_usd)
    )
    within = st.number_input("Within (hours)", value=hours, step=1, key=f"{key}-hours")
    return Decimal(str(amount or 0)), int(within or 0)


def ask_to_end_watch(watch: WatchView) -> None:
    """Ask, and end it."""

    def end(actor: Actor) -> str:
        service.end_watch(actor, watch.id)
        return "The alert has ended."

    show_confirm_dialog(
        "End this alert?",
        text=f"Nobody is told any more of a person who spends more than {words.money(watch.limit_usd)} within "
        f"{words.count(watch.hours, 'hour')}.",
        action="End it",
        on_confirm=end,
        key=f"end-watch-{watch.id}",
    )


def _end_of_month() -> date:
    """As the months of budgets end, wherever somebody lives: a raise ends neither before nor in the next one."""
    today = clock.now().date()
    return (today.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _name(budget: BudgetView) -> str:
    return f"“{words.short(budget.name, most=_LONGEST)}”"
