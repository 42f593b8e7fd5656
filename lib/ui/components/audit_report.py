"""The compliance report of a period: which days, and the link to the file."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.audit import trail
from lib.audit.report.period import enter_period, last_quarter, last_year, write_address
from lib.errors import InvalidInput
from lib.ui import words
from lib.ui.components.day_field import day_limits
from lib.ui.guard import require_actor
from lib.usage.periods import Period, last_month, this_month, today_in

#: What can be chosen -> the days that it is, by those of today and the reader's zone.
_SPANS: Final[Mapping[str, Callable[[date, str], Period]]] = {
    "Last quarter": last_quarter,
    "Last month": last_month,
    "This month so far": this_month,
    "Last year": last_year,
}
_OWN: Final = "Other days"
_KEY: Final = "audit-report"


@st.dialog("Compliance report", width="medium")
def show_report() -> None:
    """Draw a dialog that asks for the period and offers the file."""
    actor = require_actor(Permission.AUDIT_EXPORT)
    st.markdown(
        "One HTML file to read, print and hand on: people and their rights, what was changed of them, how people came "
        "in and who was kept out, retention, seals and exports."
    )
    if not trail.may_export(actor):
        st.markdown("Files of the audit trail are not part of your organization's tier.")
        return
    chosen = st.selectbox("Period", [*_SPANS, _OWN], key=f"{_KEY}-span")
    today = today_in(actor.time_zone)
    try:
        period = _SPANS[chosen](today, actor.time_zone) if chosen in _SPANS else _read_days(actor, today)
    except InvalidInput as error:
        st.markdown(f":red[:material/error: {words.plain(error.message)}]")
        return
    st.markdown(
        f"**{words.plain(words.days_span(period.first, period.last))}**, days of {words.plain(period.zone)}. "
        "People and rights are told as they were at the end of it."
    )
    path = f"/api/audit/report.html?{write_address(period)}"
    st.link_button("Make the report", path, icon=":material/download:", type="primary")
    st.markdown(
        ":gray[:small[All seals are verified while it is made: some ten seconds for each million entries. The audit "
        "trail notes who took it.]]"
    )


def _read_days(actor: Actor, today: date) -> Period:
    """The days that are entered; those of the last quarter to begin with. Raises `InvalidInput`."""
    begin = last_quarter(today, actor.time_zone)
    left, right = st.columns(2)
    with left:
        first = st.date_input("From", begin.first, format="YYYY-MM-DD", key=f"{_KEY}-from", **day_limits(begin.first))
    with right:
        last = st.date_input("To", begin.last, format="YYYY-MM-DD", key=f"{_KEY}-to", **day_limits(begin.last))
    return enter_period(first, last, actor.time_zone)
