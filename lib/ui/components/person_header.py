"""The head of a person's page, with what may be done to them."""

import streamlit as st
from markupsafe import Markup

from lib.access.actor import Actor
from lib.ui import words
from lib.ui.components import status
from lib.ui.components.confirm_dialog import show_confirm_dialog
from lib.ui.components.page_header import page_header
from lib.ui.components.password_link import show_password_link
from lib.ui.navigation import USERS
from lib.users.changes import deactivate, end_sessions, reactivate
from lib.users.views import PersonDetail, PersonStatus

_CONTEXT = Markup("{} · {}")
_RESET, _END = "Reset password…", "End sessions…"


def show_person_header(person: PersonDetail) -> None:
    """Draw name, status, role, and the buttons that this person may press."""
    is_active = person.status is PersonStatus.ACTIVE
    with page_header(
        person.name,
        status=status.PERSON[person.status],
        parent=(USERS.file, "Users"),
        subtitle=_CONTEXT.format(words.visible(person.email), person.role.capitalize()),
    ):
        chosen = _show_more(person)
        is_deactivating = person.may_deactivate and is_active and st.button("Deactivate", icon=":material/person_off:")
        is_reactivating = (
            person.may_deactivate and not is_active and st.button("Reactivate", icon=":material/person_check:")
        )
    if chosen == _RESET:
        show_password_link(person)
    elif chosen == _END:
        _ask_to_end_sessions(person)
    elif is_deactivating:
        _ask_to_deactivate(person)
    elif is_reactivating:
        _ask_to_reactivate(person)


def _show_more(person: PersonDetail) -> str | None:
    """The menu of what is asked for seldom; returns what was chosen in this run."""
    offered = [
        *([_RESET] if person.may_make_password_link else []),
        *([_END] if person.may_end_sessions and person.sessions else []),
    ]
    if not offered:
        return None
    chosen: str | None = st.menu_button("More", offered, icon=":material/more_horiz:", key="more-person")
    return chosen


def _ask_to_end_sessions(person: PersonDetail) -> None:
    def end(actor: Actor) -> str:
        return f"{words.count(end_sessions(actor, person.id), 'session')} ended."

    show_confirm_dialog(
        f"End the sessions of {words.short(person.name, most=60)}?",
        text="They are signed out everywhere, at once, also in open pages. They may sign in again with their password.",
        action="End the sessions",
        on_confirm=end,
        key="end-sessions",
    )


def _ask_to_deactivate(person: PersonDetail) -> None:
    def do(actor: Actor) -> str:
        deactivate(actor, person.id)
        return f"{person.name} is deactivated."

    show_confirm_dialog(
        f"Deactivate {words.short(person.name, most=60)}?",
        text="They are signed out everywhere, at once, and can't sign in any more. Links of invitations that they made "
        "stop working. Their projects and runs stay, and runs under way go on. You can reactivate them.",
        action="Deactivate",
        on_confirm=do,
        key="deactivate-person",
    )


def _ask_to_reactivate(person: PersonDetail) -> None:
    def do(actor: Actor) -> str:
        reactivate(actor, person.id)
        return f"{person.name} may sign in again."

    more = len(person.permissions)
    beside = f" and {words.count(more, 'permission')} beside it" if more else ""
    show_confirm_dialog(
        f"Reactivate {words.short(person.name, most=60)}?",
        text=f"They may sign in again with their password, with the role {person.role}{beside}. Sessions that were "
        "ended stay so.",
        action="Reactivate",
        on_confirm=do,
        key="reactivate-person",
    )
