"""What an endpoint answered: to the newest attempt at a delivery, and to each of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import streamlit as st
from markupsafe import Markup

from lib import clock
from lib.clock import find_zone
from lib.ui import words
from lib.ui.components.moment import moment_inline
from lib.ui.components.row_list import row_list, show_context
from lib.ui.components.status import DELIVERY, inline
from lib.webhooks.views import AttemptView, DeliveryDetail

#: Of an answer's body so much is kept, in bytes.
_KEPT_BYTES: Final = 4_000


def show_response(attempts: Sequence[AttemptView], time_zone: str) -> None:
    """Draw what came back last."""
    if not attempts:
        st.markdown(":gray[Nothing came back yet.]")
        return
    newest = attempts[0]
    if newest.status_code is None:
        show_context(f"No answer came. {words.line(newest.error or '')}")
        return
    took = "" if newest.duration_ms is None else f" :gray[in {words.number(newest.duration_ms)} ms]"
    st.markdown(f"**{newest.status_code}**{took}")
    if newest.resume_at:
        st.markdown(f":gray[{_say_rest(newest.resume_at, time_zone)}]")
    if not newest.response:
        st.markdown(":gray[Its body is empty.]")
        return
    st.code(words.visible(newest.response), language=None, wrap_lines=True)
    if len(newest.response.encode()) >= _KEPT_BYTES:
        st.markdown(":gray[:small[:material/content_cut: Cut at 4 kB: more is not kept.]]")


def _say_rest(until: datetime, time_zone: str) -> str:
    zone = find_zone(time_zone)
    is_today = until.astimezone(zone).date() == clock.now().astimezone(zone).date()
    moment = words.hour(until, zone=time_zone) if is_today else words.day_and_minute(until, zone=time_zone)
    return f"It asked to be left alone until {moment}"


def show_attempts(detail: DeliveryDetail, time_zone: str) -> None:
    """Draw each attempt, the newest first."""
    if not detail.attempts:
        st.markdown(":gray[None yet.]")
        return
    with row_list("attempts"):
        for attempt in detail.attempts:
            with st.container(gap="xxsmall"):
                _show_attempt(attempt, time_zone, url=detail.url)


def _show_attempt(attempt: AttemptView, time_zone: str, *, url: str) -> None:
    how = DELIVERY["failed" if attempt.error else "delivered"]
    st.markdown(f"**{attempt.number}** {inline(how, text=str(attempt.status_code or 'No answer'))}")
    took = "" if attempt.duration_ms is None else f"{words.number(attempt.duration_ms)} ms · "
    when = Markup("{}{}").format(took, moment_inline(attempt.started_at, time_zone=time_zone))
    told = [when, *([words.short(attempt.error, most=300)] if attempt.error else [])]
    if attempt.resume_at:
        told.append(_say_rest(attempt.resume_at, time_zone))
    if attempt.url and attempt.url != url:
        told.append(f"Sent to {words.line(attempt.url)}, its address of then")
    show_context(*told)
