"""What a person may do: the form of their role and permissions, and each permission with its reason."""

from collections.abc import Mapping
from typing import Final

import pandas as pd
import streamlit as st

from lib.access.actor import Actor
from lib.access.permission_names import PERMISSIONS
from lib.access.permissions import Scope
from lib.ui import feedback
from lib.ui.components import status
from lib.ui.components.card import card
from lib.ui.components.permission_words import holders_in_words, role_in_words
from lib.ui.guard import require_actor
from lib.users.changes import change_rights
from lib.users.people import explain
from lib.users.rights import permissions_to_give, roles_to_give
from lib.users.views import Explained, PersonDetail, PersonStatus, Reason

#: In pixels: together as wide as the card in a window of 1280, and each as wide as its longest words.
WIDTHS: Final[Mapping[str, int]] = {"Held": 98, "What": 250, "Why": 258}


def show_rights_form(actor: Actor, person: PersonDetail) -> None:
    """Draw role and permissions to be changed, as far as this person may hand them out."""
    seen_key = f"rights-seen-{person.id}"
    seen = st.session_state.get(seen_key, person.rights)  # as the form showed it that is sent now
    st.session_state[seen_key] = person.rights
    roles = roles_to_give(actor, person.rights)
    offered = [each for each in PERMISSIONS if each in permissions_to_give(actor) or each in person.permissions]
    with card("Role and permissions"), st.form("rights", border=False):
        role = st.selectbox("Role", roles, index=roles.index(person.role), format_func=role_in_words)
        permissions = st.multiselect(
            "Permissions beside the role",
            offered,
            default=[each for each in offered if each in person.permissions],
            format_func=PERMISSIONS.__getitem__,
            help="For everything in the organization, also what the role has for their own only.",
            placeholder="None",
        )
        answer = st.container()
        is_saved = st.form_submit_button("Save rights", type="primary")
    if is_saved:
        with answer, feedback.told():
            change_rights(require_actor(), person.id, role=role, permissions=permissions, seen=seen)
            feedback.succeeded("The rights are changed. They hold from the next click on.")
            st.rerun()


def show_explanation(person: PersonDetail) -> None:
    """Draw each permission, whether the person holds it, and why."""
    explained = explain(person)
    held = [each for each in explained if each.scope is not None]
    lacking = [each for each in explained if each.scope is None]
    note = "nothing of it while they are deactivated" if person.status is PersonStatus.DEACTIVATED else None
    with card("What they may do, and why", note=note):
        shown = st.segmented_control(
            "Show",
            ["held", "lacking"],
            default="held",
            format_func={"held": f"They may ({len(held)})", "lacking": f"They may not ({len(lacking)})"}.__getitem__,
            label_visibility="collapsed",
            required=True,
            key="explained",
        )
        rows = held if shown == "held" else lacking
        st.dataframe(
            pd.DataFrame([_row(person, each) for each in rows], columns=["Held", "What", "Why"]),
            hide_index=True,
            row_height=38,
            height="content",
            column_config={
                "Held": status.column(status.HELD, label="Held", width=WIDTHS["Held"]),
                "What": st.column_config.TextColumn("What", width=WIDTHS["What"]),
                "Why": st.column_config.TextColumn("Why", width=WIDTHS["Why"]),
            },
            placeholder="",
            alt="Permissions",
            key="explanation",
        )


def _row(person: PersonDetail, each: Explained) -> dict[str, object]:
    return {
        "Held": status.cell(status.HELD[each.scope or "none"]),
        "What": PERMISSIONS[each.permission],
        "Why": say_why(person, each),
    }


def say_why(person: PersonDetail, each: Explained) -> str:
    """Why the person holds a permission, or who does instead."""
    match each.reason:
        case Reason.GRANT:
            return "Granted to them beside their role"
        case Reason.ROLE if each.scope is Scope.OWN:
            return f"Every {person.role} may, for their own"
        case Reason.ROLE:
            return f"Every {person.role} may"
    return f"{holders_in_words(each.permission).capitalize()} may"
