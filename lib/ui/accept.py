"""Accepting an invitation: the screen behind the link that somebody was given."""

from typing import Final

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Role
from lib.errors import LinkExpired
from lib.identity import invitations
from lib.identity.fields import Field
from lib.identity.queries import Invited
from lib.ui import door, feedback, sign_in, visitor
from lib.ui.components.empty_state import empty_state
from lib.ui.components.field_form import NOT_THE_SAME, PASSWORD_AGAIN, FieldForm
from lib.ui.words import plain

_IS_DONE: Final = "invitation_is_accepted"
_AS: Final = {Role.ADMIN: "an admin", Role.MANAGER: "a manager", Role.MEMBER: "a member", Role.VIEWER: "a viewer"}


def show_accept() -> None:
    """Draw the form for the link in the address, or say why the link is no longer good; at last, the sign-in form."""
    if st.session_state.get(_IS_DONE):
        sign_in.show_sign_in()
        return
    token = st.query_params.get("token", "")
    with door.narrow_column():
        try:
            invited = invitations.check_invitation(token)
        except LinkExpired as error:
            door.show_expired(error)
            door.show_way_on("Go to the sign-in")
            return
        st.title(f"Join {plain(invited.organization_name)}", anchor=False)
        inviter = plain(invited.invited_by or invitations.INVITING_OPERATOR)
        st.markdown(
            f":gray[{inviter} invites you as {_AS[Role(invited.role)]}. You will sign in as] "
            f"{plain(invited.email)}:gray[.]"
        )
        _show_form(token, invited)


def show_signed_in(actor: Actor) -> None:
    """Say what to do to whoever is signed in already: an invitation makes an account, and they have one."""
    with empty_state(
        "accept",
        icon=":material/mail:",
        title="You are signed in already",
        text=f"An invitation makes a new account, and you are signed in as {actor.email}. Sign out first if this "
        "invitation is for you under another address.",
        is_page=True,
    ):
        st.button("Sign out and go on", icon=":material/logout:", type="primary", on_click=sign_in.sign_out)


def _show_form(token: str, invited: Invited) -> None:
    form = FieldForm()
    rule = f"At least {invited.policy.min_password_length} characters; spaces count."
    with st.form("accept", border=False):
        entered = {
            "full_name": form.ask(Field.FULL_NAME, completes="name", example="Nora Lindqvist"),
            "username": form.ask(Field.USERNAME, completes="username", example="nora"),
            "password": form.ask(Field.PASSWORD, completes="new-password", kind="password", example=rule),
        }
        again = form.ask(PASSWORD_AGAIN, completes="new-password", kind="password")
        answer = st.container()
        is_sent = st.form_submit_button("Join", type="primary", width="stretch")
    if is_sent:
        with answer, feedback.told(), form.told():
            faults = dict(invitations.find_faults(invited, **entered))
            if again != entered["password"]:
                faults.setdefault(PASSWORD_AGAIN, NOT_THE_SAME)
            if not faults:
                _join(token, entered)
            form.show_faults(faults)


def _join(token: str, entered: dict[str, str]) -> None:
    """Accept the invitation, and go on to the sign-in form."""
    invited = invitations.accept_invitation(token, **entered, origin=visitor.current_origin())
    st.session_state[_IS_DONE] = True
    note = f"You belong to {invited.organization_name} now. Sign in to begin."
    sign_in.expect(invited.email, note=note, target="/")
    st.rerun()
