"""The way back in from the sign-in form: whoever forgot the password asks for a link by mail."""

from typing import Final

import streamlit as st

from lib.errors import InvalidInput
from lib.identity.reset import ASKED, NO_MAIL, request_reset
from lib.mail.service import can_send
from lib.ui import feedback, visitor
from lib.ui.words import plain

_STEP: Final = "forgotten_step"
_ASKING, _ASKED = "asking", "asked"


def is_open() -> bool:
    """Whether it stands in place of the sign-in form."""
    return _STEP in st.session_state


def show_way_in() -> None:
    """Draw the button that leads here."""
    st.button("Forgot your password?", type="tertiary", key="forgotten", on_click=_go, args=[_ASKING])


def show_request() -> None:
    """Ask for the name, and answer the same for everybody's; where no mail is sent, say whom to ask."""
    st.title("Forgot your password?", anchor=False)
    if not can_send():
        st.markdown(plain(NO_MAIL))
    elif st.session_state[_STEP] == _ASKED:
        st.markdown(plain(ASKED))
    else:
        _show_form()
    st.button("Back to sign-in", type="tertiary", icon=":material/arrow_back:", on_click=_go, args=[None])


def _show_form() -> None:
    st.markdown(":gray[Enter your name, and we mail you a link to set a new password.]")
    with st.form("forgotten", border=False):
        name = st.text_input("E-mail or user name", autocomplete="username", max_chars=255)
        answer = st.container()
        is_sent = st.form_submit_button("Send me a link", type="primary", width="stretch")
    if is_sent:
        with answer, feedback.told():
            if not name.strip():
                raise InvalidInput("Type your e-mail address or user name.")
            request_reset(name, origin=visitor.current_origin())
            _go(_ASKED)
            st.rerun()


def _go(step: str | None) -> None:
    """Note where the reader is in this tab; None leads back."""
    st.session_state.pop(_STEP, None)
    if step:
        st.session_state[_STEP] = step
