"""The charts of the page of analytics, or what stands there while there is nothing to be seen."""

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.budgets.gauges import find_month_gauge
from lib.ui import words
from lib.ui.components.empty_state import NO_MATCH_ICON, empty_state
from lib.ui.components.usage_address import RANGE, Asked, Range, choose_sort, write_address
from lib.ui.components.usage_bars import Bars, bars_of
from lib.ui.components.usage_figures import DIMENSIONS, MODELS, OPERATIONS, sort_of
from lib.ui.components.usage_filters import show_usage_filters
from lib.ui.components.usage_forecast import show_forecast
from lib.ui.components.usage_heat import show_heat
from lib.ui.components.usage_lines import show_failures, show_latency
from lib.ui.components.usage_main_chart import show_main_chart
from lib.ui.components.usage_metrics import show_usage_metrics
from lib.ui.components.usage_top import show_top
from lib.ui.navigation import LAUNCH
from lib.usage.views import Dashboard


def show_dashboard(actor: Actor, asked: Asked, dashboard: Dashboard) -> None:
    """Draw filters, numbers and charts."""
    if not dashboard.has_calls:
        _show_never(actor)
        return
    if not dashboard.query.is_model and not dashboard.has_operations:
        _show_no_operations()
        return
    show_usage_filters(actor, asked, dashboard)
    bars = bars_of(dashboard.report)
    show_usage_metrics(dashboard, bars)
    if not dashboard.report.total.calls:
        _show_none(asked, dashboard)
        return
    if dashboard.query.is_model:
        _show_models(actor, asked, dashboard, bars)
    else:
        _show_operations(asked, dashboard, bars)
    show_heat(dashboard)


def show_sorts(dashboard: Dashboard) -> None:
    """Draw the switch between calls to models and those of operations, where there were any of these.

    Whoever asks for them where there were none finds the way back.
    """
    if dashboard.query.is_model and not dashboard.has_operations:
        return
    sorts = {sort.word: sort for sort in (MODELS, OPERATIONS)}
    key = "usage-of"
    st.session_state[key] = sort_of(dashboard.query).word
    st.segmented_control(
        "Calls",
        [*sorts],
        format_func=lambda word: sorts[word].label,
        label_visibility="collapsed",
        required=True,
        wrap=False,
        key=key,
        on_change=lambda: choose_sort(sorts[st.session_state[key]]),
    )


def _show_models(actor: Actor, asked: Asked, dashboard: Dashboard, bars: Bars) -> None:
    left, right = st.columns(2, gap="small")
    with left:
        show_main_chart(asked, dashboard, bars)
    with right:
        # the forecast is of what the filters leave, and the budget of everything
        budget = None if dashboard.query.chosen else find_month_gauge(actor)
        show_forecast(dashboard.forecast, budget, zone=dashboard.query.period.zone)
    columns = st.columns(3, gap="small")
    with columns[0]:
        show_latency(dashboard, bars)
    with columns[1]:
        show_failures(dashboard, bars)
    with columns[2]:
        show_top(asked, dashboard)


def _show_operations(asked: Asked, dashboard: Dashboard, bars: Bars) -> None:
    """Nothing of them has a price, so none is expected."""
    left, right = st.columns(2, gap="small")
    with left:
        show_main_chart(asked, dashboard, bars)
        show_failures(dashboard, bars)
    with right:
        show_latency(dashboard, bars)
        show_top(asked, dashboard)


def _show_never(actor: Actor) -> None:
    text = (
        "What calls to models cost, how long they take and why some fail is added up here, "
        "by project, person, model and template. The first run makes the first calls."
    )
    with empty_state("usage", icon=":material/monitoring:", title="Nothing to add up yet", text=text):
        if actor.may(Permission.ORCHESTRATIONS_RUN) and st.button("Launch a run", icon=":material/rocket_launch:"):
            st.switch_page(LAUNCH.file)


def _show_no_operations() -> None:
    text = "The files, messages and calls of other systems that phases hand on are added up here. There was none yet."
    with empty_state("operations", icon=":material/output:", title="No operations yet", text=text):
        st.button("Show model calls", on_click=choose_sort, args=(MODELS,))


def _show_none(asked: Asked, dashboard: Dashboard) -> None:
    period, chosen = dashboard.report.period, dashboard.query.chosen
    said = words.days_span(period.first, period.last)
    narrowed = words.together([DIMENSIONS[by] for by in chosen]) if chosen else ""
    is_longest = asked.range is Range.YEAR
    other = "“Custom” leads to days before." if is_longest else "Another range may have some."
    text = f"{said}, narrowed by {narrowed}." if narrowed else f"{said}. {other}"
    with empty_state("filters", icon=NO_MATCH_ICON, title="No calls in this time", text=text):
        if chosen:
            st.button(
                "Clear the filters", icon=":material/close:", on_click=write_address, kwargs=dict.fromkeys(DIMENSIONS)
            )
        elif not is_longest:
            year = {RANGE: str(Range.YEAR), "from": None, "to": None}
            st.button("Show 12 months", on_click=write_address, kwargs=year)
