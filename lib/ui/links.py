"""The screens behind links in mails, open without a session: a new password, and a new address that is confirmed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import streamlit as st

from lib.errors import AlreadyTaken, InvalidInput, LinkExpired
from lib.identity.email_change import confirm_email, find_new_email
from lib.identity.reset import check_reset, reset_password
from lib.ui import door, feedback, sign_in, visitor
from lib.ui.words import plain

_IS_RESET: Final = "password_is_reset"
_CONFIRMED: Final = "confirmed_email"
_WAY_ON: Final = "Go to the dashboard"
_WHAT_ENDS: Final = "Setting it ends all your sessions, wherever you are signed in."


def show_reset(*, is_signed_in: bool) -> None:
    """Draw the form for the link in the address, or say why it is no longer good; at last, the sign-in form."""
    if st.session_state.get(_IS_RESET):
        sign_in.show_sign_in()
        return
    with _frame(is_signed_in):
        token = st.query_params.get("token", "")
        check_reset(token)
        st.title("Set a new password", anchor=False)
        st.markdown(f":gray[{_WHAT_ENDS}]")
        with st.form("reset", border=False):
            new = st.text_input("New password", type="password", autocomplete="new-password", max_chars=1024)
            again = st.text_input("New password again", type="password", autocomplete="new-password", max_chars=1024)
            answer = st.container()
            is_sent = st.form_submit_button("Set the password", type="primary", width="stretch")
        if is_sent:
            with answer, feedback.told():
                if new != again:
                    raise InvalidInput("The two passwords are not the same. Type them again.", field="New password")
                email = reset_password(token, new=new, origin=visitor.current_origin())
                st.session_state[_IS_RESET] = True
                sign_in.expect(email, note="Your new password is set. Sign in with it.", target="/")
                st.rerun()


def show_confirm(*, is_signed_in: bool) -> None:
    """Draw the question for the link in the address, or say why it is no longer good; at last, that it is done.

    It asks, so that a program that looks at every link in a mail confirms nothing.
    """
    with _frame(is_signed_in):
        if email := st.session_state.get(_CONFIRMED):
            st.title("Your address is changed", anchor=False)
            st.markdown(f"You sign in with **{plain(email)}** from now on.")
            door.show_way_on(_WAY_ON)
            return
        token = st.query_params.get("token", "")
        email = find_new_email(token)
        st.title("Confirm your address", anchor=False)
        st.markdown(f"**{plain(email)}** becomes the address that you sign in with.")
        if st.button("Confirm", type="primary", width="stretch"):
            st.session_state[_CONFIRMED] = confirm_email(token, origin=visitor.current_origin())
            st.rerun()


@contextmanager
def _frame(is_signed_in: bool) -> Iterator[None]:
    """The narrow column of the sign-in form, with what is said of a link that is good for nothing."""
    with door.narrow_column(has_logo=not is_signed_in):  # who is signed in has it in the sidebar
        try:
            yield
        except LinkExpired as error:
            door.show_expired(error)
            door.show_way_on(_WAY_ON)
        except AlreadyTaken as error:
            st.markdown(f":red[:material/error:] {plain(error.message)}")
            door.show_way_on(_WAY_ON)
