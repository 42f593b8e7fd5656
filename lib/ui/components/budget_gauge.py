"""How much of a budget is used, for those whom it binds: in percent and what is left, and no sum that others spent."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final
from uuid import UUID

import streamlit as st

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.budgets.gauges import list_gauges, list_project_gauges, preview_launch
from lib.budgets.views import Gauge
from lib.models.budget import BudgetPeriod, BudgetScope
from lib.ui import words
from lib.ui.components.card import card
from lib.ui.components.meter import Tone, show_meter
from lib.ui.components.status import BUDGET, Status
from lib.ui.navigation import BUDGETS

#: In characters.
_LONGEST: Final = 60
_TENFOLD: Final = 10
_PERIODS: Final = {BudgetPeriod.MONTH: "this month", BudgetPeriod.TOTAL: "all time"}


def status_of(gauge: Gauge) -> Status:
    """How it stands."""
    return BUDGET["used_up" if gauge.is_used_up else "short" if gauge.is_short else "within"]


def say_about(gauge: Gauge, *, is_own: bool = False) -> str:
    """What it is about: “Organization”, “Project Folding bicycle”, “Person Max”."""
    if gauge.scope is BudgetScope.ORGANIZATION:
        return "Organization"
    name = words.short(gauge.about, most=_LONGEST)
    if gauge.scope is BudgetScope.PROJECT:
        return f"Project {name}"
    return "Yours" if is_own else f"Person {name}"


def say_share(gauge: Gauge) -> str:
    """`85 % used, $15.00 left`; what is spent beyond it where it is exceeded."""
    share = words.share(gauge.share) if gauge.share < _TENFOLD else "more than 1,000 %"
    if gauge.over_usd:
        return f"{share} used, {words.money(gauge.over_usd)} beyond it"
    return f"{share} used, {words.money(gauge.left_usd)} left"


def say_unknown(gauge: Gauge) -> str | None:
    """How many calls are in no sum."""
    calls = gauge.unknown_calls
    return f"{words.count(calls, 'call')} of unknown price {words.are(calls)} not counted" if calls else None


def show_gauge_meter(gauge: Gauge) -> None:
    """Draw the bar; for a month with a tick where an even pace would stand."""
    tone: Tone = "bad" if gauge.is_used_up else "warn" if gauge.is_short else "accent"
    pace = 100 * clock.month_share() if gauge.period is BudgetPeriod.MONTH else None
    percent = round(100 * min(gauge.share, 1.0), 1)
    show_meter(f"Budget {gauge.name}", percent, maximum=100, text=say_share(gauge), pace=pace, tone=tone)


def show_gauges(gauges: Sequence[Gauge], *, says_about: bool = True) -> None:
    """Draw each: name and period, the bar, what is left, and that nothing begins any more where that is so."""
    for gauge in gauges:
        with st.container(gap="xxsmall"):
            about = f"{say_about(gauge, is_own=gauge.scope is BudgetScope.USER)}, " if says_about else ""
            name = words.plain(words.short(gauge.name, most=_LONGEST))
            st.markdown(f"{name} :gray[· {words.plain(about + _PERIODS[gauge.period])}]")
            show_gauge_meter(gauge)
            stops = ". Nothing begins before it is raised" if gauge.is_hard and gauge.is_used_up else ""
            st.markdown(f":gray[{words.plain(say_share(gauge) + stops)}.]")


def show_own_gauges(actor: Actor) -> None:
    """Draw those that bind what this person launches, for the overview."""
    if actor.may_some(Permission.ORCHESTRATIONS_RUN) and (gauges := list_gauges(actor)):
        show_gauges(gauges)
        _show_way(actor)


def show_project_gauges(actor: Actor, project_id: UUID) -> None:
    """Draw the project's in a card; nothing where there is none, or none that this person may see."""
    if gauges := list_project_gauges(actor, project_id):
        with card("Budget", key="project-budget"):
            show_gauges(gauges, says_about=False)
            _show_way(actor)


def show_launch_gauges(actor: Actor, project_id: UUID, *, cost_usd: tuple[Decimal, Decimal] | None) -> None:
    """Draw those that bind a launch for the project, and what would come of it."""
    gauges, warnings = preview_launch(actor, project_id, cost_usd=cost_usd)
    if not gauges:
        return
    with card("Budgets", note="that this run counts to", key="launch-budgets"):
        for warning in warnings:
            st.markdown(f":orange[:material/warning:] {words.plain(warning)}")
        show_gauges(gauges)


def _show_way(actor: Actor) -> None:
    if actor.may(Permission.ANALYTICS_VIEW):
        st.page_link(BUDGETS.file, label="To the budgets", icon=":material/arrow_forward:")
