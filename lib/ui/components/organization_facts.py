"""What the Organization page says beside its forms: where it is found, and what was done to it."""

from collections.abc import Mapping
from typing import Final

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.audit.service import list_organization_changes
from lib.audit.views import Thing
from lib.organizations.fields import LABELS
from lib.organizations.views import OrganizationDetail
from lib.ui import organization_address, words
from lib.ui.components.activity import current_change, show_activity
from lib.ui.components.card import card

_COLUMNS: Final[Mapping[str, str]] = {
    "subscription_tier": "Tier",
    "api_quota_limit": "Calls a month",
    "suspension_reason": "Reason",
    "deletes_at": "Ends at",
    "deleted_at": "Ended at",
    "settings": "Settings",
}
_NAMES: Final = {**_COLUMNS, **LABELS, **{f"settings.{field}": label for field, label in LABELS.items()}}


def show_address(organization: OrganizationDetail) -> None:
    """Draw the address to give away, and those from before."""
    with card("Address"):
        st.code(organization_address.address_of(organization.slug), language=None, wrap_lines=True)
        st.markdown(":gray[Put it before any page, as in …/run?run=…, and only your own people see what is there.]")
        if organization.former_slugs:
            former = ", ".join(words.plain(slug) for slug in organization.former_slugs)
            st.markdown(f":gray[These lead here as well: {former}]")


def show_organization_activity(actor: Actor) -> None:
    """Draw what was done to the organization itself, for whoever may read the audit trail."""
    if not actor.may(Permission.AUDIT_VIEW):
        return
    changes = list_organization_changes(actor, cursor=current_change())
    show_activity(actor, Thing("organizations", actor.organization_id), changes, names=_NAMES)
