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


def audit_option() -> Sequence[str]:
    """What stands of it in a menu of options, also in one that has nothing else; nothing for who may not read it."""
    return [AUDIT_TRAIL] if require_actor().may(Permission.AUDIT_VIEW) else []


def open_audit(kind: str, thing_id: UUID) -> None:
    """Go there, where the option was chosen."""
    st.switch_page(AUDIT.file, query_params=_name(kind, thing_id))


def _name(kind: str, thing_id: UUID) -> dict[str, str]:
    return {WITH: str(thing_id)} if kind == "users" else {ABOUT: say_thing(Thing(kind, thing_id))}
