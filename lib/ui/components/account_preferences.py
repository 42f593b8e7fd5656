"""The Account page's preferences: where one lives, where one lands, what one wants to be told."""

from typing import Final

import streamlit as st

from lib import clock
from lib.access.actor import DEFAULT_LANDING_PAGE, Actor
from lib.access.permissions import Permission
from lib.ui import feedback
from lib.ui.guard import require_actor
from lib.ui.navigation import PAGES
from lib.users.service import update_preferences
from lib.users.structures import Preferences

#: Name -> what the mail would say.
_NOTIFICATIONS: Final = {
    "run_finished": "A run of mine has finished",
    "run_failed": "A run of mine has failed",
    "review_waiting": "A review waits for me",
    "budget_reached": "A budget of mine, or one that I manage, is nearly or wholly used up",
}
#: To whoever governs an organization or operates the installation.
_GOVERNING: Final = {"quota_reached": "The calls to models of a month are nearly or wholly used up"}
_NOT_YET: Final = "No mails about the end of runs are sent yet. What you choose here holds from the day they are."


def show_preferences_form(actor: Actor, preferences: Preferences) -> None:
    """Draw the preferences, and save them."""
    zones = clock.zones()
    pages = actor.landing_pages
    landing = preferences.landing_page if preferences.landing_page in pages else DEFAULT_LANDING_PAGE
    told = preferences.notifications.model_dump()
    governs = actor.is_operator or actor.may(Permission.ORGANIZATION_EDIT)
    offered = _NOTIFICATIONS | _GOVERNING if governs else _NOTIFICATIONS
    with st.form("preferences", border=False):
        zone = st.selectbox("Time zone", zones, index=zones.index(preferences.time_zone))
        page = st.selectbox("First page after signing in", pages, index=pages.index(landing), format_func=_title_of)
        st.markdown("Tell me by mail when")
        with st.container(gap="xsmall"):
            chosen = {name: st.toggle(label, value=told[name]) for name, label in offered.items()}
        st.markdown(f":gray[{_NOT_YET}]")
        is_saved = st.form_submit_button("Save preferences")
    if is_saved:
        with feedback.told():
            update_preferences(require_actor(), time_zone=zone, landing_page=page, notifications=chosen)
            feedback.succeeded("Your preferences are saved.")
            st.rerun()


def _title_of(url_path: str) -> str:
    return next(entry.title for entry in PAGES if entry.url_path == url_path)
