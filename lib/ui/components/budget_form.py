"""The form of a budget: what it is about, what it allows for how long, when people are told, whether it stops runs."""

from decimal import Decimal
from typing import Final
from uuid import UUID

import streamlit as st

from lib.access.actor import Actor
from lib.budgets.service import list_choices
from lib.budgets.views import USUAL_THRESHOLDS, BudgetEntry, BudgetView
from lib.models.budget import BudgetPeriod, BudgetScope
from lib.ui import words
from lib.ui.components.number_look import begin_with

_SCOPES: Final = {
    BudgetScope.ORGANIZATION: "Organization",
    BudgetScope.PROJECT: "A project",
    BudgetScope.USER: "A person",
}
_PERIODS: Final = {BudgetPeriod.MONTH: "Each month", BudgetPeriod.TOTAL: "All time"}
#: Percent that can be chosen, beside those of the budget.
_POINTS: Final = (25, 50, 75, 80, 90, 95)


def show_budget_form(actor: Actor, key: str, *, action: str, budget: BudgetView | None = None) -> BudgetEntry | None:
    """The entry, in the run in which `action` was pressed. No st.form: what it is about changes what is asked."""
    name = st.text_input("Name", value=budget.name if budget else "", placeholder="Autumn campaign", key=f"{key}-name")
    scope, project_id, user_id, period = _show_about(actor, key) if budget is None else _about(budget)
    limit = st.number_input(
        "Limit (US dollars)",
        value=None,
        step=10.0,
        format="%.2f",
        placeholder="100.00",
        key=begin_with(f"{key}-limit", float(budget.limit_usd) if budget else None),
    )
    thresholds = _show_thresholds(key, budget.thresholds if budget else USUAL_THRESHOLDS)
    is_hard = st.toggle(
        "Let nothing begin once it is used up",
        value=budget.is_hard if budget else False,
        help="Runs pause, say which budget stops them, and go on by themselves once it is raised or the next month "
        "begins. What is being written ends first. Without this, people are only told.",
        key=f"{key}-hard",
    )
    note = st.text_area(
        "Note",
        value=budget.note if budget else "",
        placeholder="What it is for, and who has agreed to it",
        height=68,
        key=f"{key}-note",
    )
    if not st.button(action, type="primary", key=f"{key}-save"):
        return None
    return BudgetEntry(
        name=name,
        scope=scope,
        project_id=project_id,
        user_id=user_id,
        period=period,
        limit_usd=Decimal(str(limit or 0)),
        thresholds=thresholds,
        is_hard=is_hard,
        note=note,
    )


def _about(budget: BudgetView) -> tuple[str, UUID | None, UUID | None, str]:
    return budget.scope, budget.project_id, budget.user_id, budget.period


def _show_about(actor: Actor, key: str) -> tuple[str, UUID | None, UUID | None, str]:
    """What it is about, and for how long: neither can be changed later, for it is counted by them."""
    scope = st.segmented_control(
        "For",
        list(_SCOPES),
        default=BudgetScope.ORGANIZATION,
        format_func=_SCOPES.__getitem__,
        required=True,
        key=f"{key}-scope",
        help="There is one for each thing and period: edit it or raise it, or end it to make another.",
    )
    project_id = user_id = None
    if scope is BudgetScope.PROJECT:
        project_id = _choose(actor, scope, "Project", key=f"{key}-project")
    elif scope is BudgetScope.USER:
        user_id = _choose(actor, scope, "Person", key=f"{key}-person")
    period = st.segmented_control(
        "Period",
        list(_PERIODS),
        default=BudgetPeriod.MONTH,
        format_func=_PERIODS.__getitem__,
        required=True,
        key=f"{key}-period",
        help="A month begins on its first day in UTC. What was spent in the period before the budget was made counts.",
    )
    return scope or BudgetScope.ORGANIZATION, project_id, user_id, period or BudgetPeriod.MONTH


def _choose(actor: Actor, scope: BudgetScope, label: str, *, key: str) -> UUID | None:
    search_key = f"{key}-search"
    search = st.session_state.get(search_key, "")
    found = list_choices(actor, scope, search=search)
    if found.has_more or search:
        st.text_input(
            f"{label} whose name holds",
            placeholder="Part of its name, then Enter",
            help=f"There are more than {words.number(len(found.names))}." if found.has_more else None,
            key=search_key,
        )
    options = words.distinct(found.names)
    return st.selectbox(label, list(options), index=None, format_func=options.__getitem__, key=key)


def _show_thresholds(key: str, chosen: tuple[int, ...]) -> tuple[int, ...]:
    points = sorted({*_POINTS, *chosen})
    picked = st.pills(
        "Tell at",
        points,
        selection_mode="multi",
        default=list(chosen),
        format_func=lambda point: f"{point} %",
        help="Whoever manages budgets gets a mail, and for a person's budget the person too. Each share is told once a "
        "period; 100 % always is.",
        key=f"{key}-thresholds",
    )
    return tuple(sorted(picked))
