"""The way from a thing to all that the audit trail says of it, for whoever may read it."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.audit.address import say_thing
from lib.audit.views import Thing
from lib.ui.components.audit_filters import ABOUT, WITH
from lib.ui.guard import require_actor
from lib.ui.navigation import AUDIT

#: In the menu "More" of a thing.
AUDIT_TRAIL: Final = "Audit trail"


def show_audit_link(actor: Actor, kind: str, thing_id: UUID) -> None:
    """Draw the link; of a person it leads to what they did as well."""
    if AUDIT.is_open_to(actor):
        st.page_link(AUDIT.file, label=AUDIT_TRAIL, icon=":material/history:", query_params=_name(kind, thing_id))


def show_more(options: Sequence[str], kind: str, thing_id: UUID, *, key: str, has_end: bool = True) -> str | None:
    """Draw the menu "More" of a thing and return what was chosen of these options; nothing where there is none.

    Who may read the trail finds the way to it there, last, or before the option at the end that does away with the
    thing; where it is chosen, that page opens.
    """
    offered = [*options]
    if require_actor().may(Permission.AUDIT_VIEW):
        offered.insert(len(options) - 1 if options and has_end else len(options), AUDIT_TRAIL)
    if not offered:
        return None
    chosen = st.menu_button("More", offered, icon=":material/more_horiz:", key=key)
    if chosen == AUDIT_TRAIL:
        st.switch_page(AUDIT.file, query_params=_name(kind, thing_id))
    return chosen


def _name(kind: str, thing_id: UUID) -> dict[str, str]:
    return {WITH: str(thing_id)} if kind == "users" else {ABOUT: say_thing(Thing(kind, thing_id))}
