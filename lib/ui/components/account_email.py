"""The Account page's e-mail address: another one is true once a link that went there was opened."""

from typing import Final

import streamlit as st

from lib.access.actor import Actor
from lib.identity.email_change import NO_MAIL, request_email_change
from lib.mail.service import can_send
from lib.ui import feedback
from lib.ui.guard import require_actor
from lib.ui.words import plain

_ASKED: Final = "email_change_asked"


def show_email_form(actor: Actor) -> None:
    """Draw the address, and the way to another one; where no mail is sent, whom to ask."""
    st.markdown(f"{plain(actor.email)}  \n:gray[You sign in with it, and mails about your account go there.]")
    if not can_send():
        st.markdown(f":gray[{plain(NO_MAIL)}]")
        return
    with st.form("email", border=False):
        email = st.text_input("New e-mail address", autocomplete="email", max_chars=255)
        password = st.text_input("Your password", type="password", autocomplete="current-password")
        answer = st.container()
        is_sent = st.form_submit_button("Send a link to the new address")
    with answer, feedback.told():
        if is_sent:
            st.session_state.pop(_ASKED, None)
            st.session_state[_ASKED] = request_email_change(require_actor(), new_email=email, password=password)
        if asked := st.session_state.get(_ASKED):
            said = f"A link is on its way to {asked}. Open it within a day; until then your address stays as it is."
            st.markdown(f":green[:material/mail:] {plain(said)}")
