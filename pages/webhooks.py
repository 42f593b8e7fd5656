"""Webhooks: where this organization's events are sent, and what became of each of them."""

import streamlit as st

from lib.access.permissions import Permission
from lib.ui import state
from lib.ui.components.card import card
from lib.ui.components.delivery_list import show_deliveries
from lib.ui.components.empty_state import empty_state
from lib.ui.components.page_header import page_header
from lib.ui.components.webhook_code import show_how_to_verify
from lib.ui.components.webhook_dialogs import show_new_endpoint
from lib.ui.components.webhook_list import say_endpoints, show_endpoints
from lib.ui.guard import require_actor
from lib.webhooks.service import list_endpoints

actor = require_actor(Permission.WEBHOOKS_VIEW)
st.session_state[state.IS_DECIDING] = False
may_manage = actor.may(Permission.WEBHOOKS_MANAGE)
endpoints = list_endpoints(actor)
said = f" {say_endpoints(endpoints)}." if endpoints else ""

with page_header("Webhooks", subtitle=f"Signed after the Standard Webhooks convention.{said}"):
    is_asking_how = st.button("How to verify", icon=":material/verified_user:")
    is_adding = may_manage and st.button("Add endpoint", type="primary", icon=":material/add:")
if is_asking_how:
    st.session_state[state.IS_DECIDING] = True
    show_how_to_verify()
if is_adding:
    show_new_endpoint()

if endpoints:
    with card(key="webhooks"):
        show_endpoints(actor, endpoints)
    show_deliveries(actor, endpoints)
else:
    text = (
        "A webhook tells another system what happens here as it happens: a run is done, an answer waits for somebody. "
        "Each is signed, sent again until it is accepted, and kept with what came back."
    )
    with empty_state("webhooks", icon=":material/webhook:", title="No endpoints yet", text=text):
        if may_manage and st.button("Add the first endpoint", icon=":material/add:"):
            show_new_endpoint()
