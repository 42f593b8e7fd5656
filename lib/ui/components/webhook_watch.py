"""What the Webhooks page does while something is under way: it looks, and is drawn anew once something has moved."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

import streamlit as st

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.models.webhook import DeliveryStatus
from lib.ui import feedback, state
from lib.ui.guard import require_actor
from lib.webhooks import deliveries
from lib.webhooks.views import DeliveryView, EndpointView

#: Between two looks.
_LOOK_SECONDS: Final = 3.0
_OPEN: Final = (DeliveryStatus.PENDING, DeliveryStatus.SENDING)


def show_watch(
    actor: Actor, endpoints: Sequence[EndpointView], shown: Sequence[DeliveryView], *, newest: UUID | None
) -> None:
    """Have all of the page follow what happens to these; where nothing is under way, nothing is asked.

    `newest` is the newest delivery of all, where the page has just read which that is.
    """
    if actor.is_sample or not _is_under_way(endpoints, shown):  # from the sample nothing is sent
        return
    seen = [deliveries.pulse_of(endpoints, shown, newest=newest)]
    ids = [delivery.id for delivery in shown]
    fresh = [True]  # what was read a moment ago serves the first time

    def look() -> None:
        if fresh:
            fresh.pop()
            return
        now = deliveries.watch(require_actor(Permission.WEBHOOKS_VIEW), ids)
        if seen[0].newest is None:
            seen[0] = replace(seen[0], newest=now.newest)
        if now != seen[0] and not st.session_state.get(state.IS_DECIDING):
            feedback.draw_anew()

    feedback.live(look, seconds=_LOOK_SECONDS)


def _is_under_way(endpoints: Sequence[EndpointView], shown: Sequence[DeliveryView]) -> bool:
    now = clock.now()
    return any(
        endpoint.is_active and (endpoint.waiting or (endpoint.resume_at and endpoint.resume_at > now))
        for endpoint in endpoints
    ) or any(delivery.status in _OPEN and not delivery.is_held for delivery in shown)
