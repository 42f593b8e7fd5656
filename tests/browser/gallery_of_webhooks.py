"""The part of the gallery that shows an endpoint as a reader sees it, and what the Webhooks page has of its own."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import streamlit as st

from lib.ui.components.webhook_list import show_endpoints
from tests.made_webhooks import see_webhook

#: Somebody who may not do anything to it.
READER: Any = SimpleNamespace(may=lambda _: False, time_zone="UTC")


def show_webhooks() -> None:
    """Every component of the Webhooks page that has rules of its own."""
    show_endpoints(READER, [see_webhook(UUID(int=8))])
    with st.container(key="event-group-gallery"):  # lib/ui/components/webhook_form.py draws into ones of these names
        st.checkbox("Runs: all of them")
        with st.container(key="events-gallery"):
            st.checkbox("run.queued: sent when a run was launched")
    for key in ("delivery", "audit-entry"):  # what is open beside its list
        with st.columns(2)[1], st.container(key=key):
            st.markdown("What is open")
