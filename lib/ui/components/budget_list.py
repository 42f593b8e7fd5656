"""The organization's budgets, one a row: what each is about, how much is used, and what can be done about it."""

from collections.abc import Sequence
from typing import Final

import streamlit as st
from markupsafe import Markup

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.budgets.views import Alerts, BudgetCounts, BudgetView, RaiseView, WatchView
from lib.models.budget import BudgetPeriod
from lib.ui import words
from lib.ui.components import budget_dialogs as dialogs
from lib.ui.components.audit_link import show_more
from lib.ui.components.budget_gauge import say_about, say_share, say_unknown, show_gauge_meter, status_of
from lib.ui.components.card import card
from lib.ui.components.moment import moment_inline
from lib.ui.components.row_list import row, row_list, show_context
from lib.ui.components.status import WARNING, inline
from lib.ui.navigation import BUDGETS

_EDIT, _END = "Edit…", "End…"
_PERIODS: Final = {BudgetPeriod.MONTH: "each month", BudgetPeriod.TOTAL: "all time"}
#: In characters: what is longer is cut, and stands whole in the dialog that edits it.
_LONGEST_NAME, _LONGEST_NOTE, _LONGEST_REASON = 80, 140, 120


def say_budgets(counts: BudgetCounts) -> str:
    """How many there are, and how many need somebody: `3 budgets, 1 used up`."""
    parts = [words.count(counts.all, "budget")]
    parts += [f"{words.number(counts.used_up)} used up"] if counts.used_up else []
    parts += [f"{words.number(counts.short)} nearly"] if counts.short else []
    return ", ".join(parts)


def show_budgets(actor: Actor, budgets: Sequence[BudgetView]) -> None:
    """Draw the rows; who may not manage them reads only, and who reads the trail gets there."""
    may_manage = actor.may(Permission.BUDGETS_MANAGE)
    may_do = may_manage or actor.may(Permission.AUDIT_VIEW)
    with row_list("budgets"):
        for budget in budgets:
            with st.container(gap="xxsmall"):  # on a phone the parts stand one below the other
                left, middle, *right = st.columns([3.5, 5, 2.2] if may_do else [3.5, 5], vertical_alignment="center")
                with left, st.container(gap="xxsmall"):
                    _show_what(budget)
                with middle, st.container(gap="xxsmall"):
                    _show_use(actor, budget, may_manage=may_manage)
                if right:
                    with (
                        right[0],
                        st.container(horizontal=True, horizontal_alignment="right", gap="xsmall", wrap=False),
                    ):
                        _show_actions(budget, may_manage=may_manage)


def _show_what(budget: BudgetView) -> None:
    st.markdown(f"**{words.plain(words.short(budget.name, most=_LONGEST_NAME))}**")
    stops = "stops what would begin" if budget.is_hard else "tells, and stops nothing"
    told = [f"{say_about(budget)} · {_PERIODS[budget.period]}", stops[0].upper() + stops[1:]]
    if budget.note:
        told.append(words.short(budget.note, most=_LONGEST_NOTE))
    show_context(*told)


def _show_use(actor: Actor, budget: BudgetView, *, may_manage: bool) -> None:
    spent, allowed = words.money(budget.spent_usd), words.money(budget.allowed_usd)
    st.markdown(f"{inline(status_of(budget))} :gray[{words.plain(f'{spent} of {allowed} spent')}]")
    show_gauge_meter(budget)
    told = [f"{say_share(budget)}"]
    if unknown := say_unknown(budget):
        told.append(unknown)
    show_context(*told)
    for raised in budget.raises:
        _show_raise(actor, raised, may_manage=may_manage)


def _show_raise(actor: Actor, raised: RaiseView, *, may_manage: bool) -> None:
    until = moment_inline(raised.expires_at, time_zone=actor.time_zone)
    reason = words.short(raised.reason, most=_LONGEST_REASON)
    said = Markup("Raised by {} by {}: {}. Ends {}").format(
        words.money(raised.amount_usd), words.short(raised.by, most=40), reason, until
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False):
        with st.container(width="stretch"):
            show_context(said)
        if may_manage and st.button("Take back", type="tertiary", key=f"end-raise-{raised.id}"):
            dialogs.ask_to_end_raise(raised)


def _show_actions(budget: BudgetView, *, may_manage: bool) -> None:
    if may_manage and st.button("Raise", icon=":material/trending_up:", key=f"raise-open-{budget.id}"):
        dialogs.ask_to_raise(budget)
    chosen = show_more([_EDIT, _END] if may_manage else [], "budgets", budget.id, key=f"more-{budget.id}")
    if chosen == _EDIT:
        dialogs.show_edit_budget(budget)
    elif chosen == _END:
        dialogs.ask_to_end(budget)


def show_watches(actor: Actor, watches: Sequence[WatchView]) -> None:
    """Draw what is told of people who spend much, and the way to have it told."""
    may_manage = actor.may(Permission.BUDGETS_MANAGE)
    if not watches and not may_manage:
        return
    with card("Spending alerts", note="for each person, over the last hours", key="watches"):
        if watches:
            with row_list("watches"):
                for watch in watches:
                    title = f"More than {words.money(watch.limit_usd)} within {words.count(watch.hours, 'hour')}"
                    detail = "Told once for each person, and again only when that time is over."
                    with row(title, detail=detail):
                        _show_watch_actions(watch, may_manage=may_manage)
        else:
            st.markdown(
                ":gray[Be told when one person spends more than usual within hours, whatever budgets there are.]"
            )
        if may_manage and st.button("Add alert", icon=":material/add:", key="watch-new"):
            dialogs.show_new_watch()


def _show_watch_actions(watch: WatchView, *, may_manage: bool) -> None:
    options = [_EDIT, _END] if may_manage else []
    chosen = show_more(options, "spending_watches", watch.id, key=f"more-watch-{watch.id}")
    if chosen == _EDIT:
        dialogs.show_edit_watch(watch)
    elif chosen == _END:
        dialogs.ask_to_end_watch(watch)


def show_alerts(actor: Actor, alerts: Alerts) -> None:
    """Draw, on the overview, what whoever looks after budgets should know; nothing where there is nothing."""
    if not alerts.budgets and not alerts.notices:
        return
    with card("Budgets that need you", link=(BUDGETS.file, "Budgets"), key="budget-alerts"), row_list("budget-alerts"):
        for gauge in alerts.budgets:
            stops = ". It lets nothing begin" if gauge.is_hard and gauge.is_used_up else ""
            with row(gauge.name, detail=f"{say_about(gauge)}: {say_share(gauge)}{stops}", status=status_of(gauge)):
                pass
        if alerts.more:
            show_context(f"{words.number(alerts.more)} more have little left, or nothing.")
        for notice in alerts.notices:
            within = words.count(notice.hours, "hour")
            title = f"{words.short(notice.person, most=40)} has spent {words.money(notice.spent_usd)} within {within}"
            told = Markup("More than {} · told {}").format(
                words.money(notice.limit_usd), moment_inline(notice.told_at, time_zone=actor.time_zone)
            )
            with row(title, detail=told, status=WARNING):
                pass
