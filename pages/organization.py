"""Organization: its names, what its tier allows, and every setting of it."""

import streamlit as st

from lib.access.permissions import Permission
from lib.organizations.service import get_organization
from lib.ui.components import (
    legal_holds,
    organization_end,
    organization_facts,
    organization_forms,
    organization_tier,
    retention_state,
)
from lib.ui.components.addressed_tabs import addressed_tabs
from lib.ui.components.card import card
from lib.ui.components.page_header import page_header
from lib.ui.guard import require_actor

actor = require_actor(Permission.ORGANIZATION_EDIT)
organization = get_organization(actor)
with page_header("Organization", subtitle=f"{organization.name} · {organization.tier.capitalize()}"):
    pass

general, tier, models, security, limits = addressed_tabs(
    ["General", "Tier and use", organization_forms.MODELS_TAB, "Security", "Retention and limits"]
)
with general:
    left, right = st.columns([1.45, 1], gap="medium")
    with left:
        with card("Names"):
            organization_forms.show_names_form(organization)
        organization_facts.show_organization_activity(actor)
    with right:
        organization_facts.show_address(organization)
        organization_end.show_end_card(organization, actor=actor)
with tier:
    left, right = st.columns([1, 1.45], gap="medium")
    with left:
        organization_tier.show_use(organization, time_zone=actor.time_zone)
    with right:
        organization_tier.show_allowance(organization)
if models.open:  # it asks an endpoint which models it has
    with models, card(organization_forms.MODELS_TAB):
        organization_forms.show_models_form(organization)
with security, card("Security"):
    organization_forms.show_security_form(organization)
with limits:
    with card("Retention and limits"):
        organization_forms.show_limits_form(organization)
    if limits.open:
        left, right = st.columns(2, gap="medium")
        with left:
            legal_holds.show_holds(actor)
        with right:
            retention_state.show_retention(actor, organization)
