"""The way from a thing's page to all that the audit trail says of it."""

from uuid import UUID

import streamlit as st

from lib.access.actor import Actor
from lib.audit.address import say_thing
from lib.audit.views import Thing
from lib.ui.components.audit_filters import ABOUT, WITH
from lib.ui.navigation import AUDIT


def show_audit_link(actor: Actor, kind: str, thing_id: UUID) -> None:
    """Draw the link, for whoever may read the trail; of a person it leads to what they did as well."""
    if not AUDIT.is_open_to(actor):
        return
    named = {WITH: str(thing_id)} if kind == "users" else {ABOUT: say_thing(Thing(kind, thing_id))}
    st.page_link(AUDIT.file, label="Audit trail", icon=":material/history:", query_params=named)
