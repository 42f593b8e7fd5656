"""The organization's endpoints, one a row, with how each has done lately and what can be done about it."""

from collections.abc import Sequence
from typing import Final

import streamlit as st
from markupsafe import Markup

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.ui import feedback, words
from lib.ui.components import webhook_dialogs as dialogs
from lib.ui.components.audit_link import show_more
from lib.ui.components.delivery_detail import open_delivery
from lib.ui.components.moment import moment_inline
from lib.ui.components.row_list import row_list, show_context
from lib.ui.components.status import WEBHOOK, inline
from lib.ui.guard import require_actor
from lib.webhooks import deliveries
from lib.webhooks.catalogue import EVENTS
from lib.webhooks.queries import RECENT
from lib.webhooks.views import EndpointState, EndpointView

_MANAGE: Final = Permission.WEBHOOKS_MANAGE
_EDIT, _ROTATE, _PAUSE, _SWITCH_ON = "Edit…", "Rotate secret…", "Pause…", "Switch on…"
_REDELIVER, _DELETE = "Deliver failed again…", "Delete…"
#: So many events are named, and the others counted.
_MOST_NAMED: Final = 3
#: In characters: what is longer is cut, and stands whole in the dialog that edits it.
_LONGEST_NAME, _LONGEST_TEXT, _LONGEST_REASON = 80, 140, 300
_ADDRESS: Final = Markup('<code class="ao-address" title="{0}">{0}</code>')


def say_endpoints(endpoints: Sequence[EndpointView]) -> str:
    """How many there are, and how much they were sent lately: `1 endpoint, 4 deliveries in 7 days, tests aside`."""
    sent = sum(endpoint.recent for endpoint in endpoints)
    more = " or more" if any(endpoint.recent >= RECENT for endpoint in endpoints) else ""
    deliveries = words.count(sent, "delivery", plural="deliveries")
    return f"{words.count(len(endpoints), 'endpoint')}, {deliveries}{more} in 7 days, tests aside"


def show_endpoints(actor: Actor, endpoints: Sequence[EndpointView]) -> None:
    """Draw the rows; who may not manage them reads only, and who reads the trail gets there."""
    may_do = actor.may(_MANAGE) or actor.may(Permission.AUDIT_VIEW)
    with row_list("webhooks"):
        for endpoint in endpoints:
            with st.container(gap="xxsmall"):  # on a phone the parts stand one below the other
                left, middle, *right = st.columns([5, 4.2, 3] if may_do else [1, 1], vertical_alignment="center")
                with left, st.container(gap="xxsmall"):
                    _show_what(endpoint)
                with middle, st.container(gap="xxsmall"):
                    _show_how(endpoint, actor.time_zone)
                if right:
                    with right[0], st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
                        _show_actions(endpoint, may_manage=actor.may(_MANAGE))


def _show_what(endpoint: EndpointView) -> None:
    st.markdown(f"**{words.plain(words.short(endpoint.name, most=_LONGEST_NAME))}**")
    told = [_ADDRESS.format(words.line(endpoint.url)), _say_events(endpoint)]
    if endpoint.description:
        told.append(words.short(endpoint.description, most=_LONGEST_TEXT))
    show_context(*told)


def _say_events(endpoint: EndpointView) -> str:
    if len(endpoint.events) == len(EVENTS):
        return "all events"
    return words.some(endpoint.events, most=_MOST_NAMED, longest=40) or "no events"


def _show_how(endpoint: EndpointView, time_zone: str) -> None:
    st.markdown(inline(WEBHOOK[endpoint.state]))
    told = _say_standing(endpoint, time_zone)
    waiting = f" · {dialogs.say_waiting(endpoint.waiting)} for it" if endpoint.waiting else ""
    told.append(f"{_say_recent(endpoint)}{waiting}")
    ends_at = endpoint.previous_secret_expires_at
    if ends_at and ends_at > clock.now():
        until = moment_inline(ends_at, time_zone=time_zone)
        told.append(Markup("Two secrets sign; the one before ends {}").format(until))
    show_context(*told)


def _say_standing(endpoint: EndpointView, time_zone: str) -> list[str]:
    """Why it does not work, and what to do about it; a moment ends the line that it stands in."""
    if endpoint.state is EndpointState.PAUSED:
        return ["Events are kept for it until it is switched on"]
    if endpoint.state is EndpointState.STOPPED:
        when = moment_inline(endpoint.disabled_at, time_zone=time_zone)
        why = words.short(endpoint.disabled_reason or "", most=_LONGEST_REASON)
        to_do = Markup("Put that right there, then switch it on. It stopped {}").format(when)
        return [why, to_do]
    if endpoint.state is EndpointState.FAILING:
        times = endpoint.consecutive_failures
        since = moment_inline(endpoint.failing_since, time_zone=time_zone)
        what = f"{words.count(times, 'attempt')} failed in a row"
        told = [Markup("Tried again by itself: {}, the first {}").format(what, since)]
        return told + _say_rest(endpoint, time_zone)
    return _say_rest(endpoint, time_zone)


def _say_rest(endpoint: EndpointView, time_zone: str) -> list[str]:
    """Until when it is left alone, where it is."""
    if endpoint.resume_at is None or endpoint.resume_at <= clock.now():
        return []
    return [Markup("Left alone, next call {}").format(moment_inline(endpoint.resume_at, time_zone=time_zone))]


def _say_recent(endpoint: EndpointView) -> str:
    if endpoint.recent:
        share = words.share(endpoint.recent_delivered / endpoint.recent, digits=1)
        of_what = f"the newest {words.number(RECENT)}" if endpoint.recent >= RECENT else words.number(endpoint.recent)
        return f"{share} of {of_what} accepted in 7 days"
    return (
        "Nothing sent yet, tests aside"
        if endpoint.last_triggered_at is None
        else "Nothing accepted or refused in 7 days"
    )


def _show_actions(endpoint: EndpointView, *, may_manage: bool) -> None:
    if may_manage and st.button("Send test", icon=":material/send:", key=f"test-{endpoint.id}"):
        send_test(endpoint)
    switch = _PAUSE if endpoint.is_active else _SWITCH_ON
    options = [_EDIT, _ROTATE, switch, _REDELIVER, _DELETE] if may_manage else []
    chosen = show_more(options, "webhooks", endpoint.id, key=f"more-{endpoint.id}")
    if chosen == _EDIT:
        dialogs.show_edit_endpoint(endpoint)
    elif chosen == _ROTATE:
        dialogs.show_rotation(endpoint)
    elif chosen == _PAUSE:
        dialogs.ask_to_pause(endpoint)
    elif chosen == _SWITCH_ON:
        dialogs.ask_to_resume(endpoint)
    elif chosen == _REDELIVER:
        dialogs.ask_to_redeliver(endpoint.id, endpoint.name)
    elif chosen == _DELETE:
        dialogs.ask_to_delete(endpoint)


def send_test(endpoint: EndpointView) -> None:
    """Send a test event, and open its delivery: there stands how it goes."""
    with feedback.told():
        open_delivery(deliveries.send_test(require_actor(_MANAGE), endpoint.id))
