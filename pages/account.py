"""Account: one's own profile, e-mail address, password, preferences and sessions."""

import streamlit as st

from lib.identity.sessions import list_sessions
from lib.ui.components import account, second_factor
from lib.ui.components.account_email import show_email_form
from lib.ui.components.account_preferences import show_preferences_form
from lib.ui.components.card import card
from lib.ui.components.page_header import page_header
from lib.ui.guard import require_actor
from lib.users.service import get_profile

actor = require_actor()
with page_header("Account", subtitle=f"{actor.email} · {actor.username}"):
    pass

profile = get_profile(actor)
left, right = st.columns(2, gap="medium")
with left:
    with card("Profile"):
        account.show_profile_form(profile)
    if not actor.is_visiting:  # who looks around in the sample has none of these: the session is the operator's own
        with card("E-mail address"):
            show_email_form(actor)
        with card("Password"):
            account.show_password_form()
with right:
    with card("Preferences"):
        show_preferences_form(actor, profile.preferences)
    if not actor.is_visiting:
        second_factor.show_card(actor)
        with card("Sessions", note="where you are signed in"):
            account.show_sessions(list_sessions(actor), time_zone=actor.time_zone)
