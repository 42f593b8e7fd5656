"""Legal holds: what nobody removes, whatever retention is set, until somebody releases it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import streamlit as st
from markupsafe import Markup

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.retention import service
from lib.retention.views import Hold
from lib.ui import feedback, words
from lib.ui.components.audit_link import show_audit_link
from lib.ui.components.card import card
from lib.ui.components.confirm_dialog import is_confirmed, show_confirm_dialog
from lib.ui.components.row_list import lines, row, row_list
from lib.ui.components.status import HOLD_RELEASED, ON_HOLD
from lib.ui.guard import require_actor

_WHOLE: Final = "The whole organization"
_EDIT: Final = Permission.ORGANIZATION_EDIT
#: Of those that were released, so many are shown.
_MOST_RELEASED: Final = 3
_LONGEST: Final = 60
_LONGEST_REASON: Final = 140
#: In place of a project.
_ALL: Final = UUID(int=0)


def show_holds(actor: Actor) -> None:
    """Draw what is held, what was held last, and the way to hold something."""
    holds = service.list_holds(actor)
    open_ones = [hold for hold in holds if hold.released_at is None]
    released = [hold for hold in holds if hold.released_at is not None][:_MOST_RELEASED]
    note = f"{words.number(len(open_ones))} open" if open_ones else None
    with card("Legal holds", note=note, key="legal-holds"):
        if not holds:
            st.markdown(
                ":gray[Keep everything of a project, or of the whole organization, for as long as a dispute or an "
                "inquiry needs it. While a hold is open nothing that it is about is removed, and the audit trail "
                "stays whole.]"
            )
        else:
            _show_list(actor, [*open_ones, *released])
        if st.button("Place a hold…", icon=":material/lock:", key="hold-new"):
            _ask_to_place()


def _show_list(actor: Actor, holds: Sequence[Hold]) -> None:
    with row_list("holds"):
        for hold in holds:
            is_open = hold.released_at is None
            state = ON_HOLD if is_open else HOLD_RELEASED
            with (
                row(_name(hold), detail=_say(hold, actor.time_zone), status=state),
                st.container(width="content", gap="xxsmall", key=f"hold-ways-{hold.id}"),
            ):
                if is_open and st.button("Release…", width="stretch", key=f"hold-release-{hold.id}"):
                    _ask_to_release(hold)
                show_audit_link(actor, "legal_holds", hold.id)


def _say(hold: Hold, zone: str) -> Markup:
    """Why, and since when: to the minute, for that is what counts in a dispute."""
    said = _say_who("Placed", hold.placed_by, hold.placed_at, zone)
    if hold.released_at is not None:
        said = _say_who("Released", hold.released_by, hold.released_at, zone)
    return lines(words.short(hold.reason, most=_LONGEST_REASON), said)


def _say_who(did: str, name: str | None, moment: datetime, zone: str) -> str:
    by = f"by {words.short(name, most=40)}, " if name else ""
    return f"{did} {by}{words.moment_in_table(moment, zone=zone)}"


@st.dialog("Place a legal hold", width="medium")
def _ask_to_place() -> None:
    actor = require_actor(_EDIT)
    names = {_ALL: _WHOLE, **words.distinct(dict(service.list_projects(actor)))}
    chosen = st.selectbox(
        "What it keeps",
        [*names],
        format_func=lambda key: names[key],
        help="Of a project: its runs and its usage. The audit trail is kept whole in any case.",
        key="hold-project",
    )
    reason = st.text_input("Reason", max_chars=service.MAX_REASON, key="hold-reason")
    if is_confirmed("Place it", key="hold-go"):
        with feedback.told():
            service.place_hold(actor, None if chosen == _ALL else chosen, reason=reason)
            feedback.succeeded("The hold is placed. Nothing that it is about is removed.")
            st.rerun()


def _ask_to_release(hold: Hold) -> None:
    def release(actor: Actor) -> str:
        service.release_hold(actor, hold.id)
        return "The hold is released."

    show_confirm_dialog(
        f"Release the hold on {words.short(_name(hold), most=_LONGEST)}?",
        text="From then on workers remove what is older than it is kept, unless another hold keeps it. What is removed "
        "can't be brought back. The hold itself stays in this list and in the audit trail.",
        action="Release it",
        on_confirm=release,
        key=f"hold-release-{hold.id}",
    )


def _name(hold: Hold) -> str:
    if hold.project_id is None:
        return _WHOLE
    return hold.project or "A project that you do not see"
