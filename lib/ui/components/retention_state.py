"""What retention does in the organization: the way to see what would go, and what went last."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.organizations.views import OrganizationDetail
from lib.retention import service
from lib.retention.counting import say_counts
from lib.retention.views import SETTINGS, Removal
from lib.ui import words
from lib.ui.components.card import card
from lib.ui.components.retention_preview import show_preview, show_stop
from lib.ui.components.row_list import row, row_list

_MOST_SHOWN: Final = 5
_NONE_YET: Final = "Nothing was removed so far."
_IN_THE_TRAIL: Final = "What was removed stands in the audit trail, for whoever may read it."


def show_retention(actor: Actor, organization: OrganizationDetail) -> None:
    """Draw the card; not in the sample workspace, of which nothing is removed."""
    if organization.is_sample:
        return
    may_read = actor.may(Permission.AUDIT_VIEW)
    removals = service.list_removals(actor) if may_read else ()
    is_set = any(organization.values[setting] is not None for setting in SETTINGS)
    broken = service.find_broken_seal(actor)
    with card("Removed by retention", key="retention"):
        if broken is not None:
            show_stop(broken)
        if not is_set and not removals:
            st.markdown(
                ":gray[Nothing is removed: everything is kept for ever. Set days above, and you see first what that "
                "would remove.]"
            )
            return
        if removals:
            _show_removals(removals[:_MOST_SHOWN], actor.time_zone)
        else:
            st.markdown(f":gray[{_NONE_YET if may_read else _IN_THE_TRAIL}]")
        if is_set and st.button("Show what would be removed", icon=":material/visibility:", key="retention-preview"):
            show_preview()


def _show_removals(removals: Sequence[Removal], zone: str) -> None:
    with row_list("removals"):
        for removal in removals:
            counts = say_counts(removal.counts)
            title = words.together(counts) if counts else "Nothing"
            when = words.moment_in_table(removal.removed_at, zone=zone)
            with row(title, detail=f"{when} · from before {words.exact(removal.before, zone=zone)}"):
                pass
