"""Connections: the organization's own ways to models, and where operations go; keys are entered and never shown."""

import streamlit as st

from lib.access.permissions import Permission
from lib.connections.integrations.service import list_integrations
from lib.connections.offers import list_environment_models
from lib.connections.service import list_connections
from lib.ui import words
from lib.ui.components import connection_dialogs
from lib.ui.components.card import card
from lib.ui.components.connection_list import show_connections
from lib.ui.components.empty_state import empty_state
from lib.ui.components.integration_list import show_integrations, show_new_integration
from lib.ui.components.page_header import page_header
from lib.ui.guard import require_actor

actor = require_actor(Permission.CONNECTIONS_VIEW)
may_manage = actor.may(Permission.CONNECTIONS_MANAGE)
with page_header("Connections", subtitle="Who answers your runs. Keys are kept encrypted and never shown again."):
    is_adding = may_manage and st.button("Add connection", type="primary", icon=":material/add:")
if is_adding:
    connection_dialogs.show_new_connection()

connections = list_connections(actor)
if connections:
    with card("Your connections", note=words.count(len(connections), "connection"), key="connections"):
        show_connections(actor, connections)
else:
    text = "Connect OpenAI, Anthropic, Google, Azure OpenAI or any compatible endpoint with a key of your own."
    with empty_state("connections", icon=":material/cable:", title="No connections of your own yet", text=text):
        if may_manage and st.button("Add the first connection", icon=":material/add:"):
            connection_dialogs.show_new_connection()

integrations = list_integrations(actor)
with card("Integrations", note="where operations after a phase go", key="integrations"):
    if integrations:
        show_integrations(actor, integrations)
    else:
        st.markdown(":gray[None yet. A service, a bucket or a channel that runs may write to once somebody approves.]")
    if may_manage and st.button("Add integration", icon=":material/add:"):
        show_new_integration()

offered = list_environment_models(actor)
with card("The installation's own models", note="set up by whoever runs it", key="environment"):
    if offered:
        names = ", ".join(model.full_label for model in offered)
        st.markdown(f":gray[Also offered to your people: {words.plain(words.short(names, most=300))}]")
    else:
        st.markdown(":gray[None are offered to your organization.]")
