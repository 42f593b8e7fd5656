"""The numbers that lead the page of analytics, each with its course and its change against the period before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import streamlit as st

from lib.ui import words
from lib.ui.components.usage_bars import Bars
from lib.ui.components.usage_figures import Value, say_money, say_seconds, say_share, seconds
from lib.ui.words import plain
from lib.usage.views import Dashboard, UsageReport

#: Stands where a change would, so that the cards are alike.
_NONE_BEFORE: Final = "none before"
_UNTOLD: Final = "Runs are told apart by project, person and template only."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leading:
    """One of them, in words."""

    label: str
    value: str
    delta: str | None
    #: Whether more of it is worse: its change has a colour then.
    more_is_worse: bool = False
    course: Sequence[Value]
    help_text: str | None = None


def show_usage_metrics(dashboard: Dashboard, bars: Bars) -> None:
    """Draw the cards; on a phone two stand side by side."""
    report, before = dashboard.report, dashboard.before
    leads = (_cost, _runs, _tokens, _failed, _latency) if dashboard.query.is_model else (_calls, _failed, _latency)
    grid = st.grid(len(leads), min_column_width=165, gap="small")
    for lead in leads:
        leading = lead(report, before)
        with (
            grid.cell(),
            st.container(
                border=True,
                height="stretch",
                key=f"usage-metric-{leading.label.split(',')[0].lower().replace(' ', '-')}",
            ),
        ):
            _show(leading, bars.drawn, has_before=before is not None)


def _show(leading: _Leading, drawn: int, *, has_before: bool) -> None:
    color: Literal["inverse", "off"] = "inverse" if leading.more_is_worse else "off"
    is_alike = (leading.delta or "0").startswith("0")
    st.metric(
        leading.label,
        plain(leading.value),
        leading.delta or (_NONE_BEFORE if has_before else None),
        delta_color="off" if is_alike else color,
        delta_arrow="off" if is_alike else "auto",
        chart_data=draw_course(leading.course[:drawn]),
        chart_type="area",
        help=plain(leading.help_text) if leading.help_text else None,
    )


def draw_course(values: Sequence[Value]) -> Sequence[float]:
    """What is drawn of them: a share and a time have no value where there was no call, which is not nought.

    A level line where there are not two, for a card without a line is lower than those beside it.
    """
    known = [value for value in values if value is not None]
    return known if len(known) > 1 else (known or [0.0]) * 2


def _cost(report: UsageReport, before: UsageReport | None) -> _Leading:
    unpriced = report.total.unpriced_calls
    price = f"{words.count(unpriced, 'call')} of unknown price {words.are(unpriced)} not in it." if unpriced else None
    return _Leading(
        label="Cost",
        value=say_money(report.total.cost_usd),
        delta=words.change(float(report.total.cost_usd), float(before.total.cost_usd)) if before else None,
        more_is_worse=True,
        course=[float(figures.cost_usd) for figures in report.bars],
        help_text=price,
    )


def _calls(report: UsageReport, before: UsageReport | None) -> _Leading:
    return _Leading(
        label="Calls",
        value=words.number(report.total.calls),
        delta=words.change(report.total.calls, before.total.calls) if before else None,
        course=[figures.calls for figures in report.bars],
        help_text="Of operations that runs had carried out: each attempt is one.",
    )


def _runs(report: UsageReport, before: UsageReport | None) -> _Leading:
    is_told = bool(report.runs)
    growth = sum(report.runs) - sum(before.runs) if before else 0
    return _Leading(
        label="Runs",
        value=words.number(sum(report.runs)) if is_told else words.NOTHING,
        delta=words.growth(growth) if is_told and before else None,
        course=report.runs,
        help_text="Launched in this time." if is_told else _UNTOLD,
    )


def _tokens(report: UsageReport, before: UsageReport | None) -> _Leading:
    total = report.total
    return _Leading(
        label="Tokens",
        value=words.compact(total.tokens),
        delta=words.change(total.tokens, before.total.tokens) if before else None,
        course=[figures.tokens for figures in report.bars],
        help_text=f"{words.number(total.prompt_tokens)} asked, {words.number(total.completion_tokens)} answered.",
    )


def _failed(report: UsageReport, before: UsageReport | None) -> _Leading:
    share, share_before = report.total.failed_share, before.total.failed_share if before else None
    delta = None
    if share is not None and share_before is not None:
        delta = f"{words.growth((share - share_before) * 100, digits=1)} points"
    failed = words.count(report.total.failed_calls, "call")
    return _Leading(
        label="Failed calls",
        value=say_share(share),
        delta=delta,
        more_is_worse=True,
        course=[figures.failed_share for figures in report.bars],
        help_text=f"{failed} of {words.number(report.total.calls)} failed; most are made again by themselves.",
    )


def _latency(report: UsageReport, before: UsageReport | None) -> _Leading:
    median, median_before = seconds(report.latency.p50), seconds(before.latency.p50) if before else None
    delta = None
    if median is not None and median_before is not None:
        delta = f"{words.growth(median - median_before, digits=1)} s"
    return _Leading(
        label="Latency, median",
        value=say_seconds(median),
        delta=delta,
        more_is_worse=True,
        course=[seconds(latency.p50) for latency in report.latency_bars],
        help_text="Half of the calls took no longer. Times are right within a tenth.",
    )
