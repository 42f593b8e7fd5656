"""The parts of the Account page."""

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from lib.errors import InvalidInput
from lib.identity.service import change_password
from lib.identity.sessions import SessionSummary, end_session, revoke_other_sessions
from lib.ui import feedback, sign_in, words
from lib.ui.components.moment import moment_inline
from lib.ui.components.row_list import row, row_list
from lib.ui.guard import require_actor
from lib.users.service import Profile, update_profile

_SEEN = Markup("<div>{}</div><div>last seen {}</div><div>signed in {}</div>")


def show_profile_form(profile: Profile) -> None:
    """Draw the name, and save it."""
    with st.form("profile", border=False):
        name = st.text_input("Name", value=profile.full_name, autocomplete="name")
        is_saved = st.form_submit_button("Save profile", type="primary")
    if is_saved:
        with feedback.told():
            update_profile(require_actor(), full_name=name)
            feedback.succeeded("Your profile is saved.")
            st.rerun()


def show_password_form() -> None:
    """Draw the change of the password. It ends all sessions, this one too: one signs in with the new one."""
    with st.form("password", border=False, clear_on_submit=False):
        current = st.text_input("Current password", type="password", autocomplete="current-password")
        new = st.text_input("New password", type="password", autocomplete="new-password")
        again = st.text_input("New password again", type="password", autocomplete="new-password")
        st.markdown(":gray[Changing it ends all your sessions; you sign in with the new one.]")
        is_changed = st.form_submit_button("Change password")
    if is_changed:
        with feedback.told():
            if new != again:
                raise InvalidInput("The two new passwords are not the same. Type them again.", field="New password")
            actor = require_actor()
            change_password(actor, current=current, new=new)
            sign_in.expect(actor.email, note="Your password is changed. Sign in with the new one.", target="/account")
            st.rerun()


def show_sessions(sessions: Sequence[SessionSummary], *, time_zone: str) -> None:
    """Draw the living sessions, this browser's first and the others each with a button that ends it."""
    with row_list("sessions"):
        for session in sorted(sessions, key=lambda session: not session.is_current):
            title = "This browser" if session.is_current else _browser(session.user_agent)
            where = session.ip_address or "unknown address"
            detail = _SEEN.format(
                where,
                moment_inline(session.last_seen_at, time_zone=time_zone),
                moment_inline(session.created_at, time_zone=time_zone),
            )
            with row(title, detail=detail):
                if not session.is_current and st.button("End", key=f"end-{session.id}"):
                    with feedback.told():
                        end_session(require_actor(), session.id)
                        feedback.succeeded("That session has ended.")
                        st.rerun()
    if len(sessions) > 1 and st.button("End all others", icon=":material/logout:"):
        with feedback.told():
            ended = revoke_other_sessions(require_actor())
            feedback.succeeded(f"{words.count(ended, 'session')} ended.")
            st.rerun()


def _browser(user_agent: str | None) -> str:
    """The browser's and the system's names out of a User-Agent header, for a person to recognise."""
    agent = user_agent or ""
    browsers = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    systems = (
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    )
    browser = next((name for mark, name in browsers if mark in agent), "Unknown browser")
    system = next((name for mark, name in systems if mark in agent), None)
    return f"{browser} on {system}" if system else browser
