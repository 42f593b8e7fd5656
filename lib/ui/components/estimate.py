"""What a run will probably take, before anything is spent, and how that was worked out."""

from collections.abc import Iterator

import streamlit as st

from lib.organizations.views import Quota
from lib.runs.structures import PhaseEstimate, RunEstimate
from lib.ui import words
from lib.ui.components.metric_strip import Metric, show_metric_strip

_LONGEST_NAME = 40
_METHOD = (
    "Answers: as long as the middle half of the last 50 in this template's runs here, of the same model where there "
    "are some; where there are none, 200 to 1,500 tokens, or what max_tokens leaves. Prompts: rendered with answers of "
    "that length, counted by what earlier prompts took, else by 0.2 to 0.3 tokens a byte. Cost: at the prices of "
    "today. Time: along the longest way through the phases. Repeated attempts come on top."
)


def show_estimate(estimate: RunEstimate, quota: Quota, *, key: str) -> None:
    """Draw cost, time and calls, what is unknown of them, and how that was worked out, phase by phase."""
    show_metric_strip(
        [
            Metric("Cost", say_cost(estimate)),
            Metric("Time", words.clock_span(estimate.seconds), "In minutes and seconds."),
            Metric("Calls", words.number_span(estimate.calls), _say_left(quota), note=_left(quota)),
        ],
        key=f"strip-{key}",
    )
    for told in _warnings(estimate, quota):
        st.markdown(f":orange[:material/warning:] {words.plain(told)}")
    with st.expander("How this was estimated", type="compact"):
        st.dataframe(
            [_row(phase) for phase in estimate.phases],
            hide_index=True,
            row_height=32,
            height="content",
            key=f"estimate-{key}",
            alt="The estimate by phase",
            column_config={"Phase": st.column_config.TextColumn("Phase", width=130)},
        )
        st.markdown(f":gray[{words.plain(_METHOD)}]")


def say_cost(estimate: RunEstimate) -> str:
    """A range, "free", or "unknown"."""
    return words.money_span(estimate.cost_usd)


def _left(quota: Quota) -> str | None:
    return None if quota.limit is None else f"{words.number(max(quota.limit - quota.used, 0))} left"


def _say_left(quota: Quota) -> str | None:
    if quota.limit is None:
        return None
    return f"Of {words.number(quota.limit)} a month, {words.number(quota.used)} are used."


def _warnings(estimate: RunEstimate, quota: Quota) -> Iterator[str]:
    if estimate.unpriced_models:
        models = words.together([words.short(model, most=60) for model in estimate.unpriced_models])
        yield f"The price of {models} is not known here, so the cost is not either."
    if quota.limit is not None and quota.limit - quota.used < estimate.calls[1]:
        may = "may need" if estimate.calls[0] < estimate.calls[1] else "needs"
        yield f"It {may} more calls than are left this month: it would pause in the middle."


def _row(phase: PhaseEstimate) -> dict[str, object]:
    return {
        "Phase": words.short(phase.name, most=_LONGEST_NAME),
        "Tokens in": words.number_span(phase.prompt_tokens),
        "Tokens out": words.number_span(phase.completion_tokens),
        "Cost": words.money_span(phase.cost_usd),
        "Time": words.duration_span(phase.seconds),
        "From": words.count(phase.based_on, "attempt") if phase.based_on else "a default",
    }
