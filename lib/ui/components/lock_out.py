"""The question before a second factor is required of people who have no time left to set one up."""

from collections.abc import Callable

import streamlit as st

from lib.access.actor import Actor
from lib.organizations.changes import Values
from lib.organizations.service import count_locked_out
from lib.organizations.views import LockedOut
from lib.ui import words
from lib.ui.components.confirm_dialog import show_confirm_dialog
from lib.ui.guard import require_actor
from lib.ui.navigation import ACCOUNT


def ask_before_locking_out(entered: Values, *, seen: Values, save: Callable[[Actor], str]) -> bool:
    """Ask, and say that it was asked, where saving these settings would lock anybody out at once; `save` does it."""
    locked_out = count_locked_out(require_actor(), entered, seen=seen)
    if not locked_out.people:
        return False
    show_confirm_dialog(
        "Require a second factor at once?",
        text=_say(locked_out),
        action="Require it at once",
        on_confirm=save,
        key="lock-out",
        instead=_offer_own_set_up if locked_out.is_oneself else None,
    )
    return True


def _say(locked_out: LockedOut) -> str:
    others = locked_out.people - locked_out.is_oneself
    if locked_out.is_oneself:
        who = f"You and {words.count(others, 'other')} are" if others else "You are"
    else:
        who = f"{words.count(others, 'person', plural='people')} {words.are(others)}"
    return (
        f"{who} without a second factor. From the moment this is saved, nothing but its set-up is "
        "open to whoever has none, in open pages too; runs go on. With more days to set it up nobody is locked out now."
    )


def _offer_own_set_up() -> None:
    st.page_link(ACCOUNT.file, label="Set up your own first", icon=":material/shield_lock:")
